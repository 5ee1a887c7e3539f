//! Shared limits of hours per day.

use redis::AsyncCommands;

use crate::support::{
    FakeUpstream, RedisServer, Reply, TOKEN, built_page, config_for, get, request, router,
};

#[tokio::test]
async fn unused_hours_above_the_minimum_are_refunded_for_all_replicas() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    for (database, who) in ["person", "all"].into_iter().enumerate() {
        let (url, hours) = (redis.url(database), format!("--{who}-hours-per-day=6"));
        let flags = [
            "--limits-redis",
            &url,
            &hours,
            "--person-tokens-per-minute=0",
            "--recording-minimum-seconds=3600",
        ];
        let config = config_for(&service, page.path(), &flags);
        let replicas = [router(&config), router(&config)];
        // Each recording reserves three hours and, when it ends, costs one.
        for number in 0..4 {
            let response = get(&replicas[number % 2], "/token").await;
            assert_eq!(response.status, 200, "{who} {number}");
            let body = response.json();
            let id = body["recording"].as_str().expect("a recording id");
            for what in ["begin", "end", "end"] {
                let path = format!("/recordings/{id}/{what}");
                let response = request(&replicas[(number + 1) % 2], "POST", &path, &[]).await;
                assert_eq!(response.status, 204);
            }
        }
        for replica in &replicas {
            let response = get(replica, "/token").await;
            assert_eq!(response.status, 429, "{who}");
            let wait = response.json()["retry_after_seconds"].as_u64();
            // At six hours per day, one hour is free again after four.
            assert!(
                wait.is_some_and(|wait| (1..=14_400).contains(&wait)),
                "{wait:?}"
            );
        }
    }
}

#[tokio::test]
async fn used_hours_are_not_refunded() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let url = redis.url(0);
    let flags = ["--limits-redis", &url, "--person-hours-per-day=3"];
    let router = router(&config_for(&service, page.path(), &flags));
    let response = get(&router, "/token").await;
    let id = response.json()["recording"]
        .as_str()
        .expect("a recording id")
        .to_owned();
    // Make the session two hours old.
    let mut connection = redis.connect(0).await;
    let lease = format!("{{inturn}}:lease:{id}");
    let since: f64 = connection.hget(&lease, "since").await.expect("a time");
    let earlier = format!("{:.0}", since - 7_200e6);
    let _: i64 = connection
        .hset(&lease, "since", earlier)
        .await
        .expect("Redis accepts the command");
    let path = format!("/recordings/{id}/end");
    assert_eq!(request(&router, "POST", &path, &[]).await.status, 204);

    let mut remaining_s = async |whose: &str| {
        let empty_at: f64 = connection.get(whose).await.expect("a time");
        let (now, _): (f64, f64) = redis::cmd("TIME")
            .query_async(&mut connection)
            .await
            .expect("a time");
        empty_at / 1e6 - now
    };
    // At three hours per day, two hours are free again after 16 hours; at 900, after three minutes.
    let person = remaining_s("{inturn}:person_hours:address:0.0.0.0").await;
    assert!((57_500.0..=57_660.0).contains(&person), "{person}");
    let all = remaining_s("{inturn}:all_hours:all").await;
    assert!((100.0..=194.0).contains(&all), "{all}");
}
