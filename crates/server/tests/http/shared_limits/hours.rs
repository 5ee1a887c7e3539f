//! The hours a day.

use redis::AsyncCommands;

use crate::support::{
    FakeUpstream, RedisServer, Reply, TOKEN, built_page, config_for, get, request, router,
};

#[tokio::test]
async fn hours_are_given_back_to_all_replicas_but_for_the_minimum() {
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
        // Each needs three hours for a moment, and costs one.
        for number in 0..4 {
            let answer = get(&replicas[number % 2], "/token").await;
            assert_eq!(answer.status, 200, "{who} {number}");
            let body = answer.json();
            let id = body["recording"].as_str().expect("a name");
            for what in ["begin", "end", "end"] {
                let path = format!("/recordings/{id}/{what}");
                let answer = request(&replicas[(number + 1) % 2], "POST", &path, &[]).await;
                assert_eq!(answer.status, 204);
            }
        }
        for replica in &replicas {
            let answer = get(replica, "/token").await;
            assert_eq!(answer.status, 429, "{who}");
            let wait = answer.json()["retry_after_seconds"].as_u64();
            // One hour comes back in four.
            assert!(
                wait.is_some_and(|wait| (1..=14_400).contains(&wait)),
                "{wait:?}"
            );
        }
    }
}

#[tokio::test]
async fn hours_that_really_passed_are_not_given_back_by_any_replica() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let url = redis.url(0);
    let flags = ["--limits-redis", &url, "--person-hours-per-day=3"];
    let router = router(&config_for(&service, page.path(), &flags));
    let answer = get(&router, "/token").await;
    let id = answer.json()["recording"]
        .as_str()
        .expect("a name")
        .to_owned();
    // As if it had begun two hours ago.
    let mut look = redis.look(0).await;
    let lease = format!("{{inturn}}:lease:{id}");
    let since: f64 = look.hget(&lease, "since").await.expect("a time");
    let earlier = format!("{:.0}", since - 7_200e6);
    let _: i64 = look.hset(&lease, "since", earlier).await.expect("set");
    let path = format!("/recordings/{id}/end");
    assert_eq!(request(&router, "POST", &path, &[]).await.status, 204);

    let mut left_s = async |whose: &str| {
        let forgotten_at: f64 = look.get(whose).await.expect("a time");
        let (now, _): (f64, f64) = redis::cmd("TIME")
            .query_async(&mut look)
            .await
            .expect("a time");
        forgotten_at / 1e6 - now
    };
    // Two of three hours a day come back in 16 hours, two of 900 in three minutes.
    let person = left_s("{inturn}:person_hours:address:0.0.0.0").await;
    assert!((57_500.0..=57_660.0).contains(&person), "{person}");
    let all = left_s("{inturn}:all_hours:all").await;
    assert!((100.0..=194.0).contains(&all), "{all}");
}
