//! SIGHUP: the key is read again, and nobody notices but the service.
#![cfg(unix)]

use std::fs;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{FakeUpstream, KEY, Program, Reply, TOKEN, built_page};

#[tokio::test]
async fn a_new_key_is_used_from_the_next_call_on_and_a_bad_one_never() {
    const NEW_KEY: &str = "key-marker-new-77aa";
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let file = page.path().join("key");
    fs::write(&file, KEY).expect("written");
    let dir = page.path().to_str().expect("text");
    let args = [
        "--client-dir",
        dir,
        "--listen=127.0.0.1:0",
        "--log-filter=trace",
        "--service-url",
        service.url(),
    ];
    let path = file.to_str().expect("text");
    let variables = [("ASSEMBLYAI_API_KEY_FILE", path)];
    let mut program = Program::listening(page.path(), &args, &variables).await;
    // Kept all the time.
    let mut visitor = TcpStream::connect(&program.address)
        .await
        .expect("connects");
    ask(&mut visitor).await;
    assert!(service.last_head().contains(&format!("{KEY}\r\n")));

    fs::write(&file, format!("{NEW_KEY}\n")).expect("written");
    program.hang_up();
    program.says("the API key was read again").await;
    ask(&mut visitor).await;
    assert!(service.last_head().contains(&format!("{NEW_KEY}\r\n")));

    for (times, bad) in ["two words-marker", "", "\u{0}"].into_iter().enumerate() {
        fs::write(&file, bad).expect("written");
        program.hang_up();
        program.says_times("was not read again", times + 1).await;
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
    let dir = page.path().to_str().expect("text");
    let args = [
        "--client-dir",
        dir,
        "--listen=127.0.0.1:0",
        "--recogniser=script",
    ];
    let mut program = Program::listening(page.path(), &args, &[]).await;
    program.hang_up();
    program.says("no key was read").await;
    program.terminate();
    assert!(program.finish().await.0);
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
