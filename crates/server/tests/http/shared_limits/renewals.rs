//! Renewals of recordings with shared limits.

use std::{collections::BTreeMap, time::Duration};

use axum::Router;
use redis::{AsyncCommands, aio::MultiplexedConnection};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{TIMEOUT, replicas, request_token, request_token_with};
use crate::support::{
    FakeUpstream, RedisServer, Reply, TOKEN, built_page, config_for, get, request, router,
};

const PROXIED: [&str; 4] = [
    "--auth=proxy",
    "--trusted-proxy=127.0.0.1",
    "--person-tokens-per-minute=0",
    "--person-hours-per-day=0",
];

#[tokio::test]
async fn of_200_concurrent_requests_only_renewals_get_a_token() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let (page, client) = (built_page(), reqwest::Client::new());
    for (database, flag) in [
        "--person-recordings-at-once=1",
        "--all-recordings-at-once=1",
    ]
    .into_iter()
    .enumerate()
    {
        let flags = [&PROXIED[..], &[flag]].concat();
        let replicas = replicas(page.path(), &service, &redis, database, &flags).await;
        let before = service.calls();
        let (_, body) = request_token(&replicas[0].address, "ann").await;
        let id = body["recording"]
            .as_str()
            .expect("a recording id")
            .to_owned();
        let mut calls = JoinSet::new();
        for number in 0..200 {
            let (client, id) = (client.clone(), id.clone());
            let address = replicas[number / 2 % 2].address.clone();
            calls.spawn(async move {
                let is_renewal = number % 2 == 0;
                let asked = is_renewal.then_some(id.as_str());
                let (status, body) = request_token_with(&client, &address, "ann", asked).await;
                (is_renewal, status, body["recording"] == id.as_str())
            });
        }
        let mut counts = BTreeMap::new();
        for outcome in calls.join_all().await {
            *counts.entry(outcome).or_insert(0) += 1;
        }
        let expected = [((false, 429, false), 100), ((true, 200, true), 100)];
        assert_eq!(counts, BTreeMap::from(expected), "{flag}");
        assert_eq!(service.calls() - before, 101, "{flag}");

        let url = format!("http://{}/recordings/{id}/end", replicas[1].address);
        let response = reqwest::Client::new().post(url).send().await;
        assert_eq!(response.expect("a response").status(), 204);
        assert_eq!(
            request_token(&replicas[0].address, "ann").await.0,
            200,
            "{flag}"
        );
        assert_eq!(
            request_token(&replicas[1].address, "ann").await.0,
            429,
            "{flag}"
        );
    }
}

#[tokio::test]
async fn any_recording_but_the_persons_own_open_one_is_unknown() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let (page, client) = (built_page(), reqwest::Client::new());
    let flags = [&PROXIED[..], &["--person-recordings-at-once=1"]].concat();
    let replicas = replicas(page.path(), &service, &redis, 0, &flags).await;
    let [here, there] = [&replicas[0].address, &replicas[1].address];
    let end = async |id: &str| {
        let url = format!("http://{there}/recordings/{id}/end");
        let response = reqwest::Client::new().post(url).send().await;
        assert_eq!(response.expect("a response").status(), 204);
    };
    let open = async |person: &str| {
        let (status, body) = request_token(here, person).await;
        assert_eq!(status, 200);
        body["recording"]
            .as_str()
            .expect("a recording id")
            .to_owned()
    };
    let anns_recording = open("ann").await;
    let ended = open("bob").await;
    end(&ended).await;
    let expired = open("bob").await;
    expire(&mut redis.connect(0).await, "person:bob", &expired).await;
    for asked in [
        &anns_recording,
        &ended,
        &expired,
        "AAAAAAAAAAAAAAAAAAAAAA",
        "",
        "x",
        "%ff",
    ] {
        let (status, body) = request_token_with(&client, there, "bob", Some(asked)).await;
        assert_eq!(status, 200, "{asked}");
        let id = body["recording"].as_str().expect("a recording id");
        assert!(
            ![&anns_recording, &ended, &expired]
                .iter()
                .any(|it| *it == id),
            "{asked}"
        );
        // The new recording counts as one.
        let refused = request_token_with(&client, there, "bob", Some(asked)).await;
        assert_eq!(refused.0, 429, "{asked}");
        assert_eq!(refused, request_token(here, "bob").await, "{asked}");
        end(id).await;
    }
    // Ann's recording is not affected.
    assert_eq!(request_token(here, "ann").await.0, 429);
    let (status, body) = request_token_with(&client, there, "ann", Some(&anns_recording)).await;
    assert_eq!(
        (status, &body["recording"]),
        (200, &anns_recording.as_str().into())
    );
}

/// Makes a recording expire.
async fn expire(connection: &mut MultiplexedConnection, whose: &str, id: &str) {
    let lease = format!("{{inturn}}:lease:{id}");
    let _: i64 = connection
        .pexpire(&lease, 1)
        .await
        .expect("Redis accepts the command");
    for whose in [whose, "all"] {
        let key = format!("{{inturn}}:recordings:{whose}");
        let _: i64 = connection
            .zadd(&key, id, 1)
            .await
            .expect("Redis accepts the command");
    }
    let expired = async {
        while connection
            .exists::<_, bool>(&lease)
            .await
            .expect("a response")
        {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(TIMEOUT, expired).await.expect("before the timeout");
}

#[tokio::test]
async fn a_renewed_lease_lasts_until_its_session_ends_or_can_no_longer_begin() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let url = redis.url(0);
    let flags = ["--limits-redis", &url, "--person-recordings-at-once=1"];
    let router = router(&config_for(&service, page.path(), &flags));
    let id = open_recording(&router).await;
    let mut connection = redis.connect(0).await;
    let lease = format!("{{inturn}}:lease:{id}");
    let mut remaining_s = async || {
        let (now, _): (u64, u64) = redis::cmd("TIME")
            .query_async(&mut connection)
            .await
            .expect("a time");
        let [person, all] =
            ["address:0.0.0.0", "all"].map(|it| format!("{{inturn}}:recordings:{it}"));
        let mut remaining = [0; 2];
        for (remaining, key) in remaining.iter_mut().zip([person, all]) {
            let until: Option<u64> = connection.zscore(&key, &id).await.expect("a score");
            *remaining = until.map_or(0, |until| (until / 1_000_000).saturating_sub(now));
            let count: usize = connection.zcard(&key).await.expect("a count");
            assert_eq!(count, 1);
        }
        let ttl_ms: i64 = connection.pttl(&lease).await.expect("a time");
        assert!((10_800_000..=10_849_000).contains(&ttl_ms), "{ttl_ms}");
        remaining
    };
    assert_renewed(&router, &id).await;
    assert!(
        remaining_s()
            .await
            .iter()
            .all(|remaining| (1..=49).contains(remaining))
    );
    report(&router, &id, "begin").await;
    assert!(
        remaining_s()
            .await
            .iter()
            .all(|remaining| *remaining > 10_000)
    );
    // The previous session may still be open.
    assert_renewed(&router, &id).await;
    assert!(
        remaining_s()
            .await
            .iter()
            .all(|remaining| *remaining > 10_000)
    );

    // A recording that no longer counts needs a free place to be renewed.
    let mut connection = redis.connect(0).await;
    for whose in ["address:0.0.0.0", "all"] {
        let key = format!("{{inturn}}:recordings:{whose}");
        let _: i64 = connection
            .zadd(&key, &id, 1)
            .await
            .expect("Redis accepts the command");
    }
    let other = open_recording(&router).await;
    let path = format!("/token?recording={id}");
    assert_eq!(get(&router, &path).await.status, 429);
    report(&router, &other, "end").await;
    assert_renewed(&router, &id).await;
    assert_eq!(get(&router, "/token").await.status, 429);
    // The new session needs its own confirmation, whether or not earlier ones were confirmed.
    report(&router, &id, "begin").await;
    let until: u64 = connection
        .zscore("{inturn}:recordings:all", &id)
        .await
        .expect("a score");
    let (now, _): (u64, u64) = redis::cmd("TIME")
        .query_async(&mut connection)
        .await
        .expect("a time");
    assert!(until / 1_000_000 > now + 10_000);
}

#[tokio::test]
async fn hours_of_several_sessions_cost_the_same_as_of_one() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    for (database, who) in ["person", "all"].into_iter().enumerate() {
        let (url, hours) = (redis.url(database), format!("--{who}-hours-per-day=12"));
        let flags = ["--limits-redis", &url, &hours];
        let config = config_for(&service, page.path(), &flags);
        let replicas = [router(&config), router(&config)];
        let id = open_recording(&replicas[0]).await;
        let mut connection = redis.connect(database).await;
        let key = match who {
            "person" => "{inturn}:person_hours:address:0.0.0.0",
            _ => "{inturn}:all_hours:all",
        };
        for (number, hours) in [(1, 2), (0, 4), (1, 5)] {
            make_older(&mut connection, &id, 7_200e6).await;
            if hours == 5 {
                // The third session used two hours as well; one reserved hour is refunded.
                report(&replicas[number], &id, "end").await;
                report(&replicas[number], &id, "end").await;
                assert_counted(&mut connection, key, 6.0).await;
            } else {
                assert_renewed(&replicas[number], &id).await;
                assert_counted(&mut connection, key, f64::from(hours) + 3.0).await;
            }
        }
    }
}

/// Makes the last session of a recording older by `micros` microseconds.
async fn make_older(connection: &mut MultiplexedConnection, id: &str, micros: f64) {
    let lease = format!("{{inturn}}:lease:{id}");
    let since: f64 = connection.hget(&lease, "since").await.expect("a time");
    let earlier = format!("{:.0}", since - micros);
    let _: i64 = connection
        .hset(&lease, "since", earlier)
        .await
        .expect("Redis accepts the command");
}

/// Asserts the number of counted hours. At twelve hours per day, one hour is free again after two.
async fn assert_counted(connection: &mut MultiplexedConnection, key: &str, hours: f64) {
    let empty_at: f64 = connection.get(key).await.expect("a time");
    let (now, _): (f64, f64) = redis::cmd("TIME")
        .query_async(connection)
        .await
        .expect("a time");
    let counted = (empty_at / 1e6 - now) / 7_200.0;
    assert!(
        (hours - 0.02..=hours + 0.001).contains(&counted),
        "{counted} {hours}"
    );
}

#[tokio::test]
async fn a_failed_renewal_is_refunded_for_all_replicas() {
    let mut service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let address = service.url().replace("http://", "");
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let url = redis.url(0);
    let flags = [
        "--limits-redis",
        &url,
        "--person-recordings-at-once=1",
        "--person-hours-per-day=12",
        "--person-tokens-per-minute=0",
        "--person-tokens-per-day=30",
    ];
    let config = config_for(&service, page.path(), &flags);
    let replicas = [router(&config), router(&config)];
    let id = open_recording(&replicas[0]).await;
    let path = format!("/token?recording={id}");
    service.kill().await;
    // Concurrent, so that later renewals start before earlier ones have failed.
    let mut calls = JoinSet::new();
    for number in 0..12 {
        let (router, path) = (replicas[number % 2].clone(), path.clone());
        calls.spawn(async move { get(&router, &path).await.status.as_u16() });
    }
    assert!(calls.join_all().await.iter().all(|status| *status == 503));

    let mut connection = redis.connect(0).await;
    let given_back = async {
        loop {
            let leases: Vec<String> = connection.keys("{inturn}:lease:*").await.expect("the keys");
            if leases.len() == 13 {
                return;
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(TIMEOUT, given_back)
        .await
        .expect("before the timeout");
    // The first session costs half an hour. The failed renewals cost no hours and no token.
    let key = "{inturn}:person_hours:address:0.0.0.0";
    assert_counted(&mut connection, key, 0.5).await;
    let sessions: Vec<String> = connection
        .keys("{inturn}:session:*")
        .await
        .expect("the keys");
    assert!(sessions.is_empty(), "{sessions:?}");
    let empty_at: f64 = connection
        .get("{inturn}:person_day:address:0.0.0.0")
        .await
        .expect("a time");
    let (now, _): (f64, f64) = redis::cmd("TIME")
        .query_async(&mut connection)
        .await
        .expect("a time");
    let tokens = (empty_at / 1e6 - now) * 30.0 / 86_400.0;
    assert!((0.9..=1.001).contains(&tokens), "{tokens}");

    let _service = FakeUpstream::start_at(&address, Reply::token(TOKEN)).await;
    assert_renewed(&replicas[1], &id).await;
    assert_counted(&mut connection, key, 3.5).await;
}

#[tokio::test]
async fn renewals_refused_while_redis_was_stalled_do_not_count() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let (page, client) = (built_page(), reqwest::Client::new());
    let flags = [&PROXIED[..2], &["--person-hours-per-day=12"]].concat();
    let mut replicas = replicas(page.path(), &service, &redis, 0, &flags).await;
    let (_, body) = request_token(&replicas[0].address, "ann").await;
    let id = body["recording"]
        .as_str()
        .expect("a recording id")
        .to_owned();
    redis.signal("-STOP").await;
    let mut calls = JoinSet::new();
    for number in 0..10 {
        let (client, id) = (client.clone(), id.clone());
        let address = replicas[number % 2].address.clone();
        calls.spawn(async move {
            request_token_with(&client, &address, "ann", Some(&id))
                .await
                .0
        });
    }
    assert!(calls.join_all().await.iter().all(|status| *status == 503));
    redis.signal("-CONT").await;
    for replica in &mut replicas {
        replica.wait_for_log("limits are shared again").await;
    }
    let mut connection = redis.connect(0).await;
    let given_back = async {
        loop {
            let leases: Vec<String> = connection.keys("{inturn}:lease:*").await.expect("the keys");
            if leases.len() == 11 {
                return;
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(TIMEOUT, given_back)
        .await
        .expect("before the timeout");
    let key = "{inturn}:person_hours:person:ann";
    let empty_at: f64 = connection.get(key).await.expect("a time");
    let (now, _): (f64, f64) = redis::cmd("TIME")
        .query_async(&mut connection)
        .await
        .expect("a time");
    let hours = (empty_at / 1e6 - now) / 7_200.0;
    // Three hours for the first session if Redis read no renewal in time, half an hour if it read
    // one.
    assert!(hours <= 3.0, "{hours}");
    let (status, body) = request_token_with(&client, &replicas[1].address, "ann", Some(&id)).await;
    assert_eq!((status, &body["recording"]), (200, &id.as_str().into()));
}

/// A person presses Stop while a renewal waits for its token.
#[tokio::test]
async fn a_failed_renewal_costs_nothing_if_the_recording_ended_first() {
    let mut service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let address = service.url().replace("http://", "");
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let url = redis.url(0);
    let flags = ["--limits-redis", &url, "--person-hours-per-day=12"];
    let config = config_for(&service, page.path(), &flags);
    let (here, there) = (router(&config), router(&config));
    let id = open_recording(&here).await;
    service.kill().await;
    service = FakeUpstream::start_at(&address, Reply::Hang).await;
    let waiting = tokio::spawn({
        let (router, path) = (here.clone(), format!("/token?recording={id}"));
        async move { get(&router, &path).await.status }
    });
    while service.calls() == 0 && !waiting.is_finished() {
        tokio::task::yield_now().await;
    }
    report(&there, &id, "end").await;
    let mut connection = redis.connect(0).await;
    let sessions: Vec<String> = connection
        .keys("{inturn}:session:*")
        .await
        .expect("the keys");
    let [session] = sessions.as_slice() else {
        panic!("{sessions:?}");
    };
    let ttl_ms: i64 = connection.pttl(session).await.expect("a time");
    assert!((1..=49_000).contains(&ttl_ms), "{ttl_ms}");
    let key = "{inturn}:person_hours:address:0.0.0.0";
    assert_counted(&mut connection, key, 1.0).await;
    waiting.abort();
    assert!(waiting.await.is_err());
    let given_back = async {
        while connection
            .exists::<_, bool>(session)
            .await
            .expect("a response")
        {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(TIMEOUT, given_back)
        .await
        .expect("before the timeout");
    assert_counted(&mut connection, key, 0.5).await;
}

async fn open_recording(router: &Router) -> String {
    let response = get(router, "/token").await;
    assert_eq!(response.status, 200);
    let id = response.json()["recording"].as_str().map(str::to_owned);
    id.expect("a recording id")
}

async fn assert_renewed(router: &Router, id: &str) {
    let response = get(router, &format!("/token?recording={id}")).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.json()["recording"], id);
}

async fn report(router: &Router, id: &str, what: &str) {
    let path = format!("/recordings/{id}/{what}");
    assert_eq!(request(router, "POST", &path, &[]).await.status, 204);
}
