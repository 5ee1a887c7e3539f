//! Counters in Redis, and how long they are kept.

use std::collections::BTreeMap;

use inturn_server::Config;
use redis::AsyncCommands;

use super::{replicas, request_token, request_token_until, request_tokens_at_once};
use crate::support::{
    FakeUpstream, RedisServer, Reply, TOKEN, built_page, config_for, get, request, router,
};

#[tokio::test]
async fn two_replicas_hand_out_exactly_as_many_tokens_as_one() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let mut before = 0;
    for (database, flag) in [
        "--all-tokens-per-day=20",
        "--person-tokens-per-day=20",
        "--all-recordings-at-once=20",
        "--person-recordings-at-once=20",
        "--all-hours-per-day=60",
        "--person-hours-per-day=60",
    ]
    .into_iter()
    .enumerate()
    {
        let others = [
            "--auth=proxy",
            "--trusted-proxy=127.0.0.1",
            "--person-tokens-per-minute=0",
            "--person-hours-per-day=0",
        ];
        let others = others.into_iter();
        let flags: Vec<_> = others
            .filter(|other| !flag.starts_with(&other[..other.len() - 1]))
            .chain([flag])
            .collect();
        let replicas = replicas(page.path(), &service, &redis, database, &flags).await;
        let statuses = request_tokens_at_once(&replicas, 40, "ann").await;
        assert_eq!(statuses, BTreeMap::from([(200, 20), (429, 60)]), "{flag}");
        assert_eq!(service.calls() - before, 20, "{flag}");

        // A person's limit does not affect other persons; a limit for all does.
        let others = if flag.contains("person") { 200 } else { 429 };
        for replica in &replicas {
            assert_eq!(
                request_token(&replica.address, "bob").await.0,
                others,
                "{flag}"
            );
            let (status, body) = request_token(&replica.address, "ann").await;
            assert_eq!((status, &body["code"]), (429, &"limit_reached".into()));
            let wait = body["retry_after_seconds"]
                .as_u64()
                .expect("a number of seconds");
            let longest = if flag.contains("recordings") {
                30
            } else {
                4320
            };
            assert!((1..=longest).contains(&wait), "{flag}: {wait}");
        }
        before = service.calls();
    }
}

#[tokio::test]
async fn a_recording_of_one_replica_can_end_at_another() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let flags = [
        "--limits-redis",
        &redis.url(0),
        "--person-recordings-at-once=1",
    ];
    let config: Config = config_for(&service, page.path(), &flags);
    let (here, there) = (router(&config), router(&config));
    let response = get(&here, "/token").await;
    let id = response.json()["recording"]
        .as_str()
        .expect("a recording id")
        .to_owned();
    assert_eq!(get(&there, "/token").await.status, 429);
    for id in ["AAAAAAAAAAAAAAAAAAAAAA", &id] {
        let path = format!("/recordings/{id}/end");
        assert_eq!(request(&there, "POST", &path, &[]).await.status, 204);
    }
    assert_eq!(get(&here, "/token").await.status, 200);
    assert_eq!(get(&there, "/token").await.status, 429);
}

#[tokio::test]
async fn keys_expire_when_they_no_longer_count() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let url = redis.url(0);
    let flags = ["--limits-redis", &url, "--person-recordings-at-once=1"];
    let router = router(&config_for(&service, page.path(), &flags));
    assert_eq!(get(&router, "/token").await.status, 200);

    let mut connection = redis.connect(0).await;
    let mut keys: Vec<String> = connection.keys("*").await.expect("the keys");
    // Written on connecting to test for write access; expires after a second.
    keys.retain(|key| key != "{inturn}:probe:all");
    assert_eq!(keys.len(), 9, "{keys:?}");
    for key in &keys {
        assert!(key.starts_with("{inturn}:"), "{key}");
        let ttl_ms: i64 = connection.pttl(key).await.expect("a time");
        // At most the longest session plus the lifetime of the token before it.
        assert!((1..=10_849_000).contains(&ttl_ms), "{key}: {ttl_ms}");
    }

    // Make the recording expire.
    assert_eq!(get(&router, "/token").await.status, 429);
    for whose in ["address:0.0.0.0", "all"] {
        let key = format!("{{inturn}}:recordings:{whose}");
        let names: Vec<String> = connection.zrange(&key, 0, -1).await.expect("names");
        let [name] = names.as_slice() else {
            panic!("{key}: {names:?}");
        };
        let _: i64 = connection
            .zadd(&key, name, 1)
            .await
            .expect("Redis accepts the command");
    }
    assert_eq!(get(&router, "/token").await.status, 200);
}

#[tokio::test]
async fn a_failed_token_request_is_refunded_for_all_replicas() {
    let service = FakeUpstream::start(Reply::json("500 Internal Server Error", "{}")).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let flags = [
        "--all-tokens-per-day=1",
        "--all-hours-per-day=3",
        "--person-hours-per-day=3",
        "--person-recordings-at-once=1",
        "--person-tokens-per-minute=0",
    ];
    let replicas = replicas(page.path(), &service, &redis, 0, &flags).await;
    for calls in 1..=3 {
        for (replica, calls) in replicas.iter().zip([calls * 2 - 1, calls * 2]) {
            let body = request_token_until(&replica.address, 503).await;
            assert_eq!(body["code"], "service_failed");
            assert_eq!(service.calls(), calls);
        }
    }
}
