//! A proxy that is not in `--trusted-proxy` is said once, where its people would wonder.

use inturn_server::hash_password;
use inturn_testkit::secrets;
use reqwest::Client;

use crate::support::{FakeUpstream, KEY, Program, Reply, TOKEN, built_page};

#[tokio::test]
async fn forwarding_headers_of_a_stranger_are_one_line_in_the_log() {
    for (auth, consequence) in [
        ("password", Some("keep everybody out")),
        ("open", Some("the limits of one")),
        ("proxy", Some("nobody gets a token")),
        // Refused, which is a line of its own.
        ("loopback", None),
    ] {
        let said = said(auth, "--trusted-proxy=10.255.255.254").await;
        let lines = said.matches("is not in --trusted-proxy").count();
        assert_eq!(lines, usize::from(consequence.is_some()), "{auth}: {said}");
        assert!(
            said.contains(consequence.unwrap_or("through a proxy")),
            "{auth}: {said}"
        );
        assert!(!said.contains("203.0.113.77"), "{auth}: {said}");
    }
    let said = said("password", "--trusted-proxy=127.0.0.1").await;
    assert!(!said.contains("is not in --trusted-proxy"), "{said}");
}

/// What the server logs when a proxy on this machine asks it three times.
async fn said(auth: &str, trusted: &str) -> String {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let hash = hash_password(secrets::PASSPHRASE).expect("a hash");
    let args = ["--service-url", service.url()];
    let args = [&args[..], &["--auth", auth, trusted, "--log-filter=warn"]].concat();
    let variables = [
        ("ASSEMBLYAI_API_KEY", KEY),
        ("INTURN_PASSWORD_HASH", hash.as_str()),
    ];
    let program = Program::serving(page.path(), &args, &variables).await;
    for _ in 0..3 {
        let call = Client::new().get(format!("http://{}/config", program.address));
        let call = call.header("x-forwarded-for", "203.0.113.77");
        call.send().await.expect("answers");
    }
    program.terminate();
    let (success, said) = program.finish().await;
    assert!(success, "{said}");
    said
}
