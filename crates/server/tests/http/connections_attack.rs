//! Clients that fill the server's connections and leave the next step undone: an honest request is served.

use std::{fs::File, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use inturn_server::hash_password;
use inturn_testkit::secrets::PASSPHRASE;

use crate::support::{Program, built_page};

#[tokio::test]
async fn unfinished_bodies_leave_room_for_an_honest_request() {
    let page = built_page();
    let hash = hash_password(PASSPHRASE).expect("a hash");
    let hash = [("INTURN_PASSWORD_HASH", hash.as_str())];
    let flags = ["--auth=password", "--local-service", LIMIT, NO_CAP, PATIENT];
    let program = Program::serving(page.path(), &flags, &hash).await;
    let unfinished = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 100\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n",
        program.address
    );
    let mut attackers = Vec::new();
    for _ in 0..2 * CONNECTIONS {
        let mut attacker = send(&program.address, &unfinished).await;
        // It asks for the body, so it waits for it.
        let answer = read_some(&mut attacker).await;
        assert!(answer.starts_with("HTTP/1.1 100 "), "{answer}");
        attacker.write_all(b"passphrase=").await.expect("sent");
        attackers.push(attacker);
    }
    is_served(&program.address).await;
    program.terminate();
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn unread_answers_leave_room_for_an_honest_request() {
    let page = built_page();
    let big = File::create(page.path().join("big.bin")).expect("a file");
    big.set_len(BIG).expect("a big one");
    let flags = ["--recogniser=script", LIMIT, NO_CAP, PATIENT];
    let program = Program::serving(page.path(), &flags, &[]).await;
    let request = "GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut attackers = Vec::new();
    for _ in 0..2 * CONNECTIONS {
        let mut attacker = send(&program.address, request).await;
        assert!(read_some(&mut attacker).await.starts_with("HTTP/1.1 200 "));
        attackers.push(attacker);
    }
    // The last of them may have its answer under way for a moment longer.
    is_served(&program.address).await;
    program.terminate();
    // Those that were not displaced are answered still: their clients go.
    drop(attackers);
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn one_address_has_no_more_connections_than_its_cap() {
    let page = built_page();
    let metrics_listen = ["--metrics-listen=127.0.0.1:0"];
    let cap = ["--recogniser=script", "--max-connections-per-address=4"];
    let flags = [&cap[..], &metrics_listen].concat();
    let mut program = Program::serving(page.path(), &flags, &[]).await;
    let metrics = program.metrics_url().await;
    let mut attackers = Vec::new();
    for _ in 0..10 {
        attackers.push(send(&program.address, "GET / HTTP/1.1\r\nHo").await);
    }
    is_served(&program.address).await;
    let text = reqwest::get(&metrics).await.expect("answers").text().await;
    let text = text.expect("text");
    let displaced = r#"inturn_connections_cut_total{reason="displaced"} 7"#;
    assert!(text.lines().any(|line| line == displaced), "{text}");
    program.terminate();
    assert!(program.finish().await.0);
}

/// As glibc's allocator would keep it, of which most Linux systems have one.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[tokio::test]
async fn the_memory_of_closed_connections_is_returned() {
    let page = built_page();
    let flags = ["--recogniser=script", NO_CAP];
    let program = Program::serving(page.path(), &flags, &[]).await;
    is_served(&program.address).await;
    let idle = program.resident_kib().expect("Linux says");
    let mut attackers = Vec::new();
    for _ in 0..MANY {
        let mut attacker = send(
            &program.address,
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        )
        .await;
        assert!(read_some(&mut attacker).await.starts_with("HTTP/1.1 200 "));
        attackers.push(attacker);
    }
    let held = program.resident_kib().expect("Linux says") - idle;
    drop(attackers);
    let few = held / 3;
    let kept = || {
        program
            .resident_kib()
            .expect("Linux says")
            .saturating_sub(idle)
    };
    let returned = async {
        while kept() > few {
            sleep(POLL).await;
        }
    };
    let in_time = timeout(PATIENCE, returned).await;
    println!(
        "{held} KiB for {MANY} connections, of which {} are kept",
        kept()
    );
    assert!(in_time.is_ok(), "{} KiB of {held} are kept", kept());
    program.terminate();
    assert!(program.finish().await.0);
}

async fn send(address: &str, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream.write_all(text.as_bytes()).await.expect("sent");
    stream
}

async fn read_some(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 64];
    let count = stream.read(&mut bytes).await.expect("reads");
    String::from_utf8_lossy(&bytes[..count]).into_owned()
}

/// An honest visitor gets the page.
async fn is_served(address: &str) {
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut stream = send(address, request).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("reads");
    assert!(!answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
}

/// Connections that the server allows.
const CONNECTIONS: usize = 16;

const LIMIT: &str = "--max-connections=16";

/// The attackers have one address here, but stand for many.
const NO_CAP: &str = "--max-connections-per-address=0";

/// So that nothing but displacement makes room.
const PATIENT: &str = "--body-timeout-seconds=300";

/// Connections whose memory is worth returning, and which the test's own open files allow.
const MANY: usize = 400;

/// Between two looks at the server's memory.
const POLL: Duration = Duration::from_millis(100);

/// Far more than it takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// More than the buffers of both sockets take.
const BIG: u64 = 64 << 20;
