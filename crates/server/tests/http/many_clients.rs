//! Many concurrent clients: idle keep-alive connections, and calls to the service.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use crate::support::{
    FakeUpstream, KEY, Reply, ServerProgram, TOKEN, UNLIMITED, built_page, config_for, get, router,
};

/// Opens more connections than the soft limit of open files with which the program starts.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn idle_keep_alive_connections_leave_room_for_others() {
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
        ServerProgram::start_command("sh", page.path(), &["-c", limited.as_str()], &variables)
            .await;
    let mut visitors = Vec::new();
    for _ in 0..200 {
        let mut visitor = TcpStream::connect(&program.address)
            .await
            .expect("a connection");
        visitor
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .expect("the data is sent");
        let mut status = [0; 15];
        timeout(TIMEOUT, visitor.read_exact(&mut status))
            .await
            .expect("a response before the timeout")
            .expect("a response");
        assert_eq!(&status, b"HTTP/1.1 200 OK");
        visitors.push(visitor);
    }
    let url = format!("http://{}/token", program.address);
    let another = reqwest::get(url).await.expect("a response");
    assert_eq!(another.status(), 200);
    program.terminate();
    drop(visitors);
    assert!(program.finish().await.0);
}

#[tokio::test]
async fn concurrent_calls_reuse_connections_to_the_service() {
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
    // 64 connections would be enough. A call that starts before a connection is returned to the
    // pool opens another one.
    let connections = service.connections();
    assert!(connections < 320, "{connections}");
}

/// Far more than an answer takes, so that only a hang fails.
const TIMEOUT: Duration = Duration::from_secs(20);
