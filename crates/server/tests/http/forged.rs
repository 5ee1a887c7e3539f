//! Ten thousand forged requests: none gets a token, none harms the server.

use std::time::Duration;

use inturn_server::hash_password;
use inturn_testkit::secrets;
use proptest::{
    collection::vec,
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{FakeUpstream, KEY, Program, Reply, TOKEN, built_page};

/// In each of the four tests.
const REQUESTS: usize = 2_500;

/// Only the proxy at this address may name people, and the test is not it.
#[tokio::test]
async fn a_stranger_at_another_address_than_the_proxys_gets_no_token() {
    forge(&["--auth", "proxy", "--trusted-proxy", "10.255.255.254"]).await;
}

/// The test is at the proxy's address, and does not know its secret.
#[tokio::test]
async fn a_stranger_at_the_proxys_address_gets_no_token() {
    forge(&["--auth", "proxy", "--trusted-proxy", "127.0.0.0/8"]).await;
}

#[tokio::test]
async fn a_stranger_without_the_passphrase_gets_no_token() {
    forge(&["--auth", "password", "--trusted-proxy", "127.0.0.0/8"]).await;
}

/// Each request names another host, another site or a proxy.
#[tokio::test]
async fn a_stranger_from_another_site_gets_no_token() {
    forge(&["--auth", "loopback"]).await;
}

/// Sends a quarter of the requests to a program with these flags.
async fn forge(flags: &[&str]) {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let hash = hash_password(secrets::PASSPHRASE).expect("a hash");
    let mut args = vec!["--client-dir", dir, "--listen=127.0.0.1:0"];
    args.extend(["--service-url", service.url()]);
    args.extend(flags);
    let mut variables = vec![("ASSEMBLYAI_API_KEY", KEY)];
    if flags.contains(&"password") {
        variables.push(("INTURN_PASSWORD_HASH", &hash));
    } else {
        variables.push(("INTURN_PROXY_SECRET", secrets::PROXY));
    }
    // A process of its own, whose memory no other test takes; its log is read when it has ended.
    let program = Program::listening(page.path(), &args, &variables).await;
    let address = program.address.as_str();

    let is_loopback = flags.contains(&"loopback");
    let mut requests = Requests::new(is_loopback);
    let mut resident = None;
    for number in 0..REQUESTS {
        let request = requests.next();
        let answer = send(address, &request).await;
        let shown = String::from_utf8_lossy(&request[..request.len().min(300)]);
        assert!(!answer.contains(TOKEN), "{flags:?}: {shown}");
        assert!(
            !answer.contains(KEY) && !answer.contains(secrets::PROXY),
            "{shown}"
        );
        assert!(
            !answer.starts_with("HTTP/1.1 5"),
            "{flags:?}: {shown}\n{answer}"
        );
        // What the first hundreds make the allocator take is kept for those to come.
        if number == REQUESTS / 2 {
            resident = program.resident_kib();
        }
    }
    if let (Some(before), Some(after)) = (resident, program.resident_kib()) {
        assert!(
            after < before + 8 * 1024,
            "{flags:?}: from {before} to {after} KiB"
        );
    }
    assert_eq!(service.calls(), 0, "{flags:?}");

    // And the server is as it was.
    let fine = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert!(
        send(address, fine).await.starts_with("HTTP/1.1 200"),
        "{flags:?}"
    );
    program.terminate();
    let (success, log) = program.finish().await;
    assert!(success, "{flags:?}: a panic");
    assert!(log.contains("stopping"), "{flags:?}");
    for secret in [TOKEN, KEY, secrets::PROXY, &hash] {
        assert!(!log.contains(secret), "{flags:?}: {secret} is in the log");
    }
}

/// Makes up requests, the same ones each time.
struct Requests {
    runner: TestRunner,
    strategy: BoxedStrategy<Vec<u8>>,
}

impl Requests {
    fn new(is_loopback: bool) -> Self {
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        Self {
            runner: TestRunner::new_with_rng(Config::default(), rng),
            strategy: request(is_loopback).boxed(),
        }
    }

    fn next(&mut self) -> Vec<u8> {
        let tree = self.strategy.new_tree(&mut self.runner);
        tree.expect("nothing is filtered out").current()
    }
}

/// A request, mostly for a token, mostly well formed.
fn request(is_loopback: bool) -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof![
        8 => Just("GET".to_owned()),
        1 => prop_oneof![Just("HEAD"), Just("POST"), Just("OPTIONS"), Just("TRACE")].prop_map(str::to_owned),
        1 => "[A-Z]{1,40}",
    ];
    let path = prop_oneof![
        6 => Just("/token".to_owned()),
        1 => Just("//token".to_owned()),
        1 => Just("/token/".to_owned()),
        1 => Just("/%74oken?token=x".to_owned()),
        1 => Just("/x/../token".to_owned()),
        1 => Just("http://localhost/token".to_owned()),
        1 => Just("/local/v3/token?expires_in_seconds=60".to_owned()),
        1 => "/[ -~&&[^ #]]{0,60}",
        1 => (1_usize..100_000).prop_map(|length| format!("/{}", "a".repeat(length))),
    ];
    // Of what only a proxy may say, and what only a browser says.
    let name = prop_oneof![
        Just("X-Forwarded-For"),
        Just("X-Forwarded-User"),
        Just("X-Forwarded-Email"),
        Just("X-Forwarded-Groups"),
        Just("X-Forwarded-Host"),
        Just("X-Forwarded-Proto"),
        Just("X-Forwarded-Prefix"),
        Just("X-Auth-Request-Email"),
        Just("Remote-User"),
        Just("X-Proxy-Secret"),
        Just("X-Real-IP"),
        Just("X-Request-Id"),
        Just("Forwarded"),
        Just("Origin"),
        Just("Sec-Fetch-Site"),
        Just("Cookie"),
        Just("Authorization"),
        Just("Referer"),
    ];
    let value = prop_oneof![
        4 => prop_oneof![
            Just("127.0.0.1"),
            Just("10.255.255.254"),
            Just("::1, 127.0.0.1, 10.255.255.254"),
            Just("ann@example.org"),
            Just("same-origin"),
            Just("cross-site"),
            Just("http://localhost"),
            Just("null"),
            Just("/team/scribe"),
            Just("/../.."),
            Just("https"),
            Just("inturn_sign_in=9999999999.AAAA.AAAA"),
            Just("inturn_sign_in=9999999999..; inturn_sign_in=."),
            Just("for=127.0.0.1;host=localhost"),
        ].prop_map(|text| text.as_bytes().to_vec()),
        2 => vec(prop_oneof![32_u8..127, 128_u8..=255, Just(b'\t'), Just(b',')], 0..60),
        // Over-long.
        1 => (1_usize..40_000).prop_map(|length| vec![b'1'; length]),
        1 => (1_usize..3_000).prop_map(|count| b"10.0.0.1, ".repeat(count)),
    ];
    let headers = vec((name, value), 0..12);
    // To a server of this machine alone, some header must be a stranger's: those without one are
    // this machine's own business.
    let host = if is_loopback {
        prop_oneof![
            Just("Host: evil.example\r\n"),
            Just("Host: localhost\r\nSec-Fetch-Site: cross-site\r\n"),
            Just("Host: localhost\r\nOrigin: https://evil.example\r\n"),
            Just("Host: localhost\r\nX-Forwarded-For: 1.2.3.4\r\n"),
            Just("Host: localhost.evil.example\r\n"),
        ]
        .boxed()
    } else {
        prop_oneof![
            Just("Host: localhost\r\n"),
            Just("Host: scribe.example.org\r\n"),
            Just("")
        ]
        .boxed()
    };
    let body = prop_oneof![
        6 => Just(Vec::new()),
        1 => Just(b"passphrase=guess&again=".to_vec()),
        1 => (1_usize..50_000).prop_map(|length| vec![b'x'; length]),
    ];
    (method, path, host, headers, body).prop_map(|(method, path, host, headers, body)| {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\n{host}Connection: close\r\n").into_bytes();
        for (name, value) in headers {
            request.extend_from_slice(format!("{name}: ").as_bytes());
            request.extend_from_slice(&value);
            request.extend_from_slice(b"\r\n");
        }
        if !body.is_empty() {
            let head = format!("Content-Length: {}\r\n", body.len());
            request.extend_from_slice(head.as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(&body);
        request
    })
}

/// One request, and all that came back; nothing where the server closed the connection unread.
async fn send(address: &str, request: &[u8]) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.expect("connects");
        // It may refuse and close before it has read everything.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    let answered = timeout(Duration::from_secs(30), exchange).await;
    answered.expect("each request is answered or cut")
}
