//! Sockets and tokens use the system's proxy, which the environment names.

use std::{
    env,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use inturn_client::{Options, Recording, rustls::pki_types::CertificateDer};
use inturn_testkit::serving::{SERVICE_HOST, Transport, trusting};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
    process::Command,
};

use crate::{
    sources::Script,
    stage::{Stage, finish, numbers, tokens_of},
};

/// The test runs itself in another process, whose environment has the proxy.
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_reaches_the_service_through_the_proxy() {
    if let Some(certificate) = env::var_os(CERTIFICATE) {
        return record_through_the_proxy(std::fs::read(certificate).expect("a file")).await;
    }
    let stage = Stage::start(Transport::Tls, "[]").await;
    let certificate = stage.records.path().join("certificate");
    std::fs::write(&certificate, &stage.serving.certificate).expect("a file");
    let (proxy, tunnels) = start_proxy(&stage.serving.url).await;
    let child = Command::new(env::current_exe().expect("this program"))
        .arg("proxies::a_recording_reaches_the_service_through_the_proxy")
        .arg("--exact")
        .env(CERTIFICATE, certificate)
        .env(
            "HTTPS_PROXY",
            format!("http://user:password-marker@{proxy}"),
        )
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .stdin(Stdio::null())
        .output();
    let output = child.await.expect("it starts");
    assert!(output.status.success(), "{output:?}");
    // A token and a socket, and each has its own tunnel.
    assert_eq!(tunnels.load(Ordering::Relaxed), 2);
    assert_eq!(stage.closed_sessions().await.len(), 1);
}

async fn record_through_the_proxy(certificate: Vec<u8>) {
    let tokens = tokens_of(&format!("https://{SERVICE_HOST}"));
    let tls = trusting(CertificateDer::from(certificate));
    let options = Options::new(tokens).with_tls(tls);
    let (_handle, mut events) = Recording::start(Script::speech(0..4), options);
    finish(&mut events).await;
    assert_eq!(numbers(events.transcript()), Vec::from_iter(0..4));
}

/// Starts a proxy whose tunnels all lead to this service. Returns its address and the number of
/// tunnels.
async fn start_proxy(service: &str) -> (String, Arc<AtomicUsize>) {
    let service = service.replace("https://localhost", "127.0.0.1");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let tunnels = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tunnels);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(tunnel(client, service.clone()));
        }
    });
    (address, tunnels)
}

async fn tunnel(client: TcpStream, service: String) {
    let mut client = BufReader::new(client);
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line: &String| line != "\r\n") {
        let mut line = String::new();
        client.read_line(&mut line).await.expect("a line");
        lines.push(line);
    }
    assert_eq!(lines[0], format!("CONNECT {SERVICE_HOST}:443 HTTP/1.1\r\n"));
    let has_password = |line: &String| line.to_ascii_lowercase().starts_with("proxy-authorization");
    assert!(lines.iter().any(has_password), "{lines:?}");
    let mut service = TcpStream::connect(service).await.expect("a connection");
    let answer = b"HTTP/1.1 200 OK\r\n\r\n";
    client.write_all(answer).await.expect("it is sent");
    // An error is the end of the test.
    let _ = copy_bidirectional(&mut client, &mut service).await;
}

/// Names the file with the service's certificate, in the other process.
const CERTIFICATE: &str = "INTURN_TEST_CERTIFICATE";
