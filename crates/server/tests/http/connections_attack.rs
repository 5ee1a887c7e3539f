//! Attacks that fill the server's connections with unfinished requests: an honest request is still
//! served.

use std::{fs::File, time::Duration};

use inturn_server::hash_password;
use inturn_testkit::secrets::PASSPHRASE;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::{ServerProgram, built_page};

#[tokio::test]
async fn unfinished_bodies_leave_room_for_an_honest_request() {
    let page = built_page();
    let hash = hash_password(PASSPHRASE).expect("a hash");
    let hash = [("INTURN_PASSWORD_HASH", hash.as_str())];
    let flags = [
        "--auth=password",
        "--local-service",
        LIMIT,
        NO_CAP,
        LONG_BODY_TIMEOUT,
    ];
    let program = ServerProgram::serve_page(page.path(), &flags, &hash).await;
    let unfinished = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Length: 100\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Expect: 100-continue\r\n\r\n",
        program.address
    );
    let mut attackers = Vec::new();
    for _ in 0..2 * CONNECTIONS {
        let mut attacker = send(&program.address, &unfinished).await;
        // The server requests the body, so it now waits for it.
        let response = read_some(&mut attacker).await;
        assert!(response.starts_with("HTTP/1.1 100 "), "{response}");
        attacker
            .write_all(b"passphrase=")
            .await
            .expect("the data is sent");
        attackers.push(attacker);
    }
    assert_served(&program.address).await;
    program.terminate();
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn unread_responses_leave_room_for_an_honest_request() {
    let page = built_page();
    let big = File::create(page.path().join("big.bin")).expect("a file");
    big.set_len(BIG).expect("a large file");
    let flags = ["--recogniser=script", LIMIT, NO_CAP, LONG_BODY_TIMEOUT];
    let program = ServerProgram::serve_page(page.path(), &flags, &[]).await;
    let request = "GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut attackers = Vec::new();
    for _ in 0..2 * CONNECTIONS {
        let mut attacker = send(&program.address, request).await;
        assert!(read_some(&mut attacker).await.starts_with("HTTP/1.1 200 "));
        attackers.push(attacker);
    }
    // The response to the last attacker may still be in progress for a moment.
    assert_served(&program.address).await;
    program.terminate();
    // Shutdown waits for the responses of the remaining attackers, so they disconnect.
    drop(attackers);
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn connections_per_address_are_capped() {
    let page = built_page();
    let metrics_listen = ["--metrics-listen=127.0.0.1:0"];
    let cap = ["--recogniser=script", "--max-connections-per-address=4"];
    let flags = [&cap[..], &metrics_listen].concat();
    let mut program = ServerProgram::serve_page(page.path(), &flags, &[]).await;
    let metrics = program.metrics_url().await;
    let mut attackers = Vec::new();
    for _ in 0..10 {
        attackers.push(send(&program.address, "GET / HTTP/1.1\r\nHo").await);
    }
    assert_served(&program.address).await;
    let text = reqwest::get(&metrics)
        .await
        .expect("a response")
        .text()
        .await;
    let text = text.expect("UTF-8");
    let displaced = r#"inturn_connections_cut_total{reason="displaced"} 7"#;
    assert!(text.lines().any(|line| line == displaced), "{text}");
    program.terminate();
    assert!(program.finish().await.0);
}

/// glibc's allocator would keep this memory; most Linux systems use glibc.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[tokio::test]
async fn memory_of_closed_connections_is_freed() {
    let page = built_page();
    let flags = ["--recogniser=script", NO_CAP];
    let program = ServerProgram::serve_page(page.path(), &flags, &[]).await;
    assert_served(&program.address).await;
    let idle = program.resident_kib().expect("the memory of the process");
    let mut attackers = Vec::new();
    for _ in 0..CLOSED_CONNECTIONS {
        let mut attacker = send(
            &program.address,
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        )
        .await;
        assert!(read_some(&mut attacker).await.starts_with("HTTP/1.1 200 "));
        attackers.push(attacker);
    }
    let held = program.resident_kib().expect("the memory of the process") - idle;
    drop(attackers);
    let few = held / 3;
    let kept = || {
        program
            .resident_kib()
            .expect("the memory of the process")
            .saturating_sub(idle)
    };
    let returned = async {
        while kept() > few {
            sleep(POLL).await;
        }
    };
    let in_time = timeout(TIMEOUT, returned).await;
    println!(
        "{held} KiB for {CLOSED_CONNECTIONS} connections, of which {} are kept",
        kept()
    );
    assert!(in_time.is_ok(), "{} KiB of {held} are kept", kept());
    program.terminate();
    assert!(program.finish().await.0);
}

async fn send(address: &str, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream
        .write_all(text.as_bytes())
        .await
        .expect("the data is sent");
    stream
}

async fn read_some(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 64];
    let count = stream.read(&mut bytes).await.expect("the data is read");
    String::from_utf8_lossy(&bytes[..count]).into_owned()
}

/// Asserts that an honest client gets the page.
async fn assert_served(address: &str) {
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut stream = send(address, request).await;
    let mut response = String::new();
    stream
        .read_to_string(&mut response)
        .await
        .expect("the data is read");
    assert!(!response.starts_with("HTTP/1.1 503 "), "{response}");
    assert!(response.starts_with("HTTP/1.1 "), "{response}");
}

/// The number of connections that the server allows.
const CONNECTIONS: usize = 16;

const LIMIT: &str = "--max-connections=16";

/// In the tests all attackers have the same address; in reality they have many.
const NO_CAP: &str = "--max-connections-per-address=0";

/// Long enough that only displacement frees connections.
const LONG_BODY_TIMEOUT: &str = "--body-timeout-seconds=300";

/// Enough connections for a measurable amount of memory, within the test's own limit of open files.
const CLOSED_CONNECTIONS: usize = 400;

/// The interval between two measurements of the server's memory.
const POLL: Duration = Duration::from_millis(100);

/// Far more than it takes, so that only a hang fails.
const TIMEOUT: Duration = Duration::from_secs(60);

/// More than the buffers of both sockets hold.
const BIG: u64 = 64 << 20;
