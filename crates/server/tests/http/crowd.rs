//! Many at once: visitors that keep their connections, and calls to the service.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use crate::support::{
    FakeUpstream, KEY, Program, Reply, TOKEN, UNLIMITED, built_page, config_for, get, router,
};

/// More than the open files that the program starts with.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn visitors_who_keep_their_connections_leave_room_for_others() {
    let page = built_page();
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let limited = format!(
        "ulimit -S -n 64 && exec '{}' --client-dir '{}' --listen 127.0.0.1:0 --service-url {}",
        env!("CARGO_BIN_EXE_inturn"),
        page.path().display(),
        service.url()
    );
    let variables = [("ASSEMBLYAI_API_KEY", KEY)];
    let program =
        Program::listening_as("sh", page.path(), &["-c", limited.as_str()], &variables).await;
    let mut visitors = Vec::new();
    for _ in 0..200 {
        let mut visitor = TcpStream::connect(&program.address).await.expect("a place");
        visitor
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .expect("sent");
        let mut status = [0; 15];
        timeout(PATIENCE, visitor.read_exact(&mut status))
            .await
            .expect("an answer in time")
            .expect("an answer");
        assert_eq!(&status, b"HTTP/1.1 200 OK");
        visitors.push(visitor);
    }
    let url = format!("http://{}/token", program.address);
    let another = reqwest::get(url).await.expect("an answer");
    assert_eq!(another.status(), 200);
    program.terminate();
    drop(visitors);
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn a_rush_uses_its_connections_again() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &UNLIMITED));
    for _ in 0..10 {
        let mut calls = JoinSet::new();
        for _ in 0..64 {
            let router = router.clone();
            calls.spawn(async move { get(&router, "/token").await.status });
        }
        for status in calls.join_all().await {
            assert_eq!(status, 200);
        }
    }
    assert_eq!(service.calls(), 640);
    // One for each of those at once would do; a call that comes before a connection is given back
    // opens another.
    let connections = service.connections();
    assert!(connections < 320, "{connections}");
}

/// Far more than an answer takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(20);
