//! A Redis that becomes unavailable and comes back.

use std::collections::BTreeMap;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use super::{replica, replicas, request_token, request_token_until, request_tokens_at_once};
use crate::support::{FakeUpstream, RedisServer, Reply, TOKEN, built_page};

#[tokio::test]
async fn mode_closed_gives_no_token_until_redis_is_back() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let mut redis = RedisServer::start(None).await;
    let page = built_page();
    let flags = ["--all-tokens-per-day=3"];
    let mut replicas = replicas(page.path(), &service, &redis, 0, &flags).await;
    assert_eq!(request_token(&replicas[0].address, "ann").await.0, 200);
    for round in 1..=2 {
        redis.kill().await;
        let calls = service.calls();
        for replica in &mut replicas {
            for _ in 0..5 {
                let (status, body) = request_token(&replica.address, "ann").await;
                assert_eq!((status, &body["code"]), (503, &"limits_unavailable".into()));
                assert!(body["retry_after_seconds"].is_u64(), "{body}");
            }
            replica
                .wait_for_log("no tokens are handed out until it is back")
                .await;
            let page = reqwest::get(format!("http://{}/", replica.address)).await;
            assert_eq!(page.expect("a response").status(), 200);
        }
        assert_eq!(service.calls(), calls, "round {round}");

        redis.restart().await;
        for replica in &mut replicas {
            replica
                .wait_for_log_times("limits are shared again", round)
                .await;
        }
        assert_eq!(
            request_tokens_at_once(&replicas, 5, "ann").await,
            BTreeMap::from([(200, 3), (429, 7)])
        );
    }
    for replica in replicas {
        replica.terminate();
        let (_, log) = replica.finish().await;
        // Logged once per outage, not once per request.
        assert_eq!(log.matches("Redis is unavailable").count(), 2, "{log}");
        assert_eq!(log.matches("Redis is back").count(), 2, "{log}");
    }
}

#[tokio::test]
async fn mode_open_lets_each_replica_count_for_itself() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let mut redis = RedisServer::start(None).await;
    let page = built_page();
    let flags = ["--all-tokens-per-day=3", "--limits-when-redis-is-away=open"];
    let mut replicas = replicas(page.path(), &service, &redis, 0, &flags).await;
    assert_eq!(
        request_tokens_at_once(&replicas, 1, "ann").await,
        BTreeMap::from([(200, 2)])
    );

    redis.kill().await;
    assert_eq!(
        request_tokens_at_once(&replicas, 5, "ann").await,
        BTreeMap::from([(200, 6), (429, 4)])
    );
    for replica in &mut replicas {
        replica.wait_for_log("each replica counts for itself").await;
    }
    redis.restart().await;
    for replica in &mut replicas {
        replica.wait_for_log("limits are shared again").await;
    }
    assert_eq!(
        request_tokens_at_once(&replicas, 5, "ann").await,
        BTreeMap::from([(200, 3), (429, 7)])
    );
}

#[tokio::test]
async fn a_redis_that_does_not_respond_is_unavailable() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let mut replica = replica(page.path(), &service, &redis.url(0), &[]).await;
    assert_eq!(request_token(&replica.address, "ann").await.0, 200);
    redis.signal("-STOP").await;
    let (status, body) = request_token(&replica.address, "ann").await;
    assert_eq!((status, &body["code"]), (503, &"limits_unavailable".into()));
    replica.wait_for_log("it did not answer in time").await;
    redis.signal("-CONT").await;
    replica.wait_for_log("limits are shared again").await;
    assert_eq!(request_token(&replica.address, "ann").await.0, 200);
}

#[tokio::test]
async fn a_stalled_connection_is_replaced() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let network = Network::start(redis.port()).await;
    let page = built_page();
    let url = format!("redis://127.0.0.1:{}/0", network.port);
    let mut replica = replica(page.path(), &service, &url, &[]).await;
    assert_eq!(request_token(&replica.address, "ann").await.0, 200);
    // Like a firewall that has dropped a connection from its table: neither end gets a reset.
    network.stall_open_connections();
    let (status, body) = request_token(&replica.address, "ann").await;
    assert_eq!((status, &body["code"]), (503, &"limits_unavailable".into()));
    replica.wait_for_log("limits are shared again").await;
    assert_eq!(request_token(&replica.address, "ann").await.0, 200);
}

/// The network between a replica and its Redis: a TCP relay that can stall its connections.
struct Network {
    port: u16,
    stalled: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Network {
    async fn start(redis: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let stalled = watch::Sender::new(());
        let stall = stalled.clone();
        let task = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut is_stalled = stall.subscribe();
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(("127.0.0.1", redis)).await?;
                    tokio::select! {
                        passed = copy_bidirectional(&mut near, &mut far) => passed.map(|_| ()),
                        // Both connections stay open, but no data passes.
                        _ = is_stalled.changed() => std::future::pending().await,
                    }
                });
            }
        });
        Self {
            port,
            stalled,
            task,
        }
    }

    fn stall_open_connections(&self) {
        self.stalled.send_replace(());
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn a_redis_that_refuses_writes_is_unavailable() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let mut replica = replica(page.path(), &service, &redis.url(0), &[]).await;
    assert_eq!(request_token(&replica.address, "ann").await.0, 200);
    let mut connection = redis.connect(0).await;
    for (replicas, status, message) in [
        (1, 503, "no tokens are handed out until it is back"),
        (0, 200, "limits are shared again"),
    ] {
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg("min-replicas-to-write").arg(replicas);
        let set = set.exec_async(&mut connection).await;
        set.expect("Redis accepts the command");
        request_token_until(&replica.address, status).await;
        replica.wait_for_log(message).await;
    }
}

#[tokio::test]
async fn a_redis_that_starts_later_is_used() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let mut redis = RedisServer::start(None).await;
    redis.kill().await;
    let page = built_page();
    let mut replica = replica(page.path(), &service, &redis.url(0), &[]).await;
    // Logged before the first request.
    replica.wait_for_log("Redis is unavailable").await;
    assert_eq!(request_token(&replica.address, "ann").await.0, 503);
    redis.restart().await;
    replica.wait_for_log("limits are shared again").await;
    assert_eq!(request_token(&replica.address, "ann").await.0, 200);
}
