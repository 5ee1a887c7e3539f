//! The call to a service that speaks TLS, as the real one does.

use std::fs;

use crate::support::{FakeUpstream, KEY, Program, Reply, TOKEN, built_page};

/// Asks a program for a token whose service has a certificate of its own making: the status, and
/// what the program wrote.
async fn ask(service: &FakeUpstream, certificates: &str) -> (u16, String) {
    let page = built_page();
    let file = page.path().join("certificates.pem");
    fs::write(&file, certificates).expect("written");
    let dir = page.path().to_str().expect("text");
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
        ("SSL_CERT_FILE", file.to_str().expect("text")),
    ];
    let program = Program::listening(page.path(), &args, &variables).await;
    let url = format!("http://{}/token", program.address);
    let status = reqwest::get(url).await.expect("answers").status();
    program.terminate();
    let (_, written) = program.finish().await;
    (status.as_u16(), written)
}

#[tokio::test]
async fn a_service_with_a_trusted_certificate_gives_a_token() {
    let (service, certificate) = FakeUpstream::start_encrypted(Reply::token(TOKEN)).await;
    let (status, written) = ask(&service, &certificate).await;
    assert_eq!(status, 200, "{written}");
    assert_eq!(service.calls(), 1);
    assert!(
        service.last_head().contains(&format!("{KEY}\r\n")),
        "{}",
        service.last_head()
    );
}

#[tokio::test]
async fn a_service_with_another_certificate_never_sees_the_key() {
    let (service, _) = FakeUpstream::start_encrypted(Reply::token(TOKEN)).await;
    let (_, another) = FakeUpstream::start_encrypted(Reply::token(TOKEN)).await;
    let (status, written) = ask(&service, &another).await;
    assert_eq!(status, 503, "{written}");
    assert_eq!((service.connections(), service.calls()), (1, 0));
    assert!(written.contains("certificate"), "{written}");
}
