//! TLS to the service.

use std::fs;

use crate::support::{FakeUpstream, KEY, Reply, ServerProgram, TOKEN, built_page};

/// Requests a token from a program that trusts only `certificates`; returns the status and the log.
async fn request_token(service: &FakeUpstream, certificates: &str) -> (u16, String) {
    let page = built_page();
    let file = page.path().join("certificates.pem");
    fs::write(&file, certificates).expect("the file is written");
    let dir = page.path().to_str().expect("UTF-8");
    let args = [
        "--client-dir",
        dir,
        "--listen",
        "127.0.0.1:0",
        "--service-url",
        service.url(),
    ];
    let variables = [
        ("ASSEMBLYAI_API_KEY", KEY),
        ("SSL_CERT_FILE", file.to_str().expect("UTF-8")),
    ];
    let program = ServerProgram::start(page.path(), &args, &variables).await;
    let url = format!("http://{}/token", program.address);
    let status = reqwest::get(url).await.expect("a response").status();
    program.terminate();
    let (_, log) = program.finish().await;
    (status.as_u16(), log)
}

#[tokio::test]
async fn a_service_with_a_trusted_certificate_gives_a_token() {
    let (service, certificate) = FakeUpstream::start_encrypted(Reply::token(TOKEN)).await;
    let (status, log) = request_token(&service, &certificate).await;
    assert_eq!(status, 200, "{log}");
    assert_eq!(service.calls(), 1);
    assert!(
        service.last_head().contains(&format!("{KEY}\r\n")),
        "{}",
        service.last_head()
    );
}

#[tokio::test]
async fn a_service_with_an_untrusted_certificate_never_receives_the_key() {
    let (service, _) = FakeUpstream::start_encrypted(Reply::token(TOKEN)).await;
    let (_, another) = FakeUpstream::start_encrypted(Reply::token(TOKEN)).await;
    let (status, log) = request_token(&service, &another).await;
    assert_eq!(status, 503, "{log}");
    assert_eq!((service.connections(), service.calls()), (1, 0));
    assert!(log.contains("certificate"), "{log}");
}
