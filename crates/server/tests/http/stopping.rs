//! Stopping: open requests may finish, and nothing holds the end up for ever.

use std::time::Duration;

use inturn_protocol::ServerMessage;
use inturn_server::{ServeOptions, listen, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

use crate::support::{FakeUpstream, KEY, Program, Reply, built_page, config_for, router};

/// A server on a free port, the word that stops it, and its end.
async fn started(
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
    let (stop, told) = oneshot::channel::<()>();
    let ended = tokio::spawn(async move {
        // Kept until the end, as the folder of a real page is.
        let _page = page;
        let told = async {
            let _ = told.await;
        };
        let options = ServeOptions {
            grace,
            ..ServeOptions::default()
        };
        serve(listener, app, told, options).await;
    });
    (address, stop, ended)
}

#[tokio::test]
async fn an_open_request_is_answered_before_the_end() {
    let service = FakeUpstream::start(Reply::Hang).await;
    let (address, stop, ended) = started(&service, "1", Duration::from_secs(60)).await;
    let mut stream = open_request(&service, &address.to_string()).await;
    stop.send(()).expect("listens");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .await
        .expect("reads to the end");
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
    ended.await.expect("no panic");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_cut() {
    let service = FakeUpstream::start(Reply::Hang).await;
    let (address, stop, ended) = started(&service, "9", Duration::from_millis(50)).await;
    let stream = open_request(&service, &address.to_string()).await;
    stop.send(()).expect("listens");
    ended.await.expect("no panic");
    let answered = stream.try_read(&mut [0; 1]);
    assert!(answered.is_err(), "{answered:?}");
}

#[tokio::test]
async fn the_program_ends_well_when_told_to() {
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let args = [
        "--client-dir",
        dir,
        "--listen",
        "127.0.0.1:0",
        "--recogniser=script",
        "--shutdown-grace-seconds=300",
    ];
    let program = Program::listening(page.path(), &args, &[]).await;
    // A browser's spare connection, which has asked for nothing yet, must not hold the end up.
    let _spare = TcpStream::connect(&program.address)
        .await
        .expect("connects");
    // Nor must one that has only begun to ask.
    let mut half = TcpStream::connect(&program.address)
        .await
        .expect("connects");
    half.write_all(b"GET / HTTP/1.1\r\nHo").await.expect("sent");
    // Connections are taken in order, so once this one is answered, the other was taken too.
    let alive = reqwest::get(format!("http://{}/healthz", program.address)).await;
    assert_eq!(alive.expect("answers").status(), 200);
    program.terminate();
    let (success, written) = program.finish().await;
    assert!(success, "{written}");
    assert!(written.contains("stopping"), "{written}");
}

#[tokio::test]
async fn an_open_session_of_the_local_service_is_closed_as_going_away() {
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let args = [
        "--client-dir",
        dir,
        "--listen",
        "127.0.0.1:0",
        "--recogniser=script",
        "--shutdown-grace-seconds=300",
    ];
    let program = Program::listening(page.path(), &args, &[]).await;
    let mut session = program.session().await;
    assert!(matches!(session.message().await, ServerMessage::Begin(_)));
    program.terminate();
    assert_eq!(session.close_code().await, Some(1001));
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let service = FakeUpstream::start(Reply::Hang).await;
    let page = built_page();
    let dir = page.path().to_str().expect("text");
    let args = [
        "--client-dir",
        dir,
        "--listen",
        "127.0.0.1:0",
        "--service-url",
        service.url(),
        "--upstream-timeout-seconds=9",
    ];
    let mut program = Program::listening(page.path(), &args, &[("ASSEMBLYAI_API_KEY", KEY)]).await;
    let _open = open_request(&service, &program.address).await;
    program.terminate();
    program.wait_for_log("stopping").await;
    program.terminate();
    assert!(!program.finish().await.0);
}

/// A request that the server has taken and, since `service` hangs, can't answer yet.
async fn open_request(service: &FakeUpstream, address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream
        .write_all(b"GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .expect("sends");
    while service.calls() == 0 {
        tokio::task::yield_now().await;
    }
    stream
}
