//! A proxy that is not in `--trusted-proxy` is logged once, with the consequence.

use inturn_server::hash_password;
use inturn_testkit::secrets;
use reqwest::Client;

use crate::support::{FakeUpstream, KEY, Reply, ServerProgram, TOKEN, built_page};

#[tokio::test]
async fn forwarding_headers_of_an_untrusted_proxy_are_logged_once() {
    for (auth, consequence) in [
        ("password", Some("lock out all of them")),
        ("open", Some("the limits of one")),
        ("proxy", Some("no one gets a token")),
        // Loopback mode refuses the request, which has its own log line.
        ("loopback", None),
    ] {
        let log = log_of(auth, "--trusted-proxy=10.255.255.254").await;
        let lines = log.matches("is not in --trusted-proxy").count();
        assert_eq!(lines, usize::from(consequence.is_some()), "{auth}: {log}");
        assert!(
            log.contains(consequence.unwrap_or("through a proxy")),
            "{auth}: {log}"
        );
        assert!(!log.contains("203.0.113.77"), "{auth}: {log}");
    }
    let log = log_of("password", "--trusted-proxy=127.0.0.1").await;
    assert!(!log.contains("is not in --trusted-proxy"), "{log}");
}

/// Sends three requests as a local proxy, and returns the log.
async fn log_of(auth: &str, trusted: &str) -> String {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let hash = hash_password(secrets::PASSPHRASE).expect("a hash");
    let args = ["--service-url", service.url()];
    let args = [&args[..], &["--auth", auth, trusted, "--log-filter=warn"]].concat();
    let variables = [
        ("ASSEMBLYAI_API_KEY", KEY),
        ("INTURN_PASSWORD_HASH", hash.as_str()),
    ];
    let program = ServerProgram::serve_page(page.path(), &args, &variables).await;
    for _ in 0..3 {
        let call = Client::new().get(format!("http://{}/config", program.address));
        let call = call.header("x-forwarded-for", "203.0.113.77");
        call.send().await.expect("a response");
    }
    program.terminate();
    let (success, log) = program.finish().await;
    assert!(success, "{log}");
    log
}
