//! How long a recording counts.

use std::{collections::BTreeMap, path::Path, time::Duration};

use redis::AsyncCommands;
use tokio::time::{sleep, timeout};

use super::{PATIENCE, ask, ask_until, replica, replicas, rush};
use crate::support::{
    FakeUpstream, RedisServer, Reply, TOKEN, built_page, config_for, get, request, router,
};

#[tokio::test]
async fn a_recording_counts_as_long_as_its_token_until_its_session_began() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let url = redis.url(0);
    let flags = ["--limits-redis", &url, "--person-recordings-at-once=1"];
    let router = router(&config_for(&service, page.path(), &flags));
    let answer = get(&router, "/token").await;
    let id = answer.json()["recording"]
        .as_str()
        .expect("a name")
        .to_owned();

    let mut look = redis.look(0).await;
    let mut lasts_s = async || {
        let (now, _): (u64, u64) = redis::cmd("TIME")
            .query_async(&mut look)
            .await
            .expect("a time");
        let mut lasts = [0; 2];
        for (lasts, whose) in lasts.iter_mut().zip(["address:0.0.0.0", "all"]) {
            let key = format!("{{inturn}}:recordings:{whose}");
            let until: Option<u64> = look.zscore(&key, &id).await.expect("a score");
            *lasts = until.map_or(0, |until| (until / 1_000_000).saturating_sub(now));
            let kept_ms: i64 = look.pttl(&key).await.expect("a time");
            assert!(kept_ms >= 1000 * i64::try_from(*lasts).expect("small") - 1000);
        }
        lasts
    };
    assert!(lasts_s().await.iter().all(|lasts| (1..=49).contains(lasts)));
    let path = format!("/recordings/{id}/begin");
    for _ in 0..2 {
        assert_eq!(request(&router, "POST", &path, &[]).await.status, 204);
        let lasts = lasts_s().await;
        let whole = lasts.iter().all(|lasts| (10_000..=10_849).contains(lasts));
        assert!(whole, "{lasts:?}");
    }
    // One more beside it, which ends sooner, does not shorten it.
    let other = router_of(&service, page.path(), &url);
    assert_eq!(get(&other, "/token").await.status, 200);
    assert!(lasts_s().await.iter().all(|lasts| *lasts >= 10_000));
    let path = format!("/recordings/{id}/end");
    assert_eq!(request(&router, "POST", &path, &[]).await.status, 204);
    assert_eq!(lasts_s().await, [0, 0]);
}

/// A replica that limits nobody's recordings but counts them.
fn router_of(service: &FakeUpstream, page: &Path, redis: &str) -> axum::Router {
    let flags = [
        "--limits-redis",
        redis,
        "--person-recordings-at-once=99",
        "--all-recordings-at-once=99",
    ];
    router(&config_for(service, page, &flags))
}

#[tokio::test]
async fn tokens_that_nobody_got_while_redis_was_silent_count_nowhere() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let flags = [
        "--person-recordings-at-once=20",
        "--person-tokens-per-day=20",
        "--all-hours-per-day=60",
    ];
    let mut replicas = replicas(page.path(), &service, &redis, 0, &flags).await;
    // The requests wait in the connections until Redis reads them.
    redis.signal("-STOP").await;
    let statuses = rush(&replicas, 10, "ann").await;
    assert_eq!(statuses, BTreeMap::from([(503, 20)]));
    redis.signal("-CONT").await;
    for replica in &mut replicas {
        replica.wait_for_log("limits are shared again").await;
    }
    let mut look = redis.look(0).await;
    wait_until_nothing_counts(&mut look).await;
    assert_eq!(
        rush(&replicas, 10, "ann").await,
        BTreeMap::from([(200, 20)])
    );
}

/// Waits until no recording and no token of the day counts, and the requests for them are all read.
async fn wait_until_nothing_counts(look: &mut redis::aio::MultiplexedConnection) {
    let forgotten = async {
        loop {
            let given_up: Vec<String> = look.keys("{inturn}:lease:*").await.expect("keys");
            let all: usize = look
                .zcard("{inturn}:recordings:all")
                .await
                .expect("a count");
            let day: bool = look
                .exists("{inturn}:all_day:all")
                .await
                .expect("an answer");
            if given_up.len() == 20 && all == 0 && !day {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, forgotten).await.expect("in time");
}

#[tokio::test]
async fn a_recording_that_ends_while_redis_is_silent_ends_when_it_is_back() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let flags = ["--person-recordings-at-once=1"];
    let replica = replica(page.path(), &service, &redis.url(0), &flags).await;
    let (_, body) = ask(&replica.address, "ann").await;
    let id = body["recording"].as_str().expect("a name");
    let say = async |what: &str| {
        let url = format!("http://{}/recordings/{id}/{what}", replica.address);
        let said = reqwest::Client::new().post(url).send().await;
        assert_eq!(said.expect("an answer").status(), 204);
    };
    say("begin").await;
    redis.signal("-STOP").await;
    say("end").await;
    assert_eq!(ask(&replica.address, "ann").await.0, 503);
    redis.signal("-CONT").await;
    ask_until(&replica.address, 200).await;
    assert_eq!(ask(&replica.address, "ann").await.0, 429);
}
