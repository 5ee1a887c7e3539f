//! Shutdown: open requests may finish, and nothing delays the exit forever.

use std::time::Duration;

use inturn_protocol::ServerMessage;
use inturn_server::{ServeOptions, listen, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

use crate::support::{FakeUpstream, KEY, Reply, ServerProgram, built_page, config_for, router};

/// Starts a server on a free port; returns its address, the sender that stops it, and its task.
async fn start_server(
    service: &FakeUpstream,
    upstream_timeout: &str,
    grace: Duration,
) -> (std::net::SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let page = built_page();
    let app = router(&config_for(
        service,
        page.path(),
        &["--upstream-timeout-seconds", upstream_timeout],
    ));
    let listener = listen("127.0.0.1:0".parse().expect("an address"))
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(async move {
        // Keeps the page's folder until the server has stopped.
        let _page = page;
        let stopped = async {
            let _ = stopped.await;
        };
        let options = ServeOptions {
            grace,
            ..ServeOptions::default()
        };
        serve(listener, app, stopped, options).await;
    });
    (address, stop, ended)
}

#[tokio::test]
async fn an_open_request_is_answered_before_the_server_stops() {
    let service = FakeUpstream::start(Reply::Hang).await;
    let (address, stop, ended) = start_server(&service, "1", Duration::from_secs(60)).await;
    let mut stream = open_request(&service, &address.to_string()).await;
    stop.send(()).expect("the server runs");
    let mut response = String::new();
    stream
        .read_to_string(&mut response)
        .await
        .expect("the response is read to its end");
    assert!(response.starts_with("HTTP/1.1 504"), "{response}");
    ended.await.expect("no panic");
}

#[tokio::test]
async fn a_request_longer_than_the_grace_period_is_cut() {
    let service = FakeUpstream::start(Reply::Hang).await;
    let (address, stop, ended) = start_server(&service, "9", Duration::from_millis(50)).await;
    let stream = open_request(&service, &address.to_string()).await;
    stop.send(()).expect("the server runs");
    ended.await.expect("no panic");
    let answered = stream.try_read(&mut [0; 1]);
    assert!(answered.is_err(), "{answered:?}");
}

#[tokio::test]
async fn the_program_exits_successfully_on_sigterm() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let args = [
        "--client-dir",
        dir,
        "--listen",
        "127.0.0.1:0",
        "--recogniser=script",
        "--shutdown-grace-seconds=300",
    ];
    let program = ServerProgram::start(page.path(), &args, &[]).await;
    // A browser's spare connection without a request must not delay the exit.
    let _spare = TcpStream::connect(&program.address)
        .await
        .expect("a connection");
    // Nor must a connection with an unfinished request.
    let mut half = TcpStream::connect(&program.address)
        .await
        .expect("a connection");
    half.write_all(b"GET / HTTP/1.1\r\nHo")
        .await
        .expect("the data is sent");
    // The server accepts connections in order: once this one is answered, the others are accepted.
    let alive = reqwest::get(format!("http://{}/healthz", program.address)).await;
    assert_eq!(alive.expect("a response").status(), 200);
    program.terminate();
    let (success, log) = program.finish().await;
    assert!(success, "{log}");
    assert!(log.contains("stopping"), "{log}");
}

#[tokio::test]
async fn an_open_session_of_the_local_service_is_closed_as_going_away() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let args = [
        "--client-dir",
        dir,
        "--listen",
        "127.0.0.1:0",
        "--recogniser=script",
        "--shutdown-grace-seconds=300",
    ];
    let program = ServerProgram::start(page.path(), &args, &[]).await;
    let mut session = program.session().await;
    assert!(matches!(session.message().await, ServerMessage::Begin(_)));
    program.terminate();
    assert_eq!(session.close_code().await, Some(1001));
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn a_second_signal_ends_the_program_at_once() {
    let service = FakeUpstream::start(Reply::Hang).await;
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let args = [
        "--client-dir",
        dir,
        "--listen",
        "127.0.0.1:0",
        "--service-url",
        service.url(),
        "--upstream-timeout-seconds=9",
    ];
    let mut program =
        ServerProgram::start(page.path(), &args, &[("ASSEMBLYAI_API_KEY", KEY)]).await;
    let _open = open_request(&service, &program.address).await;
    program.terminate();
    program.wait_for_log("stopping").await;
    program.terminate();
    assert!(!program.finish().await.0);
}

/// Sends a request that the server has accepted but can't answer yet, because `service` hangs.
async fn open_request(service: &FakeUpstream, address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream
        .write_all(b"GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .expect("the data is sent");
    while service.calls() == 0 {
        tokio::task::yield_now().await;
    }
    stream
}
