//! Attacks on the sign-in: many concurrent attempts, their memory, and the delay for honest users.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use inturn_server::hash_password;
use inturn_testkit::secrets;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::support::{FakeUpstream, KEY, Reply, ServerProgram, TOKEN, built_page};

/// Attempts from a hundred networks; each address stays within its limit.
const ATTEMPTS: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_attempts_from_a_hundred_networks_delay_no_one_and_use_little_memory() {
    let server = Server::start().await;
    let idle = server.program.resident_kib();

    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let mut attack = JoinSet::new();
    for number in 0..ATTEMPTS {
        let at_once = Arc::clone(&at_once);
        let address = server.program.address.clone();
        attack.spawn(async move {
            let _permit = at_once
                .acquire()
                .await
                .expect("the semaphore is never closed");
            let from = format!("10.0.{}.{}", number % 100, number / 100);
            attempt(&address, &from, "wrong").await
        });
    }
    // The queue is full.
    server.wait_until("busy", 1).await;
    let mut most_before = 0;
    let mut longest = Duration::ZERO;
    for person in 0..5 {
        let before = server.checked_passphrases().await;
        let from = format!("192.0.{person}.1");
        let asked = Instant::now();
        let status = attempt(&server.program.address, &from, secrets::PASSPHRASE).await;
        assert_eq!(status, 303, "person {person}");
        longest = longest.max(asked.elapsed());
        most_before = most_before.max(server.checked_passphrases().await - before);
    }
    // All attempts fail: 401, 429 or 503.
    let mut responses = BTreeMap::new();
    while let Some(status) = attack.join_next().await {
        *responses.entry(status.expect("no panic")).or_insert(0) += 1;
    }
    assert!(
        responses.keys().all(|it| [401, 429, 503].contains(it)),
        "{responses:?}"
    );
    let after = server.program.resident_kib();
    println!(
        "{ATTEMPTS} attempts: {responses:?}; at most {most_before} passphrases checked during a \
         correct sign-in, {longest:?}; memory {idle:?} KiB before and {after:?} KiB after"
    );
    // Two checks run concurrently, and a few more between the two readings of the metrics. Without
    // the queue's order it would be hundreds.
    assert!(most_before <= 50, "{most_before}");
    assert_small_growth(idle, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_after_the_passphrase_use_little_memory() {
    let server = Server::start().await;
    let idle = server.program.resident_kib();
    for number in 0..300 {
        let from = format!("10.{}.{}.1", number / 200, number % 200);
        let mut stream = TcpStream::connect(&server.program.address)
            .await
            .expect("a connection");
        let request = post(&from, "wrong");
        stream.write_all(&request).await.expect("the data is sent");
    }
    let status = attempt(&server.program.address, "192.0.2.1", secrets::PASSPHRASE).await;
    assert_eq!(status, 303);
    let after = server.program.resident_kib();
    println!("300 hang up: memory {idle:?} KiB before and {after:?} KiB after");
    assert_small_growth(idle, after);
}

struct Server {
    program: ServerProgram,
    metrics: String,
    _service: FakeUpstream,
    _page: TempDir,
}

impl Server {
    async fn start() -> Self {
        let service = FakeUpstream::start(Reply::token(TOKEN)).await;
        let page = built_page();
        let hash = hash_password(secrets::PASSPHRASE).expect("a hash");
        let args = [
            "--metrics-listen=127.0.0.1:0",
            "--auth=password",
            "--trusted-proxy=127.0.0.1",
            "--service-url",
            service.url(),
        ];
        let variables = [
            ("ASSEMBLYAI_API_KEY", KEY),
            ("INTURN_PASSWORD_HASH", hash.as_str()),
        ];
        let mut program = ServerProgram::serve_page(page.path(), &args, &variables).await;
        let log = program.wait_for_log("/metrics").await;
        let (_, address) = log
            .split_once("metrics are at http://")
            .expect("the address of the metrics");
        let (address, _) = address.split_once("/metrics").expect("an address");
        let metrics = address.to_owned();
        Self {
            program,
            metrics,
            _service: service,
            _page: page,
        }
    }

    /// Returns the number of passphrases that the server has checked.
    async fn checked_passphrases(&self) -> u64 {
        let text = self.counts().await;
        sign_in_count(&text, "right") + sign_in_count(&text, "wrong")
    }

    async fn wait_until(&self, name: &str, count: u64) {
        let waiting = async {
            while sign_in_count(&self.counts().await, name) < count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(TIMEOUT, waiting).await.expect("before the timeout");
    }

    async fn counts(&self) -> String {
        let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        exchange(&self.metrics, request).await
    }
}

/// Tries a passphrase and returns the status.
async fn attempt(address: &str, from: &str, passphrase: &str) -> u16 {
    let response = exchange(address, &post(from, passphrase)).await;
    let status = response
        .strip_prefix("HTTP/1.1 ")
        .and_then(|it| it.get(..3));
    let status = status.and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no response: {response:?}"))
}

fn post(from: &str, passphrase: &str) -> Vec<u8> {
    let body = format!("passphrase={}", passphrase.replace(' ', "+"));
    format!(
        "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         X-Forwarded-For: {from}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

async fn exchange(address: &str, request: &[u8]) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(request).await.expect("the data is sent");
        let mut response = String::new();
        stream.read_to_string(&mut response).await.expect("UTF-8");
        response
    };
    timeout(TIMEOUT, exchange)
        .await
        .expect("a response before the timeout")
}

fn sign_in_count(metrics: &str, name: &str) -> u64 {
    let start = format!("inturn_sign_ins_total{{outcome=\"{name}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&start));
    line.map_or(0, |count| count.parse().expect("a count"))
}

fn assert_small_growth(idle: Option<u64>, after: Option<u64>) {
    if let (Some(idle), Some(after)) = (idle, after) {
        assert!(after <= idle + 64 * 1024, "from {idle} to {after} KiB");
    }
}

/// Concurrent connections of the attack, within the test's own limit of open files.
const AT_ONCE: usize = 400;

/// Far more than it takes, so that only a hang fails.
const TIMEOUT: Duration = Duration::from_secs(60);
