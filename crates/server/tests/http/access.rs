//! Access control: which requests get a token, over real connections.

use std::net::SocketAddr;

use axum::http::{StatusCode, Version};
use inturn_cli::Secret;
use inturn_server::{
    Config, ServeOptions,
    config::{AuthMode, PasswordHash},
    hash_password, listen, serve,
};
use reqwest::{Client, RequestBuilder, redirect};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::support::{FakeUpstream, OWN_PAGE, Reply, TOKEN, built_page, config_for, router};

/// A server on a free port, and a client that follows no redirects.
struct TestServer {
    address: SocketAddr,
    client: Client,
    service: FakeUpstream,
    task: JoinHandle<()>,
    _page: TempDir,
}

impl TestServer {
    async fn start(flags: &[&str], change_config: impl FnOnce(&mut Config)) -> Self {
        let service = FakeUpstream::start(Reply::token(TOKEN)).await;
        let page = built_page();
        let mut config = config_for(&service, page.path(), flags);
        change_config(&mut config);
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
        // Fails only if one is installed already, which works as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
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

    /// Requests a token as our own page does.
    fn token(&self) -> RequestBuilder {
        self.get("token").header(OWN_PAGE.0, OWN_PAGE.1)
    }

    /// Starts a server with a passphrase.
    async fn with_passphrase(flags: &[&str]) -> Self {
        let flags = [&["--auth", "password"], flags].concat();
        Self::start(&flags, |config| {
            let hash = hash_password("passphrase-marker horse").expect("a hash");
            config.access.secrets.password_hash = PasswordHash::parse(&hash).expect("a hash");
        })
        .await
    }

    fn post(&self, path: &str, form: &str) -> RequestBuilder {
        self.client
            .post(format!("http://{}/{path}", self.address))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned())
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Sends the request; returns the status, and the code of our own errors.
async fn status_and_code(request: RequestBuilder) -> (StatusCode, String) {
    let response = request.send().await.expect("a response");
    let status = response.status();
    let text = response.text().await.expect("a body");
    let code = serde_json::from_str::<Value>(&text).ok();
    let code = code.and_then(|it| it["code"].as_str().map(str::to_owned));
    (status, code.unwrap_or_default())
}

fn reply(status: u16, code: &str) -> (StatusCode, String) {
    (
        StatusCode::from_u16(status).expect("a status"),
        code.to_owned(),
    )
}

#[tokio::test]
async fn loopback_mode_accepts_only_local_host_names() {
    let server = TestServer::start(&[], |_| {}).await;
    for (headers, expected) in [
        (&[][..], reply(200, "")),
        (&[("host", "localhost:8000")], reply(200, "")),
        (&[("host", "evil.example")], reply(403, "host_refused")),
        // A proxy that adds a header.
        (
            &[("x-forwarded-for", "1.2.3.4")],
            reply(403, "host_refused"),
        ),
        (&[("via", "1.1 front")], reply(403, "host_refused")),
        (&[("cf-ray", "1")], reply(403, "host_refused")),
        (
            &[("x-forwarded-proto", "https")],
            reply(403, "host_refused"),
        ),
        // A proxy that adds no header: the page reports its own host.
        (
            &[("x-inturn-host", "scribe.example.org")],
            reply(403, "host_refused"),
        ),
        (
            &[
                ("sec-fetch-site", "same-origin"),
                ("referer", "https://scribe.example.org/"),
            ],
            reply(403, "host_refused"),
        ),
        (&[("x-inturn-host", "localhost:8000")], reply(200, "")),
        (&[("referer", "http://localhost:8000/")], reply(200, "")),
        (
            &[("sec-fetch-site", "cross-site")],
            reply(403, "cross_site"),
        ),
        (&[("sec-fetch-site", "same-origin")], reply(200, "")),
        (
            &[("origin", "https://evil.example")],
            reply(403, "cross_site"),
        ),
    ] {
        let request = headers
            .iter()
            .fold(server.get("token"), |it, (name, value)| {
                it.header(*name, *value)
            });
        assert_eq!(status_and_code(request).await, expected, "{headers:?}");
    }
    assert_eq!(server.service.calls(), 5);
    // HTTP/1.0 is nginx's default before 1.29.7.
    let old = server.token().version(Version::HTTP_10);
    assert_eq!(status_and_code(old).await, reply(403, "host_refused"));
    // DNS rebinding must not get the page either. Probes reveal nothing.
    let rebound = server.get("").header("host", "evil.example");
    assert_eq!(status_and_code(rebound).await, reply(403, "host_refused"));
    let probe = server.get("healthz").header("host", "evil.example");
    assert_eq!(status_and_code(probe).await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_refusal_of_loopback_mode_lists_the_other_modes() {
    let server = TestServer::start(&[], |_| {}).await;
    let behind = |request: RequestBuilder| request.header("x-forwarded-for", "1.2.3.4");
    let program = behind(server.token()).send().await.expect("a response");
    assert_eq!(program.headers()["content-type"], "application/json");
    let program = program.text().await.expect("a body");
    let person = behind(server.get("")).header("accept", "text/html,*/*;q=0.8");
    let person = person.send().await.expect("a response");
    assert_eq!(person.status(), 403);
    assert_eq!(person.headers()["content-type"], "text/html; charset=utf-8");
    let person = person.text().await.expect("a body");
    assert!(person.starts_with("<!doctype html>"), "{person}");
    for mode in ["--auth proxy", "--auth password", "--auth open"] {
        assert!(program.contains(mode), "{program}");
        assert!(person.contains(mode), "{person}");
    }
    // Every error is HTML for browsers.
    let nothing = server.get("nothing").header("accept", "text/html");
    let nothing = nothing.send().await.expect("a response");
    assert_eq!(nothing.status(), 404);
    let nothing = nothing.text().await.expect("a body");
    assert!(
        nothing.contains("There is nothing at this address"),
        "{nothing}"
    );
}

#[tokio::test]
async fn images_on_another_site_get_no_tokens() {
    let flags = ["--auth", "open"];
    let server = TestServer::start(&flags, |_| {}).await;
    // Over plain http, browsers send no `Sec-Fetch-Site`, and the other site controls `Referer`.
    for referer in [None, Some("http://other.example/"), Some("")] {
        for _ in 0..25 {
            let mut request = server.get("token").header("accept", "image/*,*/*;q=0.8");
            if let Some(referer) = referer {
                request = request.header("referer", referer);
            }
            assert_eq!(status_and_code(request).await, reply(403, "cross_site"));
        }
    }
    assert_eq!(server.service.calls(), 0);
    let own = format!("http://{}/", server.address);
    for (name, value) in [
        OWN_PAGE,
        ("referer", own.as_str()),
        ("origin", own.trim_end_matches('/')),
        ("sec-fetch-site", "same-origin"),
    ] {
        let request = server.get("token").header(name, value);
        assert_eq!(status_and_code(request).await, reply(200, ""), "{name}");
    }
}

#[tokio::test]
async fn a_trusted_proxy_names_the_user() {
    let flags = [
        "--auth",
        "proxy",
        "--trusted-proxy",
        "127.0.0.1",
        "--allow-user",
        "ann",
    ];
    let server = TestServer::start(&flags, |config| {
        config.access.secrets.proxy = Secret::parse("0123456789abcdef").expect("a secret");
    });
    let server = server.await;
    let secret = ("x-proxy-secret", "0123456789abcdef");
    for (headers, expected) in [
        (&[secret, ("x-forwarded-user", "ann")][..], reply(200, "")),
        (
            &[secret, ("x-forwarded-user", "eve")],
            reply(403, "not_allowed"),
        ),
        (&[secret], reply(401, "sign_in_needed")),
        (&[("x-forwarded-user", "ann")], reply(403, "proxy_bypassed")),
    ] {
        let request = headers
            .iter()
            .fold(server.token(), |it, (name, value)| it.header(*name, *value));
        assert_eq!(status_and_code(request).await, expected, "{headers:?}");
    }
    assert_eq!(server.service.calls(), 1);
}

#[tokio::test]
async fn a_passphrase_gives_access_to_page_and_token_until_sign_out() {
    let server = TestServer::with_passphrase(&["--trusted-proxy", "127.0.0.1"]).await;
    assert_eq!(
        status_and_code(server.token()).await,
        reply(401, "sign_in_needed")
    );
    let page = server.get("").send().await.expect("a response");
    assert_eq!(
        (page.status().as_u16(), &page.headers()["location"]),
        (303, &"sign-in".parse().expect("a value"))
    );

    let form = server.get("sign-in").send().await.expect("a response");
    let policy = form.headers()["content-security-policy"]
        .to_str()
        .expect("UTF-8")
        .to_owned();
    assert!(policy.contains("form-action 'self'"), "{policy}");
    let form = form.text().await.expect("a body");
    assert!(form.contains("name=\"passphrase\""), "{form}");

    let wrong = server
        .post("sign-in", "passphrase=wrong+horse")
        .send()
        .await
        .expect("a response");
    assert_eq!(wrong.status(), 401);
    assert!(!wrong.headers().contains_key("set-cookie"));
    let cross_site = server.post("sign-in", "passphrase=passphrase-marker+horse");
    assert_eq!(
        status_and_code(cross_site.header("sec-fetch-site", "cross-site")).await,
        reply(403, "cross_site")
    );

    let right = server
        .post("sign-in", "passphrase=passphrase-marker+horse")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-prefix", "/team/scribe");
    let right = right.send().await.expect("a response");
    assert_eq!(
        (right.status().as_u16(), &right.headers()["location"]),
        (303, &"./".parse().expect("a value"))
    );
    let cookie = right.headers()["set-cookie"]
        .to_str()
        .expect("UTF-8")
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
        status_and_code(server.token().header("cookie", &cookie)).await,
        reply(200, "")
    );
    assert_eq!(
        status_and_code(server.get("").header("cookie", &cookie))
            .await
            .0,
        StatusCode::OK
    );

    let config = server.get("config").header("cookie", &cookie).send();
    let config = config
        .await
        .expect("a response")
        .text()
        .await
        .expect("a body");
    let config: serde_json::Value = serde_json::from_str(&config).expect("JSON");
    assert_eq!(config["sign_in_url"], "sign-in?again=1");

    // A page of another site can't sign anyone out.
    let cross_site = server.post("sign-out", "").header("cookie", &cookie);
    let cross_site = cross_site
        .header("sec-fetch-site", "cross-site")
        .send()
        .await;
    let cross_site = cross_site.expect("a response");
    assert_eq!(cross_site.status(), 403);
    assert!(!cross_site.headers().contains_key("set-cookie"));
    let out = server
        .post("sign-out", "")
        .header("cookie", &cookie)
        .send()
        .await
        .expect("a response");
    let cleared = out.headers()["set-cookie"].to_str().expect("UTF-8");
    assert!(
        cleared.starts_with("__Secure-inturn_sign_in=;") && cleared.contains("Max-Age=0"),
        "{cleared}"
    );
}

#[tokio::test]
async fn too_many_wrong_passphrases_get_429() {
    let flags = ["--sign-in-attempts", "3", "--trusted-proxy", "127.0.0.1"];
    let server = TestServer::with_passphrase(&flags).await;
    let attempt = |from: &'static str| {
        server
            .post("sign-in", "passphrase=wrong")
            .header("x-forwarded-for", from)
    };
    for _ in 0..3 {
        assert_eq!(
            status_and_code(attempt("1.2.3.4")).await.0,
            StatusCode::UNAUTHORIZED
        );
    }
    let fourth = attempt("1.2.3.4").send().await.expect("a response");
    assert_eq!(fourth.status(), 429);
    let wait = fourth.headers()["retry-after"].to_str().expect("UTF-8");
    assert!(
        (1..=100).contains(&wait.parse::<u32>().expect("a number of seconds")),
        "{wait}"
    );
    // Addresses that a client puts before the proxy's own entry are ignored.
    assert_eq!(
        status_and_code(attempt("9.9.9.9, 1.2.3.4")).await.0,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(
        status_and_code(attempt("1.2.3.5")).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn correct_passphrases_from_one_address_are_not_limited() {
    let server = TestServer::with_passphrase(&["--sign-in-attempts", "2"]).await;
    for person in 0..12 {
        let right = server.post("sign-in", "passphrase=passphrase-marker+horse");
        assert_eq!(status_and_code(right).await.0, 303, "person {person}");
    }
    for status in [401, 401, 429] {
        let wrong = server.post("sign-in", "passphrase=wrong");
        assert_eq!(status_and_code(wrong).await.0, status);
    }
}

#[tokio::test]
async fn the_sign_in_form_works_over_plain_http_and_any_host_name() {
    let server = TestServer::with_passphrase(&[]).await;
    let form = server.get("sign-in").send().await.expect("a response");
    // With `no-referrer`, browsers would send the form with `Origin: null`.
    assert_eq!(form.headers()["referrer-policy"], "same-origin");
    let right = |origin: &str| {
        server
            .post("sign-in", "passphrase=passphrase-marker+horse")
            .header("host", "scribe.lan:8000")
            .header("origin", origin)
    };
    let signed_in = right("http://scribe.lan:8000").send().await;
    let signed_in = signed_in.expect("a response");
    assert_eq!(signed_in.status(), 303);
    let cookie = signed_in.headers()["set-cookie"].to_str().expect("UTF-8");
    assert!(
        cookie.starts_with("inturn_sign_in=") && !cookie.contains("Secure"),
        "{cookie}"
    );
    assert_eq!(
        status_and_code(right("http://other.lan:8000")).await,
        reply(403, "cross_site")
    );
    assert_eq!(
        status_and_code(right("null")).await,
        reply(403, "cross_site")
    );
    // Headers of an untrusted proxy are ignored, but the browser's `Origin` shows https.
    let signed_in = right("https://scribe.lan:8000").send().await;
    let signed_in = signed_in.expect("a response");
    let cookie = signed_in.headers()["set-cookie"].to_str().expect("UTF-8");
    assert!(
        cookie.starts_with("__Host-inturn_sign_in=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_failed_sign_in_is_html_for_browsers_and_json_for_programs() {
    let server = TestServer::with_passphrase(&["--sign-in-attempts", "2"]).await;
    let large = format!("passphrase={}", "x".repeat(9000));
    for (form, expected, again) in [
        ("passphrase=wrong", reply(401, "wrong_passphrase"), true),
        ("nothing=at+all", reply(422, "bad_request"), false),
        (large.as_str(), reply(413, "bad_request"), false),
        ("passphrase=wrong", reply(401, "wrong_passphrase"), true),
        ("passphrase=wrong", reply(429, "limit_reached"), true),
    ] {
        let program = server.post("sign-in", form);
        assert_eq!(status_and_code(program).await, expected, "{form:.30}");
        if expected.0 == 401 {
            continue;
        }
        let person = server.post("sign-in", form).header("accept", "text/html");
        let person = person.send().await.expect("a response");
        assert_eq!(person.status(), expected.0);
        assert_eq!(
            person.headers().contains_key("retry-after"),
            expected.0 == 429
        );
        let page = person.text().await.expect("a body");
        assert!(page.contains("role=\"alert\""), "{page}");
        assert_eq!(page.contains("name=\"passphrase\""), again, "{page}");
    }
}

#[tokio::test]
async fn a_server_without_access_control_does_not_start() {
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
            .expect("the server must not start");
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
