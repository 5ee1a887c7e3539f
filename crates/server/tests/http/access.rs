//! Who gets a token, over real connections.

use std::net::SocketAddr;

use axum::http::StatusCode;
use inturn_server::{
    Config, ServeOptions,
    config::{AuthMode, PasswordHash, Secret},
    hash_password, listen, serve,
};
use reqwest::{Client, RequestBuilder, redirect};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::support::{FakeUpstream, Reply, TOKEN, built_page, config_for, router};

/// A server on a free port, and a browser of sorts that follows no redirects.
struct Served {
    address: SocketAddr,
    client: Client,
    service: FakeUpstream,
    task: JoinHandle<()>,
    _page: TempDir,
}

impl Served {
    async fn start(flags: &[&str], amend: impl FnOnce(&mut Config)) -> Self {
        let service = FakeUpstream::start(Reply::token(TOKEN)).await;
        let page = built_page();
        let mut config = config_for(&service, page.path(), flags);
        amend(&mut config);
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0)));
        let listener = listener.await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let app = router(&config);
        let task = tokio::spawn(serve(
            listener,
            app,
            std::future::pending(),
            ServeOptions::default(),
        ));
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        Self {
            address,
            client,
            service,
            task,
            _page: page,
        }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("http://{}/{path}", self.address))
    }

    fn post(&self, path: &str, form: &str) -> RequestBuilder {
        self.client
            .post(format!("http://{}/{path}", self.address))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The status, and the code of our own errors.
async fn outcome(request: RequestBuilder) -> (StatusCode, String) {
    let answer = request.send().await.expect("answers");
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    let code = serde_json::from_str::<Value>(&text).ok();
    let code = code.and_then(|it| it["code"].as_str().map(str::to_owned));
    (status, code.unwrap_or_default())
}

fn refused(status: u16, code: &str) -> (StatusCode, String) {
    (
        StatusCode::from_u16(status).expect("a status"),
        code.to_owned(),
    )
}

#[tokio::test]
async fn a_server_of_this_machine_answers_to_its_names_alone() {
    let served = Served::start(&[], |_| {}).await;
    for (headers, expected) in [
        (&[][..], refused(200, "")),
        (&[("host", "localhost:8000")], refused(200, "")),
        (&[("host", "evil.example")], refused(403, "host_refused")),
        (
            &[("x-forwarded-for", "1.2.3.4")],
            refused(403, "host_refused"),
        ),
        (
            &[("sec-fetch-site", "cross-site")],
            refused(403, "cross_site"),
        ),
        (&[("sec-fetch-site", "same-origin")], refused(200, "")),
        (
            &[("origin", "https://evil.example")],
            refused(403, "cross_site"),
        ),
    ] {
        let request = headers
            .iter()
            .fold(served.get("token"), |it, (name, value)| {
                it.header(*name, *value)
            });
        assert_eq!(outcome(request).await, expected, "{headers:?}");
    }
    assert_eq!(served.service.calls(), 3);
    // Rebinding would show the page too; probes see nothing.
    let rebound = served.get("").header("host", "evil.example");
    assert_eq!(outcome(rebound).await, refused(403, "host_refused"));
    let probe = served.get("healthz").header("host", "evil.example");
    assert_eq!(outcome(probe).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_proxy_that_was_named_names_people() {
    let flags = [
        "--auth",
        "proxy",
        "--trusted-proxy",
        "127.0.0.1",
        "--allow-user",
        "ann",
    ];
    let served = Served::start(&flags, |config| {
        config.access.secrets.proxy = Secret::parse("0123456789abcdef").expect("a secret");
    });
    let served = served.await;
    let secret = ("x-proxy-secret", "0123456789abcdef");
    for (headers, expected) in [
        (&[secret, ("x-forwarded-user", "ann")][..], refused(200, "")),
        (
            &[secret, ("x-forwarded-user", "eve")],
            refused(403, "not_allowed"),
        ),
        (&[secret], refused(401, "sign_in_needed")),
        (
            &[("x-forwarded-user", "ann")],
            refused(403, "proxy_bypassed"),
        ),
    ] {
        let request = headers
            .iter()
            .fold(served.get("token"), |it, (name, value)| {
                it.header(*name, *value)
            });
        assert_eq!(outcome(request).await, expected, "{headers:?}");
    }
    assert_eq!(served.service.calls(), 1);
}

#[tokio::test]
async fn a_passphrase_opens_page_and_token_until_somebody_signs_out() {
    let flags = ["--auth", "password", "--trusted-proxy", "127.0.0.1"];
    let served = Served::start(&flags, |config| {
        let hash = hash_password("passphrase-marker horse").expect("a hash");
        config.access.secrets.password_hash = PasswordHash::parse(&hash).expect("a hash");
    });
    let served = served.await;
    assert_eq!(
        outcome(served.get("token")).await,
        refused(401, "sign_in_needed")
    );
    let page = served.get("").send().await.expect("answers");
    assert_eq!(
        (page.status().as_u16(), &page.headers()["location"]),
        (303, &"sign-in".parse().expect("a value"))
    );

    let form = served.get("sign-in").send().await.expect("answers");
    let policy = form.headers()["content-security-policy"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(policy.contains("form-action 'self'"), "{policy}");
    let form = form.text().await.expect("a body");
    assert!(form.contains("name=\"passphrase\""), "{form}");

    let wrong = served
        .post("sign-in", "passphrase=wrong+horse")
        .send()
        .await
        .expect("answers");
    assert_eq!(wrong.status(), 401);
    assert!(!wrong.headers().contains_key("set-cookie"));
    let lured = served.post("sign-in", "passphrase=passphrase-marker+horse");
    assert_eq!(
        outcome(lured.header("sec-fetch-site", "cross-site")).await,
        refused(403, "cross_site")
    );

    let right = served
        .post("sign-in", "passphrase=passphrase-marker+horse")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-prefix", "/team/scribe");
    let right = right.send().await.expect("answers");
    assert_eq!(
        (right.status().as_u16(), &right.headers()["location"]),
        (303, &"./".parse().expect("a value"))
    );
    let cookie = right.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .to_owned();
    for part in [
        "; HttpOnly",
        "; SameSite=Lax",
        "; Secure",
        "; Path=/team/scribe/",
        "; Max-Age=43200",
    ] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    let cookie = cookie.split(';').next().expect("a cookie").to_owned();
    assert_eq!(
        outcome(served.get("token").header("cookie", &cookie)).await,
        refused(200, "")
    );
    assert_eq!(
        outcome(served.get("").header("cookie", &cookie)).await.0,
        StatusCode::OK
    );

    let config = served.get("config").header("cookie", &cookie).send();
    let config = config.await.expect("answers").text().await.expect("a body");
    let config: serde_json::Value = serde_json::from_str(&config).expect("JSON");
    assert_eq!(config["sign_in_url"], "sign-in?again=1");

    // Another site's page can't have anybody signed out.
    let lured = served.post("sign-out", "").header("cookie", &cookie);
    let lured = lured.header("sec-fetch-site", "cross-site").send().await;
    let lured = lured.expect("answers");
    assert_eq!(lured.status(), 403);
    assert!(!lured.headers().contains_key("set-cookie"));
    let out = served
        .post("sign-out", "")
        .header("cookie", &cookie)
        .send()
        .await
        .expect("answers");
    let cleared = out.headers()["set-cookie"].to_str().expect("text");
    assert!(
        cleared.starts_with("inturn_sign_in=;") && cleared.contains("Max-Age=0"),
        "{cleared}"
    );
}

#[tokio::test]
async fn too_many_wrong_passphrases_must_wait() {
    let flags = [
        "--auth",
        "password",
        "--sign-in-attempts",
        "3",
        "--trusted-proxy",
        "127.0.0.1",
    ];
    let served = Served::start(&flags, |config| {
        let hash = hash_password("passphrase-marker horse").expect("a hash");
        config.access.secrets.password_hash = PasswordHash::parse(&hash).expect("a hash");
    });
    let served = served.await;
    let attempt = |from: &'static str| {
        served
            .post("sign-in", "passphrase=wrong")
            .header("x-forwarded-for", from)
    };
    for _ in 0..3 {
        assert_eq!(
            outcome(attempt("1.2.3.4")).await.0,
            StatusCode::UNAUTHORIZED
        );
    }
    let fourth = attempt("1.2.3.4").send().await.expect("answers");
    assert_eq!(fourth.status(), 429);
    let wait = fourth.headers()["retry-after"].to_str().expect("text");
    assert!(
        (1..=100).contains(&wait.parse::<u32>().expect("seconds")),
        "{wait}"
    );
    // What a stranger writes before the proxy's own word makes no new address.
    assert_eq!(
        outcome(attempt("9.9.9.9, 1.2.3.4")).await.0,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(
        outcome(attempt("1.2.3.5")).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_server_that_could_not_tell_people_apart_does_not_start() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    for (flags, key, needles) in [
        (
            &["--listen", "0.0.0.0:8000"][..],
            true,
            &[
                "--listen 0.0.0.0:8000",
                "--auth proxy",
                "--auth password",
                "--auth open",
            ][..],
        ),
        (&["--listen", "[::]:8000"], true, &["--auth"]),
        (&["--auth", "proxy"], true, &["--trusted-proxy"]),
        (
            &["--auth", "password"],
            true,
            &["INTURN_PASSWORD_HASH", "hash-password"],
        ),
        (
            &["--auth", "open"],
            false,
            &["ASSEMBLYAI_API_KEY", "--local-service"],
        ),
    ] {
        let mut config = config_for(&service, page.path(), flags);
        if !key {
            config.key = None;
        }
        let error = inturn_server::AppState::new(&config)
            .err()
            .expect("is refused");
        let sentence = error.to_string();
        for needle in needles {
            assert!(sentence.contains(needle), "{flags:?}: {sentence}");
        }
    }
    let open = config_for(
        &service,
        page.path(),
        &["--auth", "open", "--listen", "0.0.0.0:8000"],
    );
    assert_eq!(open.access.auth, AuthMode::Open);
    assert!(inturn_server::AppState::new(&open).is_ok());
    let mut local = config_for(
        &service,
        page.path(),
        &["--auth", "open", "--local-service", "--recogniser=script"],
    );
    local.key = None;
    assert!(inturn_server::AppState::new(&local).is_ok());
}
