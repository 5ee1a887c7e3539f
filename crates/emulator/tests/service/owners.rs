//! Limits the concurrent sessions of one token owner, if the mounting program names owners.

use crate::client::{Client, Incoming, RunningEmulator, options, start_with};

/// Starts an emulator with a limit of two sessions for each owner.
async fn start_with_limit() -> RunningEmulator {
    let mut options = options();
    options.limits.sessions_per_owner = Some(2);
    start_with(options).await
}

async fn open(emulator: &RunningEmulator, owner: &str) -> Client {
    let token = emulator.token_of(owner).await;
    let path = format!("/v3/ws?token={token}");
    emulator.connect(&path, &[]).await
}

async fn begin_session(emulator: &RunningEmulator, owner: &str) -> Client {
    let mut client = open(emulator, owner).await;
    assert_eq!(client.message().await["type"], "Begin");
    client
}

const TOO_MANY: &str = "Unauthorized Connection: Too many concurrent sessions";

#[tokio::test]
async fn the_limit_applies_to_each_owner_separately() {
    let emulator = start_with_limit().await;
    let mut first = begin_session(&emulator, "ann").await;
    let _second = begin_session(&emulator, "ann").await;
    for _ in 0..3 {
        open(&emulator, "ann")
            .await
            .expect_refused(1008, TOO_MANY)
            .await;
    }
    let _others = [
        begin_session(&emulator, "bob").await,
        begin_session(&emulator, "bob").await,
    ];
    first.finish().await;
    let _third = begin_session(&emulator, "ann").await;
    open(&emulator, "ann")
        .await
        .expect_refused(1008, TOO_MANY)
        .await;
}

#[tokio::test]
async fn a_session_no_longer_counts_after_any_kind_of_end() {
    let emulator = start_with_limit().await;
    let _stays = begin_session(&emulator, "ann").await;
    // The kinds: closed, lost, refused for its parameters.
    let mut closed = begin_session(&emulator, "ann").await;
    closed.close().await;
    assert!(matches!(closed.next().await, Incoming::Closed(..)));
    drop(begin_session(&emulator, "ann").await);
    emulator
        .emulator
        .wait_for(|logs| logs.iter().filter(|log| log.closed.is_some()).count() == 2)
        .await;
    let token = emulator.token_of("ann").await;
    let path = format!("/v3/ws?encoding=none&token={token}");
    let mut wrong = emulator.connect(&path, &[]).await;
    assert_eq!(wrong.message().await["error_code"], 3006);
    let _again = begin_session(&emulator, "ann").await;
}

#[tokio::test]
async fn tokens_without_an_owner_are_not_limited() {
    let emulator = start_with_limit().await;
    let mut clients = Vec::new();
    for _ in 0..6 {
        clients.push(emulator.begin_session("").await);
    }
    for client in &mut clients {
        client.finish().await;
    }
}
