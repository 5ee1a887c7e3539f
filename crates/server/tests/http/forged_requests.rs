//! Ten thousand forged requests: none gets a token, and none harms the server.

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

use crate::support::{FakeUpstream, KEY, Reply, ServerProgram, TOKEN, built_page};

/// The number of requests in each of the four tests.
const REQUESTS: usize = 2_500;

/// Only a proxy at this address may name users; the test has another address.
#[tokio::test]
async fn a_client_outside_the_trusted_proxies_gets_no_token() {
    forge(&["--auth", "proxy", "--trusted-proxy", "10.255.255.254"]).await;
}

/// The test has the proxy's address but not its secret.
#[tokio::test]
async fn a_client_at_the_proxys_address_without_its_secret_gets_no_token() {
    forge(&["--auth", "proxy", "--trusted-proxy", "127.0.0.0/8"]).await;
}

#[tokio::test]
async fn a_client_without_the_passphrase_gets_no_token() {
    forge(&["--auth", "password", "--trusted-proxy", "127.0.0.0/8"]).await;
}

/// Each request has a foreign host, a foreign site or a proxy's header.
#[tokio::test]
async fn a_client_from_another_site_gets_no_token() {
    forge(&["--auth", "loopback"]).await;
}

/// Sends [`REQUESTS`] forged requests to a program with these flags.
async fn forge(flags: &[&str]) {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
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
    // A separate process: its memory is measured, and its log is read after its exit.
    let program = ServerProgram::start(page.path(), &args, &variables).await;
    let address = program.address.as_str();

    let is_loopback = flags.contains(&"loopback");
    let mut requests = Requests::new(is_loopback);
    let mut resident = None;
    for number in 0..REQUESTS {
        let request = requests.next();
        let response = send(address, &request).await;
        let shown = String::from_utf8_lossy(&request[..request.len().min(300)]);
        assert!(!response.contains(TOKEN), "{flags:?}: {shown}");
        assert!(
            !response.contains(KEY) && !response.contains(secrets::PROXY),
            "{shown}"
        );
        assert!(
            !response.starts_with("HTTP/1.1 5"),
            "{flags:?}: {shown}\n{response}"
        );
        // The allocator keeps the memory of the first requests, so measure from the middle on.
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

    // The server still works.
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

/// Generates requests, the same ones in each run.
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

/// Generates requests, most of them for a token and well formed.
fn request(is_loopback: bool) -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof![
        8 => Just("GET".to_owned()),
        1 => prop_oneof![Just("HEAD"), Just("POST"), Just("OPTIONS"), Just("TRACE")]
            .prop_map(str::to_owned),
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
    // Headers that only a proxy may set, and headers that only browsers send.
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
        // Values that are too long.
        1 => (1_usize..40_000).prop_map(|length| vec![b'1'; length]),
        1 => (1_usize..3_000).prop_map(|count| b"10.0.0.1, ".repeat(count)),
    ];
    let headers = vec((name, value), 0..12);
    // In loopback mode, each request needs a foreign header: requests without one are local and
    // allowed.
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

/// Sends one request and returns the response; empty if the server closed the connection.
async fn send(address: &str, request: &[u8]) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        // The server may refuse and close before it has read everything.
        let _ = stream.write_all(request).await;
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response).await;
        String::from_utf8_lossy(&response).into_owned()
    };
    let answered = timeout(Duration::from_secs(30), exchange).await;
    answered.expect("each request is answered or its connection closed")
}
