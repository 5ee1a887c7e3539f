//! Leases in Redis: how long a recording counts.

use std::{collections::BTreeMap, path::Path, time::Duration};

use redis::AsyncCommands;
use tokio::time::{sleep, timeout};

use super::{
    TIMEOUT, replica, replicas, request_token, request_token_until, request_tokens_at_once,
};
use crate::support::{
    FakeUpstream, RedisServer, Reply, TOKEN, built_page, config_for, get, request, router,
};

#[tokio::test]
async fn a_lease_lasts_as_long_as_the_token_until_the_session_begins() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let url = redis.url(0);
    let flags = ["--limits-redis", &url, "--person-recordings-at-once=1"];
    let router = router(&config_for(&service, page.path(), &flags));
    let response = get(&router, "/token").await;
    let id = response.json()["recording"]
        .as_str()
        .expect("a recording id")
        .to_owned();

    let mut connection = redis.connect(0).await;
    let mut remaining_s = async || {
        let (now, _): (u64, u64) = redis::cmd("TIME")
            .query_async(&mut connection)
            .await
            .expect("a time");
        let mut remaining = [0; 2];
        for (remaining, whose) in remaining.iter_mut().zip(["address:0.0.0.0", "all"]) {
            let key = format!("{{inturn}}:recordings:{whose}");
            let until: Option<u64> = connection.zscore(&key, &id).await.expect("a score");
            *remaining = until.map_or(0, |until| (until / 1_000_000).saturating_sub(now));
            let ttl_ms: i64 = connection.pttl(&key).await.expect("a time");
            assert!(
                ttl_ms
                    >= 1000 * i64::try_from(*remaining).expect("a number in the range of i64")
                        - 1000
            );
        }
        remaining
    };
    assert!(
        remaining_s()
            .await
            .iter()
            .all(|remaining| (1..=49).contains(remaining))
    );
    let path = format!("/recordings/{id}/begin");
    for _ in 0..2 {
        assert_eq!(request(&router, "POST", &path, &[]).await.status, 204);
        let remaining = remaining_s().await;
        let whole = remaining
            .iter()
            .all(|remaining| (10_000..=10_849).contains(remaining));
        assert!(whole, "{remaining:?}");
    }
    // A second recording, which ends sooner, does not shorten it.
    let other = router_with_high_limits(&service, page.path(), &url);
    assert_eq!(get(&other, "/token").await.status, 200);
    assert!(
        remaining_s()
            .await
            .iter()
            .all(|remaining| *remaining >= 10_000)
    );
    let path = format!("/recordings/{id}/end");
    assert_eq!(request(&router, "POST", &path, &[]).await.status, 204);
    assert_eq!(remaining_s().await, [0, 0]);
}

/// Returns a replica that counts recordings with a limit that no test reaches.
fn router_with_high_limits(service: &FakeUpstream, page: &Path, redis: &str) -> axum::Router {
    let flags = [
        "--limits-redis",
        redis,
        "--person-recordings-at-once=99",
        "--all-recordings-at-once=99",
    ];
    router(&config_for(service, page, &flags))
}

#[tokio::test]
async fn tokens_refused_while_redis_was_stalled_do_not_count() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let flags = [
        "--person-recordings-at-once=20",
        "--person-tokens-per-day=20",
        "--all-hours-per-day=60",
    ];
    let mut replicas = replicas(page.path(), &service, &redis, 0, &flags).await;
    // The requests stay in the socket buffers until Redis reads them.
    redis.signal("-STOP").await;
    let statuses = request_tokens_at_once(&replicas, 10, "ann").await;
    assert_eq!(statuses, BTreeMap::from([(503, 20)]));
    redis.signal("-CONT").await;
    for replica in &mut replicas {
        replica.wait_for_log("limits are shared again").await;
    }
    let mut connection = redis.connect(0).await;
    wait_until_nothing_counts(&mut connection).await;
    assert_eq!(
        request_tokens_at_once(&replicas, 10, "ann").await,
        BTreeMap::from([(200, 20)])
    );
}

/// Waits until Redis has processed all 20 requests, and no recording and no daily token counts.
async fn wait_until_nothing_counts(connection: &mut redis::aio::MultiplexedConnection) {
    let cleared = async {
        loop {
            let leases: Vec<String> = connection.keys("{inturn}:lease:*").await.expect("the keys");
            let all: usize = connection
                .zcard("{inturn}:recordings:all")
                .await
                .expect("a count");
            let day: bool = connection
                .exists("{inturn}:all_day:all")
                .await
                .expect("a response");
            if leases.len() == 20 && all == 0 && !day {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(TIMEOUT, cleared).await.expect("before the timeout");
}

#[tokio::test]
async fn an_end_reported_while_redis_is_stalled_counts_when_it_is_back() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let flags = ["--person-recordings-at-once=1"];
    let replica = replica(page.path(), &service, &redis.url(0), &flags).await;
    let (_, body) = request_token(&replica.address, "ann").await;
    let id = body["recording"].as_str().expect("a recording id");
    let report = async |what: &str| {
        let url = format!("http://{}/recordings/{id}/{what}", replica.address);
        let response = reqwest::Client::new().post(url).send().await;
        assert_eq!(response.expect("a response").status(), 204);
    };
    report("begin").await;
    redis.signal("-STOP").await;
    report("end").await;
    assert_eq!(request_token(&replica.address, "ann").await.0, 503);
    redis.signal("-CONT").await;
    request_token_until(&replica.address, 200).await;
    assert_eq!(request_token(&replica.address, "ann").await.0, 429);
}
