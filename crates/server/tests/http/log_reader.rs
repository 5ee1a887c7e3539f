//! A log reader that stops reading: requests, probes and the end of the program do not wait for it.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{Program, built_page};

#[tokio::test]
async fn a_log_that_nobody_reads_holds_up_nothing_and_its_lost_lines_are_counted() {
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let metrics = free_address();
    let metrics_listen = format!("--metrics-listen={metrics}");
    let args = [
        "--client-dir",
        dir,
        "--listen=127.0.0.1:0",
        "--recogniser=script",
        &metrics_listen,
    ];
    let program = Program::listening_unread(page.path(), &args, &[]).await;
    let asking = async {
        let mut asked = 0;
        while dropped(&metrics).await == 0 {
            assert!(asked < MANY, "no line was dropped after {asked} requests");
            ask(&program.address, BATCH).await;
            asked += BATCH;
        }
        asked
    };
    let asked = timeout(PATIENCE, asking).await.expect("is answered");
    // Far more than a pipe holds: without the queue it would have stopped long before.
    assert!(asked * LINE_BYTES > 64 * 1024, "{asked}");
    for address in [&program.address, &metrics] {
        let alive = reqwest::get(format!("http://{address}/healthz")).await;
        assert_eq!(alive.expect("answers").status(), 200);
    }
    program.terminate();
    assert!(program.finish().await.0);
}

/// Sends so many requests that are logged each, and reads their answers.
async fn ask(address: &str, count: usize) {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    let request = "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let last = "GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let requests = format!("{}{last}", request.repeat(count - 1));
    let (mut answers, mut sending) = stream.split();
    let mut text = String::new();
    let (sent, read) = tokio::join!(
        sending.write_all(requests.as_bytes()),
        answers.read_to_string(&mut text)
    );
    sent.expect("sent");
    read.expect("read");
    assert_eq!(text.matches("HTTP/1.1 404 ").count(), count);
}

/// The lines that were lost so far.
async fn dropped(metrics: &str) -> u64 {
    let answer = reqwest::get(format!("http://{metrics}/metrics")).await;
    let text = answer.expect("answers").text().await.expect("text");
    let count = text
        .lines()
        .find_map(|line| line.strip_prefix("inturn_log_lines_dropped_total "));
    count.expect("a counter").parse().expect("a number")
}

/// A port that was free a moment ago: the log, which would name it, is not read here.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    address.to_string()
}

/// Requests on one connection.
const BATCH: usize = 500;

/// Several times what the pipe and the queue hold together.
const MANY: usize = 20_000;

/// Far more than it takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request's line has more.
const LINE_BYTES: usize = 100;
