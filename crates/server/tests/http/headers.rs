//! The security headers of all responses.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::digest::{SHA256, digest};
use tokio::{task::yield_now, time::timeout};

use crate::support::{
    FakeUpstream, Reply, ServerProgram, TOKEN, built_page, config, config_for, get, page, request,
    router, start_script, write,
};

fn hash_source(script: &str) -> String {
    format!(
        "'sha256-{}'",
        STANDARD.encode(digest(&SHA256, script.as_bytes()))
    )
}

fn directive<'policy>(policy: &'policy str, name: &str) -> Vec<&'policy str> {
    policy
        .split("; ")
        .find_map(|directive| directive.strip_prefix(name)?.strip_prefix(' '))
        .unwrap_or_else(|| panic!("no {name} in {policy}"))
        .split(' ')
        .collect()
}

#[tokio::test]
async fn hsts_is_sent_only_over_https_and_only_if_enabled() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let (asked, trusted) = ("--hsts-seconds=600", "--trusted-proxy=127.0.0.0/8");
    for (flags, scheme, is_sent) in [
        (&[asked, trusted][..], "https", true),
        (&[asked, trusted], "http", false),
        // The header comes from an untrusted client.
        (&[asked], "https", false),
        (&[trusted], "https", false),
    ] {
        let mut args = vec!["--client-dir", dir, "--listen=127.0.0.1:0"];
        args.extend(["--auth=open", "--local-service", "--recogniser=script"]);
        args.extend(flags);
        let program = ServerProgram::start(page.path(), &args, &[]).await;
        let call = reqwest::Client::new().get(format!("http://{}/", program.address));
        let response = call.header("x-forwarded-proto", scheme).send().await;
        let response = response.expect("a response");
        let header = response.headers().get("strict-transport-security");
        let expected = is_sent.then_some("max-age=600");
        let header = header.map(|it| it.to_str().expect("UTF-8"));
        assert_eq!(header, expected, "{flags:?} {scheme}");
        program.terminate();
        assert!(program.finish().await.0);
    }
}

#[tokio::test]
async fn every_kind_of_response_has_security_headers() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let dir = built_page();
    let router = router(&config_for(&service, dir.path(), &[]));
    let etag = get(&router, "/audio-processor.js")
        .await
        .header("etag")
        .to_owned();
    for (method, path, headers, status) in [
        ("GET", "/", &[][..], 200),
        ("HEAD", "/", &[], 200),
        ("GET", "/app-0123456789ab_bg.wasm", &[], 200),
        (
            "GET",
            "/audio-processor.js",
            &[("if-none-match", etag.as_str())],
            304,
        ),
        ("GET", "/audio-processor.js", &[("range", "bytes=0-1")], 206),
        (
            "GET",
            "/audio-processor.js",
            &[("range", "bytes=9000-")],
            416,
        ),
        ("GET", "/token", &[], 200),
        ("POST", "/token", &[], 405),
        ("GET", "/config", &[], 200),
        ("GET", "/healthz", &[], 200),
        ("GET", "/nothing", &[], 404),
        ("POST", "/", &[], 405),
    ] {
        let response = request(&router, method, path, headers).await;
        assert_eq!(response.status, status, "{method} {path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(response.header(name), value, "{method} {path}");
        }
        assert!(
            response
                .header("permissions-policy")
                .contains("microphone=(self)")
        );
        let policy = response.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; "),
            "{method} {path}: {policy}"
        );
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
            "{policy}"
        );
    }
}

#[tokio::test]
async fn the_policy_allows_exactly_what_the_page_needs() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let dir = built_page();
    let router = router(&config_for(&service, dir.path(), &["--auth", "open"]));
    let response = request(&router, "GET", "/", &[("host", "evil.example")]).await;
    let policy = response.header("content-security-policy");
    assert_eq!(
        directive(policy, "script-src"),
        ["'self'", "'wasm-unsafe-eval'", &hash_source(start_script())]
    );
    let socket = service.url().replace("http://", "ws://");
    assert_eq!(directive(policy, "connect-src"), ["'self'", &socket]);
    for name in [
        "worker-src",
        "style-src",
        "img-src",
        "font-src",
        "manifest-src",
    ] {
        assert_eq!(directive(policy, name), ["'self'"], "{name}");
    }
    for name in ["base-uri", "form-action", "frame-ancestors"] {
        assert_eq!(directive(policy, name), ["'none'"], "{name}");
    }
}

#[tokio::test]
async fn the_policy_allows_the_socket_of_the_region() {
    let dir = built_page();
    let mut config = config(dir.path(), &["--region", "eu"]);
    config.key = inturn_service::ApiKey::parse("k").expect("a key");
    let response = get(&router(&config), "/").await;
    let policy = response.header("content-security-policy");
    assert_eq!(
        directive(policy, "connect-src"),
        ["'self'", "wss://streaming.eu.assemblyai.com"]
    );
}

#[tokio::test]
async fn the_page_names_the_service_to_connect_to() {
    let dir = built_page();
    let mut config = config(dir.path(), &["--region", "eu"]);
    config.key = inturn_service::ApiKey::parse("k").expect("a key");
    let router = router(&config);
    let link = "<https://streaming.eu.assemblyai.com>; rel=preconnect";
    let etag = get(&router, "/").await.header("etag").to_owned();
    for (path, headers) in [
        ("/", &[][..]),
        ("/index.html", &[]),
        ("/", &[("if-none-match", etag.as_str())]),
    ] {
        let response = request(&router, "GET", path, headers).await;
        assert_eq!(response.header("link"), link, "{path} {headers:?}");
    }
    for (method, path) in [("GET", "/audio-processor.js"), ("POST", "/")] {
        let response = request(&router, method, path, &[]).await;
        assert!(!response.headers.contains_key("link"), "{method} {path}");
    }
}

#[tokio::test]
async fn with_the_local_service_the_page_names_no_other_host() {
    let dir = built_page();
    let flags = ["--recogniser=script", "--auth=open", "--local-service"];
    let response = get(&router(&config(dir.path(), &flags)), "/").await;
    assert_eq!(response.status, 200);
    assert!(!response.headers.contains_key("link"));
}

#[tokio::test]
async fn a_page_that_is_opened_makes_the_server_connect_to_the_service() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let args = ["--auth=open", "--service-url", service.url()];
    let variables = [("ASSEMBLYAI_API_KEY", "k")];
    let program = ServerProgram::serve_page(page.path(), &args, &variables).await;
    assert_eq!(service.calls(), 0);
    let url = format!("http://{}/config", program.address);
    let page_config = reqwest::get(url).await.expect("a response");
    assert!(page_config.status().is_success());
    let called = async {
        while service.calls() == 0 {
            yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), called)
        .await
        .expect("the server calls the service");
    assert!(service.last_head().starts_with("HEAD / "));
}

#[tokio::test]
async fn a_rebuilt_page_is_served_but_its_new_inline_script_is_not_allowed() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let dir = built_page();
    let router = router(&config_for(&service, dir.path(), &[]));
    let policy =
        |response: &crate::support::Response| response.header("content-security-policy").to_owned();
    let before = get(&router, "/").await;
    assert_eq!(before.status, 200);
    // Another length, so that the change is detected even if timestamps are coarse.
    let script = "\nconsole.log('another build, and a longer one, of the very same page');\n";
    write(dir.path(), "index.html", &page(script));
    let after = get(&router, "/").await;
    assert_eq!(after.text(), page(script));
    assert_eq!(policy(&after), policy(&before));
    assert!(!policy(&after).contains(&hash_source(script)));
}

#[tokio::test]
async fn the_local_services_socket_is_allowed_only_for_a_valid_host() {
    let dir = built_page();
    let router = router(&config(
        dir.path(),
        &[
            "--recogniser",
            "script",
            "--auth",
            "open",
            "--local-service",
        ],
    ));
    for (host, sources) in [
        (
            "127.0.0.1:8000",
            &["'self'", "ws://127.0.0.1:8000", "wss://127.0.0.1:8000"][..],
        ),
        (
            "[::1]:8000",
            &["'self'", "ws://[::1]:8000", "wss://[::1]:8000"],
        ),
        ("a; script-src *", &["'self'"]),
        ("a b", &["'self'"]),
        ("*", &["'self'"]),
    ] {
        let response = request(&router, "GET", "/", &[("host", host)]).await;
        let policy = response.header("content-security-policy");
        assert_eq!(directive(policy, "connect-src"), sources, "{host}");
    }
}
