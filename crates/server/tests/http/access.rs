//! Who gets a token, over real connections.

use std::net::SocketAddr;

use axum::http::{StatusCode, Version};
use inturn_server::{
    Config, ServeOptions,
    config::{AuthMode, PasswordHash, Secret},
    hash_password, listen, serve,
};
use reqwest::{Client, RequestBuilder, redirect};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::support::{FakeUpstream, OWN_PAGE, Reply, TOKEN, built_page, config_for, router};

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

    /// Asks for a token as our own page does.
    fn token(&self) -> RequestBuilder {
        self.get("token").header(OWN_PAGE.0, OWN_PAGE.1)
    }

    /// With a passphrase, behind a proxy that is trusted if the flags say so.
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
        // A proxy that says anything of itself.
        (
            &[("x-forwarded-for", "1.2.3.4")],
            refused(403, "host_refused"),
        ),
        (&[("via", "1.1 front")], refused(403, "host_refused")),
        (&[("cf-ray", "1")], refused(403, "host_refused")),
        (
            &[("x-forwarded-proto", "https")],
            refused(403, "host_refused"),
        ),
        // One that says nothing, and the page's own word.
        (
            &[("x-inturn-host", "scribe.example.org")],
            refused(403, "host_refused"),
        ),
        (
            &[
                ("sec-fetch-site", "same-origin"),
                ("referer", "https://scribe.example.org/"),
            ],
            refused(403, "host_refused"),
        ),
        (&[("x-inturn-host", "localhost:8000")], refused(200, "")),
        (&[("referer", "http://localhost:8000/")], refused(200, "")),
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
    assert_eq!(served.service.calls(), 5);
    // The default of nginx before 1.29.7.
    let old = served.token().version(Version::HTTP_10);
    assert_eq!(outcome(old).await, refused(403, "host_refused"));
    // Rebinding would show the page too; probes see nothing.
    let rebound = served.get("").header("host", "evil.example");
    assert_eq!(outcome(rebound).await, refused(403, "host_refused"));
    let probe = served.get("healthz").header("host", "evil.example");
    assert_eq!(outcome(probe).await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_operator_reads_which_mode_to_choose() {
    let served = Served::start(&[], |_| {}).await;
    let behind = |request: RequestBuilder| request.header("x-forwarded-for", "1.2.3.4");
    let program = behind(served.token()).send().await.expect("answers");
    assert_eq!(program.headers()["content-type"], "application/json");
    let program = program.text().await.expect("a body");
    let person = behind(served.get("")).header("accept", "text/html,*/*;q=0.8");
    let person = person.send().await.expect("answers");
    assert_eq!(person.status(), 403);
    assert_eq!(person.headers()["content-type"], "text/html; charset=utf-8");
    let person = person.text().await.expect("a body");
    assert!(person.starts_with("<!doctype html>"), "{person}");
    for mode in ["--auth proxy", "--auth password", "--auth open"] {
        assert!(program.contains(mode), "{program}");
        assert!(person.contains(mode), "{person}");
    }
    // So it is with every error.
    let nothing = served.get("nothing").header("accept", "text/html");
    let nothing = nothing.send().await.expect("answers");
    assert_eq!(nothing.status(), 404);
    let nothing = nothing.text().await.expect("a body");
    assert!(
        nothing.contains("There is nothing at this address"),
        "{nothing}"
    );
}

#[tokio::test]
async fn pictures_on_another_site_mint_no_tokens() {
    let flags = ["--auth", "open"];
    let served = Served::start(&flags, |_| {}).await;
    // By plain http, browsers send no `Sec-Fetch-Site`, and the other site chooses what `Referer` says.
    for referer in [None, Some("http://other.example/"), Some("")] {
        for _ in 0..25 {
            let mut request = served.get("token").header("accept", "image/*,*/*;q=0.8");
            if let Some(referer) = referer {
                request = request.header("referer", referer);
            }
            assert_eq!(outcome(request).await, refused(403, "cross_site"));
        }
    }
    assert_eq!(served.service.calls(), 0);
    let own = format!("http://{}/", served.address);
    for (name, value) in [
        OWN_PAGE,
        ("referer", own.as_str()),
        ("origin", own.trim_end_matches('/')),
        ("sec-fetch-site", "same-origin"),
    ] {
        let request = served.get("token").header(name, value);
        assert_eq!(outcome(request).await, refused(200, ""), "{name}");
    }
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
            .fold(served.token(), |it, (name, value)| it.header(*name, *value));
        assert_eq!(outcome(request).await, expected, "{headers:?}");
    }
    assert_eq!(served.service.calls(), 1);
}

#[tokio::test]
async fn a_passphrase_opens_page_and_token_until_somebody_signs_out() {
    let served = Served::with_passphrase(&["--trusted-proxy", "127.0.0.1"]).await;
    assert_eq!(
        outcome(served.token()).await,
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
        outcome(served.token().header("cookie", &cookie)).await,
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
        cleared.starts_with("__Secure-inturn_sign_in=;") && cleared.contains("Max-Age=0"),
        "{cleared}"
    );
}

#[tokio::test]
async fn too_many_wrong_passphrases_must_wait() {
    let flags = ["--sign-in-attempts", "3", "--trusted-proxy", "127.0.0.1"];
    let served = Served::with_passphrase(&flags).await;
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
async fn an_office_behind_one_address_signs_in_one_person_after_the_other() {
    let served = Served::with_passphrase(&["--sign-in-attempts", "2"]).await;
    for person in 0..12 {
        let right = served.post("sign-in", "passphrase=passphrase-marker+horse");
        assert_eq!(outcome(right).await.0, 303, "person {person}");
    }
    for status in [401, 401, 429] {
        let wrong = served.post("sign-in", "passphrase=wrong");
        assert_eq!(outcome(wrong).await.0, status);
    }
}

#[tokio::test]
async fn the_form_works_by_plain_http_and_any_name() {
    let served = Served::with_passphrase(&[]).await;
    let form = served.get("sign-in").send().await.expect("answers");
    // With `no-referrer`, a browser's form would come with `Origin: null`.
    assert_eq!(form.headers()["referrer-policy"], "same-origin");
    let right = |origin: &str| {
        served
            .post("sign-in", "passphrase=passphrase-marker+horse")
            .header("host", "scribe.lan:8000")
            .header("origin", origin)
    };
    let signed_in = right("http://scribe.lan:8000").send().await;
    let signed_in = signed_in.expect("answers");
    assert_eq!(signed_in.status(), 303);
    let cookie = signed_in.headers()["set-cookie"].to_str().expect("text");
    assert!(
        cookie.starts_with("inturn_sign_in=") && !cookie.contains("Secure"),
        "{cookie}"
    );
    assert_eq!(
        outcome(right("http://other.lan:8000")).await,
        refused(403, "cross_site")
    );
    assert_eq!(outcome(right("null")).await, refused(403, "cross_site"));
    // A proxy that is not trusted says nothing that counts, but the browser itself came by https.
    let signed_in = right("https://scribe.lan:8000").send().await;
    let signed_in = signed_in.expect("answers");
    let cookie = signed_in.headers()["set-cookie"].to_str().expect("text");
    assert!(
        cookie.starts_with("__Host-inturn_sign_in=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_failed_sign_in_is_a_page_for_people_and_an_error_for_programs() {
    let served = Served::with_passphrase(&["--sign-in-attempts", "2"]).await;
    let large = format!("passphrase={}", "x".repeat(9000));
    for (form, expected, again) in [
        ("passphrase=wrong", refused(401, "wrong_passphrase"), true),
        ("nothing=at+all", refused(422, "bad_request"), false),
        (large.as_str(), refused(413, "bad_request"), false),
        ("passphrase=wrong", refused(401, "wrong_passphrase"), true),
        ("passphrase=wrong", refused(429, "limit_reached"), true),
    ] {
        let program = served.post("sign-in", form);
        assert_eq!(outcome(program).await, expected, "{form:.30}");
        if expected.0 == 401 {
            continue;
        }
        let person = served.post("sign-in", form).header("accept", "text/html");
        let person = person.send().await.expect("answers");
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
