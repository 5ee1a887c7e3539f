//! A stranger's requests don't fill the log: refusals are all counted, and a bounded number is logged.

use std::time::Duration;

use inturn_testkit::secrets::PASSPHRASE;
use reqwest::Client;
use tokio::time::{sleep, timeout};

use crate::support::{FakeUpstream, KEY, OWN_PAGE, Program, Reply, TOKEN, built_page};

/// Sends the same request so often, one after the other.
async fn ask(client: &Client, request: reqwest::RequestBuilder, times: usize, status: u16) {
    let request = request.build().expect("a request");
    for _ in 0..times {
        let request = request.try_clone().expect("has no stream");
        let answer = client.execute(request).await.expect("answers");
        assert_eq!(answer.status(), status);
    }
}

#[tokio::test]
async fn a_flood_of_refusals_is_counted_and_hardly_logged() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let args = [
        "--metrics-listen=127.0.0.1:0",
        "--service-url",
        service.url(),
        "--auth=password",
        "--sign-in-attempts=1",
        // Their own lines, which no flag of this test is about.
        "--log-filter=info,inturn_server::request=off",
    ];
    let hash = inturn_server::hash_password(PASSPHRASE).expect("a hash");
    let variables = [("ASSEMBLYAI_API_KEY", KEY), ("INTURN_PASSWORD_HASH", &hash)];
    let mut program = Program::serving(page.path(), &args, &variables).await;
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
    ask(&client, sign_in(), 1, 401).await;
    ask(&client, token(), MANY, 401).await;
    ask(&client, sign_in(), MANY, 429).await;
    for path in [
        "sign-in",
        "sign-out",
        "recordings/x/begin",
        "recordings/x/end",
    ] {
        ask(&client, foreign(path), MANY / 4, 403).await;
    }
    let counted = reqwest::get(metrics).await.expect("answers");
    let counted = counted.text().await.expect("text");
    for (kind, count) in [
        ("wrong_passphrase", 1),
        ("sign_in_needed", MANY),
        ("too_many_attempts", MANY),
        ("cross_site", MANY),
    ] {
        let line = format!("inturn_refusals_total{{kind=\"{kind}\"}} {count}");
        assert!(counted.lines().any(|it| it == line), "{line}:\n{counted}");
    }

    // The next line that is logged says how many were not.
    let said = async {
        loop {
            ask(&client, token(), 1, 401).await;
            let log = program.wait_for_log("no token was handed out").await;
            if let Some(line) = log.lines().find(|line| line.contains("left_out=")) {
                return line.to_owned();
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let line = timeout(PATIENCE, said).await.expect("in time");
    assert!(
        line.contains("there is no sign-in that still holds"),
        "{line}"
    );
    program.terminate();
    let (_, log) = program.finish().await;
    for message in [
        "inturn_server::access::sign_in: a sign-in was tried with a wrong passphrase",
        "inturn_server::token: no token was handed out",
        "inturn_server::access::sign_in: too many sign-ins were tried",
        "inturn_server::access: a request was refused",
    ] {
        let lines = log.matches(message).count();
        assert!((1..MANY / 4).contains(&lines), "{message}: {lines}");
    }
}

/// Of each kind: many times what is logged at once.
const MANY: usize = 400;

/// Far more than it takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(20);
