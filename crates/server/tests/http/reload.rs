//! SIGHUP: the secrets are reloaded without dropping connections.
#![cfg(unix)]

use std::fs;

use inturn_server::hash_password;
use inturn_testkit::secrets::{PASSPHRASE, PROXY};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{FakeUpstream, KEY, OWN_PAGE, Reply, ServerProgram, TOKEN, built_page};

#[tokio::test]
async fn a_new_key_is_used_at_once_and_an_invalid_one_is_ignored() {
    const NEW_KEY: &str = "key-marker-new-77aa";
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let file = page.path().join("key");
    fs::write(&file, KEY).expect("the file is written");
    let args = ["--log-filter=trace", "--service-url", service.url()];
    let path = file.to_str().expect("UTF-8");
    let variables = [("ASSEMBLYAI_API_KEY_FILE", path)];
    let mut program = ServerProgram::serve_page(page.path(), &args, &variables).await;
    // This connection stays open during all reloads.
    let mut visitor = TcpStream::connect(&program.address)
        .await
        .expect("a connection");
    request_token(&mut visitor).await;
    assert!(service.last_head().contains(&format!("{KEY}\r\n")));

    fs::write(&file, format!("{NEW_KEY}\n")).expect("the file is written");
    program.hang_up();
    program.wait_for_log("the API key was read again").await;
    request_token(&mut visitor).await;
    assert!(service.last_head().contains(&format!("{NEW_KEY}\r\n")));

    for (times, bad) in ["two words-key-marker", "", "\u{0}"]
        .into_iter()
        .enumerate()
    {
        fs::write(&file, bad).expect("the file is written");
        program.hang_up();
        program
            .wait_for_log_times("was not read again", times + 1)
            .await;
        request_token(&mut visitor).await;
        assert!(service.last_head().contains(&format!("{NEW_KEY}\r\n")));
    }
    program.terminate();
    drop(visitor);
    let (success, log) = program.finish().await;
    assert!(success);
    assert_eq!(log.matches("ERROR").count(), 3, "{log}");
    assert!(log.contains("ASSEMBLYAI_API_KEY_FILE"), "{log}");
    assert!(!log.contains("marker"), "{log}");
}

#[tokio::test]
async fn a_reload_without_a_key_is_logged() {
    let page = built_page();
    let args = ["--recogniser=script"];
    let mut program = ServerProgram::serve_page(page.path(), &args, &[]).await;
    program.hang_up();
    program.wait_for_log("no API key was read").await;
    program.terminate();
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn a_new_passphrase_ends_old_sign_ins_and_an_invalid_hash_is_ignored() {
    let new = format!("{PASSPHRASE} new");
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let file = page.path().join("hash");
    let old_hash = hash_password(PASSPHRASE).expect("a hash");
    fs::write(&file, &old_hash).expect("the file is written");
    let args = [
        "--log-filter=trace",
        "--auth=password",
        "--service-url",
        service.url(),
    ];
    let variables = [
        ("ASSEMBLYAI_API_KEY", KEY),
        ("INTURN_PASSWORD_HASH_FILE", file.to_str().expect("UTF-8")),
    ];
    let mut program = ServerProgram::serve_page(page.path(), &args, &variables).await;
    let url = format!("http://{}", program.address);
    let cookie = sign_in(&url, PASSPHRASE)
        .await
        .expect("the passphrase is correct");
    assert_eq!(token_status(&url, "cookie", &cookie).await, 200);

    // The same hash ends no sign-in, nor does an invalid one.
    for (text, message, times) in [
        (old_hash.as_str(), "was read again", 1),
        ("no hash: passphrase-marker", "was not read again", 1),
        ("", "was not read again", 2),
    ] {
        fs::write(&file, text).expect("the file is written");
        program.hang_up();
        let message = format!("passphrase's hash {message}");
        program.wait_for_log_times(&message, times).await;
        assert_eq!(token_status(&url, "cookie", &cookie).await, 200, "{text}");
        assert!(sign_in(&url, &new).await.is_none());
    }

    let new_hash = hash_password(&new).expect("a hash");
    fs::write(&file, format!("{new_hash}\n")).expect("the file is written");
    program.hang_up();
    let message = "passphrase's hash was read again";
    program.wait_for_log_times(message, 2).await;
    assert_eq!(token_status(&url, "cookie", &cookie).await, 401);
    assert!(sign_in(&url, PASSPHRASE).await.is_none());
    let cookie = sign_in(&url, &new)
        .await
        .expect("the new passphrase is correct");
    assert_eq!(token_status(&url, "cookie", &cookie).await, 200);
    program.terminate();
    let (success, log) = program.finish().await;
    assert!(success);
    assert_eq!(log.matches("ERROR").count(), 2, "{log}");
    for secret in ["marker", old_hash.as_str(), new_hash.as_str()] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[tokio::test]
async fn a_new_proxy_secret_is_used_at_once_and_an_invalid_one_is_ignored() {
    let new = format!("{PROXY}-new");
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let file = page.path().join("secret");
    fs::write(&file, PROXY).expect("the file is written");
    let args = [
        "--log-filter=trace",
        "--auth=proxy",
        "--trusted-proxy=127.0.0.1",
        "--service-url",
        service.url(),
    ];
    let variables = [
        ("ASSEMBLYAI_API_KEY", KEY),
        ("INTURN_PROXY_SECRET_FILE", file.to_str().expect("UTF-8")),
    ];
    let mut program = ServerProgram::serve_page(page.path(), &args, &variables).await;
    let url = format!("http://{}", program.address);
    assert_eq!(token_status(&url, "x-proxy-secret", PROXY).await, 200);

    fs::write(&file, &new).expect("the file is written");
    program.hang_up();
    program
        .wait_for_log("the proxy's secret was read again")
        .await;
    // The texts are invalid and must be ignored: without a secret any local process could name
    // users.
    for (failures, text) in ["", "proxy-marker", ""].into_iter().enumerate() {
        assert_eq!(
            token_status(&url, "x-proxy-secret", PROXY).await,
            403,
            "{text}"
        );
        assert_eq!(
            token_status(&url, "x-proxy-secret", "").await,
            403,
            "{text}"
        );
        assert_eq!(
            token_status(&url, "x-proxy-secret", &new).await,
            200,
            "{text}"
        );
        fs::write(&file, text).expect("the file is written");
        program.hang_up();
        let message = "the proxy's secret was not read again";
        program.wait_for_log_times(message, failures + 1).await;
    }
    assert_eq!(token_status(&url, "x-proxy-secret", &new).await, 200);
    program.terminate();
    let (success, log) = program.finish().await;
    assert!(success);
    assert_eq!(log.matches("ERROR").count(), 3, "{log}");
    assert!(!log.contains("marker"), "{log}");
}

#[tokio::test]
async fn a_key_file_that_blocks_does_not_block_requests() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let file = page.path().join("key");
    fs::write(&file, KEY).expect("the file is written");
    let args = ["--service-url", service.url()];
    let variables = [
        ("ASSEMBLYAI_API_KEY_FILE", file.to_str().expect("UTF-8")),
        // With one worker thread, a blocking read would block the whole server.
        ("TOKIO_WORKER_THREADS", "1"),
    ];
    let mut program = ServerProgram::serve_page(page.path(), &args, &variables).await;
    fs::remove_file(&file).expect("the file is removed");
    let made = std::process::Command::new("mkfifo").arg(&file).status();
    assert!(made.expect("mkfifo runs").success());
    program.hang_up();
    // Opening returns when the program opens the pipe for reading; then the program waits for data.
    let opening = move || fs::OpenOptions::new().write(true).open(&file);
    let opened = tokio::task::spawn_blocking(opening).await;
    let mut pipe = opened.expect("no panic").expect("a pipe");
    let url = format!("http://{}", program.address);
    let response = reqwest::get(format!("{url}/token")).await;
    assert_eq!(response.expect("a response").status(), 200);
    std::io::Write::write_all(&mut pipe, KEY.as_bytes()).expect("the file is written");
    drop(pipe);
    program.wait_for_log("the API key was read again").await;
    program.terminate();
    assert!(program.finish().await.0);
}

/// Signs in and returns the cookie; `None` if the passphrase is wrong.
async fn sign_in(url: &str, passphrase: &str) -> Option<String> {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let response = client
        .post(format!("{url}/sign-in"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("passphrase={}", passphrase.replace(' ', "+")))
        .send();
    let response = response.await.expect("a response");
    let cookie = response
        .headers()
        .get("set-cookie")?
        .to_str()
        .expect("UTF-8");
    cookie.split(';').next().map(str::to_owned)
}

/// Requests a token with this header, as a user named by the proxy; returns the status.
async fn token_status(url: &str, header: &str, value: &str) -> u16 {
    let call = reqwest::Client::new()
        .get(format!("{url}/token"))
        .header("x-forwarded-user", "ann")
        .header(OWN_PAGE.0, OWN_PAGE.1)
        .header(header, value);
    call.send().await.expect("a response").status().as_u16()
}

/// Requests a token on an open connection.
async fn request_token(visitor: &mut TcpStream) {
    let request = b"GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n";
    visitor.write_all(request).await.expect("the data is sent");
    let mut response = String::new();
    while !response.contains(TOKEN) {
        let mut bytes = [0; 4096];
        let count = visitor.read(&mut bytes).await.expect("the data is read");
        assert_ne!(count, 0, "{response}");
        response.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
}
