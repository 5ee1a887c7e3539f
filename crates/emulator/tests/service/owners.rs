//! Sessions of one owner at once, where the program that mounts the routes says whose a token is.

use crate::client::{Client, Incoming, Running, options, start_with};

async fn two_each() -> Running {
    let mut options = options();
    options.limits.sessions_per_owner = Some(2);
    start_with(options).await
}

async fn open(emulator: &Running, owner: &str) -> Client {
    let token = emulator.token_of(owner).await;
    let path = format!("/v3/ws?token={token}");
    emulator.connect(&path, &[]).await
}

async fn begun(emulator: &Running, owner: &str) -> Client {
    let mut client = open(emulator, owner).await;
    assert_eq!(client.message().await["type"], "Begin");
    client
}

const TOO_MANY: &str = "Unauthorized Connection: Too many concurrent sessions";

#[tokio::test]
async fn one_owner_has_so_many_sessions_at_once_and_another_as_many() {
    let emulator = two_each().await;
    let mut first = begun(&emulator, "ann").await;
    let _second = begun(&emulator, "ann").await;
    for _ in 0..3 {
        open(&emulator, "ann").await.refused(1008, TOO_MANY).await;
    }
    let _others = [begun(&emulator, "bob").await, begun(&emulator, "bob").await];
    first.finish().await;
    let _third = begun(&emulator, "ann").await;
    open(&emulator, "ann").await.refused(1008, TOO_MANY).await;
}

#[tokio::test]
async fn however_a_session_ends_it_counts_no_more() {
    let emulator = two_each().await;
    let _stays = begun(&emulator, "ann").await;
    // Closed, lost, refused for its parameters.
    let mut closed = begun(&emulator, "ann").await;
    closed.close().await;
    assert!(matches!(closed.next().await, Incoming::Closed(..)));
    drop(begun(&emulator, "ann").await);
    emulator
        .emulator
        .wait_for(|logs| logs.iter().filter(|log| log.closed.is_some()).count() == 2)
        .await;
    let token = emulator.token_of("ann").await;
    let path = format!("/v3/ws?encoding=none&token={token}");
    let mut wrong = emulator.connect(&path, &[]).await;
    assert_eq!(wrong.message().await["error_code"], 3006);
    let _again = begun(&emulator, "ann").await;
}

#[tokio::test]
async fn nobodys_tokens_are_without_that_limit() {
    let emulator = two_each().await;
    let mut clients = Vec::new();
    for _ in 0..6 {
        clients.push(emulator.begun("").await);
    }
    for client in &mut clients {
        client.finish().await;
    }
}
