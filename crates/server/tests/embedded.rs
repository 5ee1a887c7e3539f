//! The program with the page in it: it needs no folder.
//!
//! Built with the feature `embed`, once the page is built.

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
    let page = get("").send().await.expect("answers");
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["content-type"], "text/html");
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .expect("text");
    assert!(policy.contains("'sha256-"), "{policy}");
    assert!(page.text().await.expect("text").contains("id=\"record\""));

    let script = get("crash.js")
        .header("accept-encoding", "br")
        .send()
        .await
        .expect("answers");
    assert_eq!(script.headers()["content-encoding"], "br");
    assert_eq!(script.headers()["cache-control"], "no-cache");
    let etag = script.headers()["etag"].to_str().expect("text").to_owned();
    let again = get("crash.js")
        .header("accept-encoding", "br")
        .header("if-none-match", &etag);
    assert_eq!(again.send().await.expect("answers").status(), 304);
    let plain = get("crash.js").send().await.expect("answers");
    assert!(!plain.headers().contains_key("content-encoding"));
    assert_ne!(plain.headers()["etag"].to_str().expect("text"), etag);

    for absent in ["nothing", ".env", "%2e%2e/Cargo.toml"] {
        assert_eq!(
            get(absent).send().await.expect("answers").status(),
            404,
            "{absent}"
        );
    }
    assert_eq!(get("token").send().await.expect("answers").status(), 200);
}
