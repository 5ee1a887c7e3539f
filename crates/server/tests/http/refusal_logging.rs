//! Refusals in the log: all are counted, and only a bounded number is logged.

use std::time::Duration;

use inturn_testkit::secrets::PASSPHRASE;
use reqwest::Client;
use tokio::time::{sleep, timeout};

use crate::support::{FakeUpstream, KEY, OWN_PAGE, Reply, ServerProgram, TOKEN, built_page};

/// Sends the same request `times` times in sequence.
async fn send_repeatedly(
    client: &Client,
    request: reqwest::RequestBuilder,
    times: usize,
    status: u16,
) {
    let request = request.build().expect("a request");
    for _ in 0..times {
        let request = request
            .try_clone()
            .expect("a request without a streaming body");
        let response = client.execute(request).await.expect("a response");
        assert_eq!(response.status(), status);
    }
}

#[tokio::test]
async fn a_flood_of_refusals_is_counted_but_rarely_logged() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let args = [
        "--metrics-listen=127.0.0.1:0",
        "--service-url",
        service.url(),
        "--auth=password",
        "--sign-in-attempts=1",
        // The request lines are not part of this test.
        "--log-filter=info,inturn_server::request=off",
    ];
    let hash = inturn_server::hash_password(PASSPHRASE).expect("a hash");
    let variables = [("ASSEMBLYAI_API_KEY", KEY), ("INTURN_PASSWORD_HASH", &hash)];
    let mut program = ServerProgram::serve_page(page.path(), &args, &variables).await;
    let metrics = program.metrics_url().await;

    let client = Client::new();
    let url = format!("http://{}", program.address);
    let token = || {
        client
            .get(format!("{url}/token"))
            .header(OWN_PAGE.0, OWN_PAGE.1)
    };
    let sign_in = || {
        let call = client.post(format!("{url}/sign-in"));
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        call.body("passphrase=wrong")
    };
    let foreign = |path: &str| {
        let call = client.post(format!("{url}/{path}"));
        call.header("sec-fetch-site", "cross-site")
    };
    send_repeatedly(&client, sign_in(), 1, 401).await;
    send_repeatedly(&client, token(), REQUESTS_PER_KIND, 401).await;
    send_repeatedly(&client, sign_in(), REQUESTS_PER_KIND, 429).await;
    for path in [
        "sign-in",
        "sign-out",
        "recordings/x/begin",
        "recordings/x/end",
    ] {
        send_repeatedly(&client, foreign(path), REQUESTS_PER_KIND / 4, 403).await;
    }
    let counted = reqwest::get(metrics).await.expect("a response");
    let counted = counted.text().await.expect("UTF-8");
    for (kind, count) in [
        ("wrong_passphrase", 1),
        ("sign_in_needed", REQUESTS_PER_KIND),
        ("too_many_attempts", REQUESTS_PER_KIND),
        ("cross_site", REQUESTS_PER_KIND),
    ] {
        let line = format!("inturn_refusals_total{{kind=\"{kind}\"}} {count}");
        assert!(counted.lines().any(|it| it == line), "{line}:\n{counted}");
    }

    // The next logged line has the number of lines left out.
    let next_line = async {
        loop {
            send_repeatedly(&client, token(), 1, 401).await;
            let log = program.wait_for_log("no token was handed out").await;
            if let Some(line) = log.lines().find(|line| line.contains("left_out=")) {
                return line.to_owned();
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let line = timeout(TIMEOUT, next_line)
        .await
        .expect("before the timeout");
    assert!(line.contains("the request has no valid sign-in"), "{line}");
    program.terminate();
    let (_, log) = program.finish().await;
    for message in [
        "inturn_server::access::sign_in: a sign-in was tried with a wrong passphrase",
        "inturn_server::token: no token was handed out",
        "inturn_server::access::sign_in: too many sign-ins were tried",
        "inturn_server::access: a request was refused",
    ] {
        let lines = log.matches(message).count();
        assert!(
            (1..REQUESTS_PER_KIND / 4).contains(&lines),
            "{message}: {lines}"
        );
    }
}

/// Requests of each kind: many times the number of lines logged in a burst.
const REQUESTS_PER_KIND: usize = 400;

/// Far more than it takes, so that only a hang fails.
const TIMEOUT: Duration = Duration::from_secs(20);
