//! SIGHUP: the secrets are read again, and nobody is dropped.
#![cfg(unix)]

use std::fs;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use inturn_server::hash_password;
use inturn_testkit::secrets::{PASSPHRASE, PROXY};

use crate::support::{FakeUpstream, KEY, OWN_PAGE, Program, Reply, TOKEN, built_page};

#[tokio::test]
async fn a_new_key_is_used_from_the_next_call_on_and_a_bad_one_never() {
    const NEW_KEY: &str = "key-marker-new-77aa";
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let file = page.path().join("key");
    fs::write(&file, KEY).expect("written");
    let args = ["--log-filter=trace", "--service-url", service.url()];
    let path = file.to_str().expect("text");
    let variables = [("ASSEMBLYAI_API_KEY_FILE", path)];
    let mut program = Program::serving(page.path(), &args, &variables).await;
    // Kept all the time.
    let mut visitor = TcpStream::connect(&program.address)
        .await
        .expect("connects");
    ask(&mut visitor).await;
    assert!(service.last_head().contains(&format!("{KEY}\r\n")));

    fs::write(&file, format!("{NEW_KEY}\n")).expect("written");
    program.hang_up();
    program.wait_for_log("the API key was read again").await;
    ask(&mut visitor).await;
    assert!(service.last_head().contains(&format!("{NEW_KEY}\r\n")));

    for (times, bad) in ["two words-key-marker", "", "\u{0}"]
        .into_iter()
        .enumerate()
    {
        fs::write(&file, bad).expect("written");
        program.hang_up();
        program
            .wait_for_log_times("was not read again", times + 1)
            .await;
        ask(&mut visitor).await;
        assert!(service.last_head().contains(&format!("{NEW_KEY}\r\n")));
    }
    program.terminate();
    drop(visitor);
    let (success, written) = program.finish().await;
    assert!(success);
    assert_eq!(written.matches("ERROR").count(), 3, "{written}");
    assert!(written.contains("ASSEMBLYAI_API_KEY_FILE"), "{written}");
    assert!(!written.contains("marker"), "{written}");
}

#[tokio::test]
async fn without_a_key_there_is_nothing_to_read_again() {
    let page = built_page();
    let args = ["--recogniser=script"];
    let mut program = Program::serving(page.path(), &args, &[]).await;
    program.hang_up();
    program.wait_for_log("no key was read").await;
    program.terminate();
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn a_new_passphrase_ends_the_sign_ins_by_the_old_one_and_a_bad_hash_ends_none() {
    let new = format!("{PASSPHRASE} new");
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let file = page.path().join("hash");
    let old_hash = hash_password(PASSPHRASE).expect("a hash");
    fs::write(&file, &old_hash).expect("written");
    let args = [
        "--log-filter=trace",
        "--auth=password",
        "--service-url",
        service.url(),
    ];
    let variables = [
        ("ASSEMBLYAI_API_KEY", KEY),
        ("INTURN_PASSWORD_HASH_FILE", file.to_str().expect("text")),
    ];
    let mut program = Program::serving(page.path(), &args, &variables).await;
    let url = format!("http://{}", program.address);
    let cookie = sign_in(&url, PASSPHRASE).await.expect("it is right");
    assert_eq!(token(&url, "cookie", &cookie).await, 200);

    // The same hash again ends nothing, and neither does what is none.
    for (text, said, times) in [
        (old_hash.as_str(), "was read again", 1),
        ("no hash: passphrase-marker", "was not read again", 1),
        ("", "was not read again", 2),
    ] {
        fs::write(&file, text).expect("written");
        program.hang_up();
        let said = format!("passphrase's hash {said}");
        program.wait_for_log_times(&said, times).await;
        assert_eq!(token(&url, "cookie", &cookie).await, 200, "{text}");
        assert!(sign_in(&url, &new).await.is_none());
    }

    let new_hash = hash_password(&new).expect("a hash");
    fs::write(&file, format!("{new_hash}\n")).expect("written");
    program.hang_up();
    let said = "passphrase's hash was read again";
    program.wait_for_log_times(said, 2).await;
    assert_eq!(token(&url, "cookie", &cookie).await, 401);
    assert!(sign_in(&url, PASSPHRASE).await.is_none());
    let cookie = sign_in(&url, &new).await.expect("it is right now");
    assert_eq!(token(&url, "cookie", &cookie).await, 200);
    program.terminate();
    let (success, written) = program.finish().await;
    assert!(success);
    assert_eq!(written.matches("ERROR").count(), 2, "{written}");
    for secret in ["marker", old_hash.as_str(), new_hash.as_str()] {
        assert!(!written.contains(secret), "{secret}: {written}");
    }
}

#[tokio::test]
async fn a_new_secret_of_the_proxy_counts_at_once_and_is_never_lost() {
    let new = format!("{PROXY}-new");
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let file = page.path().join("secret");
    fs::write(&file, PROXY).expect("written");
    let args = [
        "--log-filter=trace",
        "--auth=proxy",
        "--trusted-proxy=127.0.0.1",
        "--service-url",
        service.url(),
    ];
    let variables = [
        ("ASSEMBLYAI_API_KEY", KEY),
        ("INTURN_PROXY_SECRET_FILE", file.to_str().expect("text")),
    ];
    let mut program = Program::serving(page.path(), &args, &variables).await;
    let url = format!("http://{}", program.address);
    assert_eq!(token(&url, "x-proxy-secret", PROXY).await, 200);

    fs::write(&file, &new).expect("written");
    program.hang_up();
    program
        .wait_for_log("the proxy's secret was read again")
        .await;
    // The last two are none: without a secret everybody on this machine could name people.
    for (failures, text) in ["", "proxy-marker", ""].into_iter().enumerate() {
        assert_eq!(token(&url, "x-proxy-secret", PROXY).await, 403, "{text}");
        assert_eq!(token(&url, "x-proxy-secret", "").await, 403, "{text}");
        assert_eq!(token(&url, "x-proxy-secret", &new).await, 200, "{text}");
        fs::write(&file, text).expect("written");
        program.hang_up();
        let said = "the proxy's secret was not read again";
        program.wait_for_log_times(said, failures + 1).await;
    }
    assert_eq!(token(&url, "x-proxy-secret", &new).await, 200);
    program.terminate();
    let (success, written) = program.finish().await;
    assert!(success);
    assert_eq!(written.matches("ERROR").count(), 3, "{written}");
    assert!(!written.contains("marker"), "{written}");
}

#[tokio::test]
async fn a_key_file_that_is_a_pipe_holds_up_nobody() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let file = page.path().join("key");
    fs::write(&file, KEY).expect("written");
    let args = ["--service-url", service.url()];
    let variables = [
        ("ASSEMBLYAI_API_KEY_FILE", file.to_str().expect("text")),
        // One blocked worker is all of them.
        ("TOKIO_WORKER_THREADS", "1"),
    ];
    let mut program = Program::serving(page.path(), &args, &variables).await;
    fs::remove_file(&file).expect("removed");
    let made = std::process::Command::new("mkfifo").arg(&file).status();
    assert!(made.expect("mkfifo runs").success());
    program.hang_up();
    // Opens once the program has opened it too, and so waits for what it will hold.
    let opening = move || fs::OpenOptions::new().write(true).open(&file);
    let opened = tokio::task::spawn_blocking(opening).await;
    let mut pipe = opened.expect("no panic").expect("a pipe");
    let url = format!("http://{}", program.address);
    let answer = reqwest::get(format!("{url}/token")).await;
    assert_eq!(answer.expect("answers").status(), 200);
    std::io::Write::write_all(&mut pipe, KEY.as_bytes()).expect("written");
    drop(pipe);
    program.wait_for_log("the API key was read again").await;
    program.terminate();
    assert!(program.finish().await.0);
}

/// The cookie that a passphrase gets.
async fn sign_in(url: &str, passphrase: &str) -> Option<String> {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let answer = client
        .post(format!("{url}/sign-in"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("passphrase={}", passphrase.replace(' ', "+")))
        .send();
    let answer = answer.await.expect("answers");
    let cookie = answer.headers().get("set-cookie")?.to_str().expect("text");
    cookie.split(';').next().map(str::to_owned)
}

/// How a request for a token with this header is answered, of somebody whom the proxy names.
async fn token(url: &str, header: &str, value: &str) -> u16 {
    let call = reqwest::Client::new()
        .get(format!("{url}/token"))
        .header("x-forwarded-user", "ann")
        .header(OWN_PAGE.0, OWN_PAGE.1)
        .header(header, value);
    call.send().await.expect("answers").status().as_u16()
}

/// Asks for a token on a connection that is kept.
async fn ask(visitor: &mut TcpStream) {
    let request = b"GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n";
    visitor.write_all(request).await.expect("sent");
    let mut answer = String::new();
    while !answer.contains(TOKEN) {
        let mut bytes = [0; 4096];
        let count = visitor.read(&mut bytes).await.expect("reads");
        assert_ne!(count, 0, "{answer}");
        answer.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
}
