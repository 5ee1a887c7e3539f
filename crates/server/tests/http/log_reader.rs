//! A log reader that stops reading: requests, probes and shutdown do not wait for it.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{ServerProgram, built_page};

#[tokio::test]
async fn an_unread_log_blocks_nothing_and_dropped_lines_are_counted() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let metrics = free_address();
    let metrics_listen = format!("--metrics-listen={metrics}");
    let args = [
        "--client-dir",
        dir,
        "--listen=127.0.0.1:0",
        "--recogniser=script",
        &metrics_listen,
    ];
    let program = ServerProgram::start_with_unread_log(page.path(), &args, &[]).await;
    let sending = async {
        let mut sent = 0;
        while dropped_lines(&metrics).await == 0 {
            assert!(
                sent < MAX_REQUESTS,
                "no line was dropped after {sent} requests"
            );
            send_requests(&program.address, BATCH).await;
            sent += BATCH;
        }
        sent
    };
    let sent = timeout(TIMEOUT, sending)
        .await
        .expect("the responses before the timeout");
    // More than a pipe holds: without the queue the server would have blocked.
    assert!(sent * LINE_BYTES > 64 * 1024, "{sent}");
    for address in [&program.address, &metrics] {
        let alive = reqwest::get(format!("http://{address}/healthz")).await;
        assert_eq!(alive.expect("a response").status(), 200);
    }
    program.terminate();
    assert!(program.finish().await.0);
}

/// Sends `count` requests, each of which is logged, and reads the responses.
async fn send_requests(address: &str, count: usize) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let last = "GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let requests = format!("{}{last}", request.repeat(count - 1));
    let (mut responses, mut sending) = stream.split();
    let mut text = String::new();
    let (sent, read) = tokio::join!(
        sending.write_all(requests.as_bytes()),
        responses.read_to_string(&mut text)
    );
    sent.expect("the data is sent");
    read.expect("the data is read");
    assert_eq!(text.matches("HTTP/1.1 404 ").count(), count);
}

/// Returns the number of dropped log lines.
async fn dropped_lines(metrics: &str) -> u64 {
    let response = reqwest::get(format!("http://{metrics}/metrics")).await;
    let text = response.expect("a response").text().await.expect("UTF-8");
    let count = text
        .lines()
        .find_map(|line| line.strip_prefix("inturn_log_lines_dropped_total "));
    count.expect("a counter").parse().expect("a number")
}

/// Returns an address with a free port. The test can't read the port from the log, which stays
/// unread.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    address.to_string()
}

/// Requests per connection.
const BATCH: usize = 500;

/// Several times as many lines as the pipe and the queue hold together.
const MAX_REQUESTS: usize = 20_000;

/// Far more than it takes, so that only a hang fails.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A lower bound for the length of a request's log line.
const LINE_BYTES: usize = 100;
