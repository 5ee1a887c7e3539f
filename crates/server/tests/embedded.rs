//! The program with the embedded page: it needs no folder for the page.
//!
//! Requires the feature `embed` and a built page.

use inturn_testkit::{OutputSource, RunningProgram};
use tokio::process::Command;

#[tokio::test]
async fn it_starts_in_an_empty_folder_and_serves_the_page() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().expect("a folder");
    let program = RunningProgram::start(
        Command::new(env!("CARGO_BIN_EXE_inturn"))
            .args(["--listen", "127.0.0.1:0", "--recogniser", "script"])
            .current_dir(folder.path())
            .env_clear(),
        OutputSource::Server,
    )
    .await;
    let url = program.url();

    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let get = |path: &str| client.get(format!("{url}/{path}"));
    let page = get("").send().await.expect("a response");
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["content-type"], "text/html");
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .expect("UTF-8");
    assert!(policy.contains("'sha256-"), "{policy}");
    assert!(page.text().await.expect("UTF-8").contains("id=\"record\""));

    let script = get("crash.js")
        .header("accept-encoding", "br")
        .send()
        .await
        .expect("a response");
    assert_eq!(script.headers()["content-encoding"], "br");
    assert_eq!(script.headers()["cache-control"], "no-cache");
    let etag = script.headers()["etag"].to_str().expect("UTF-8").to_owned();
    let again = get("crash.js")
        .header("accept-encoding", "br")
        .header("if-none-match", &etag);
    assert_eq!(again.send().await.expect("a response").status(), 304);
    let plain = get("crash.js").send().await.expect("a response");
    assert!(!plain.headers().contains_key("content-encoding"));
    assert_ne!(plain.headers()["etag"].to_str().expect("UTF-8"), etag);

    for absent in ["nothing", ".env", "%2e%2e/Cargo.toml"] {
        assert_eq!(
            get(absent).send().await.expect("a response").status(),
            404,
            "{absent}"
        );
    }
    assert_eq!(get("token").send().await.expect("a response").status(), 200);
}
