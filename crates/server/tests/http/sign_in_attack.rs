//! Many attempts to sign in at once: what they cost the server, and a person who knows the passphrase.

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

use crate::support::{FakeUpstream, KEY, Program, Reply, TOKEN, built_page};

/// From a hundred networks, each of their addresses within its limit.
const ATTEMPTS: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_attempts_from_a_hundred_networks_delay_nobody_and_cost_little_memory() {
    let server = Server::start().await;
    let idle = server.program.resident_kib();

    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let mut attack = JoinSet::new();
    for number in 0..ATTEMPTS {
        let at_once = Arc::clone(&at_once);
        let address = server.program.address.clone();
        attack.spawn(async move {
            let _place = at_once.acquire().await.expect("is never closed");
            let from = format!("10.0.{}.{}", number % 100, number / 100);
            attempt(&address, &from, "wrong").await
        });
    }
    // The queue is full.
    server.wait_until("busy", 1).await;
    let mut most_before = 0;
    let mut longest = Duration::ZERO;
    for person in 0..5 {
        let before = server.checked().await;
        let from = format!("192.0.{person}.1");
        let asked = Instant::now();
        let status = attempt(&server.program.address, &from, secrets::PASSPHRASE).await;
        assert_eq!(status, 303, "person {person}");
        longest = longest.max(asked.elapsed());
        most_before = most_before.max(server.checked().await - before);
    }
    // In vain: 401, 429 or 503.
    let mut answers = BTreeMap::new();
    while let Some(status) = attack.join_next().await {
        *answers.entry(status.expect("no panic")).or_insert(0) += 1;
    }
    assert!(
        answers.keys().all(|it| [401, 429, 503].contains(it)),
        "{answers:?}"
    );
    let after = server.program.resident_kib();
    println!(
        "{ATTEMPTS} attempts: {answers:?}; at most {most_before} passphrases checked from a person's \
         question to the answer, {longest:?}; memory {idle:?} KiB before and {after:?} KiB after"
    );
    // Two are under way, and some more while the counts travel; without an order it would be hundreds.
    assert!(most_before <= 50, "{most_before}");
    assert_small(idle, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_send_a_passphrase_and_hang_up_cost_no_more_than_others() {
    let server = Server::start().await;
    let idle = server.program.resident_kib();
    for number in 0..300 {
        let from = format!("10.{}.{}.1", number / 200, number % 200);
        let mut stream = TcpStream::connect(&server.program.address)
            .await
            .expect("connects");
        let request = post(&from, "wrong");
        stream.write_all(&request).await.expect("sent");
    }
    let status = attempt(&server.program.address, "192.0.2.1", secrets::PASSPHRASE).await;
    assert_eq!(status, 303);
    let after = server.program.resident_kib();
    println!("300 hang up: memory {idle:?} KiB before and {after:?} KiB after");
    assert_small(idle, after);
}

struct Server {
    program: Program,
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
        let mut program = Program::serving(page.path(), &args, &variables).await;
        let said = program.wait_for_log("/metrics").await;
        let (_, address) = said.split_once("metrics are at http://").expect("said");
        let (address, _) = address.split_once("/metrics").expect("an address");
        let metrics = address.to_owned();
        Self {
            program,
            metrics,
            _service: service,
            _page: page,
        }
    }

    /// How many passphrases it has checked.
    async fn checked(&self) -> u64 {
        let text = self.counts().await;
        outcome(&text, "right") + outcome(&text, "wrong")
    }

    async fn wait_until(&self, name: &str, count: u64) {
        let waiting = async {
            while outcome(&self.counts().await, name) < count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, waiting).await.expect("in time");
    }

    async fn counts(&self) -> String {
        let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        exchange(&self.metrics, request).await
    }
}

/// Tries a passphrase, and gives the answer's status.
async fn attempt(address: &str, from: &str, passphrase: &str) -> u16 {
    let answer = exchange(address, &post(from, passphrase)).await;
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|it| it.get(..3));
    let status = status.and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no answer: {answer:?}"))
}

fn post(from: &str, passphrase: &str) -> Vec<u8> {
    let body = format!("passphrase={}", passphrase.replace(' ', "+"));
    format!(
        "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Forwarded-For: {from}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

async fn exchange(address: &str, request: &[u8]) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.write_all(request).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("text");
        answer
    };
    timeout(PATIENCE, exchange).await.expect("answers in time")
}

fn outcome(metrics: &str, name: &str) -> u64 {
    let start = format!("inturn_sign_ins_total{{outcome=\"{name}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&start));
    line.map_or(0, |count| count.parse().expect("a count"))
}

fn assert_small(idle: Option<u64>, after: Option<u64>) {
    if let (Some(idle), Some(after)) = (idle, after) {
        assert!(after <= idle + 64 * 1024, "from {idle} to {after} KiB");
    }
}

/// Connections of the attack, so that the test needs no more open files than it has.
const AT_ONCE: usize = 400;

/// Far more than it takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(60);
