//! Recordings that are renewed.

use std::{collections::BTreeMap, time::Duration};

use axum::Router;
use redis::{AsyncCommands, aio::MultiplexedConnection};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{PATIENCE, ask, ask_by, replicas};
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
async fn of_200_requests_at_once_each_renewal_gets_a_token_and_no_other() {
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
        let (_, body) = ask(&replicas[0].address, "ann").await;
        let id = body["recording"].as_str().expect("a name").to_owned();
        let mut calls = JoinSet::new();
        for number in 0..200 {
            let (client, id) = (client.clone(), id.clone());
            let address = replicas[number / 2 % 2].address.clone();
            calls.spawn(async move {
                let is_renewal = number % 2 == 0;
                let asked = is_renewal.then_some(id.as_str());
                let (status, body) = ask_by(&client, &address, "ann", asked).await;
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
        let said = reqwest::Client::new().post(url).send().await;
        assert_eq!(said.expect("an answer").status(), 204);
        assert_eq!(ask(&replicas[0].address, "ann").await.0, 200, "{flag}");
        assert_eq!(ask(&replicas[1].address, "ann").await.0, 429, "{flag}");
    }
}

#[tokio::test]
async fn any_recording_but_ones_own_open_one_is_unknown() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let (page, client) = (built_page(), reqwest::Client::new());
    let flags = [&PROXIED[..], &["--person-recordings-at-once=1"]].concat();
    let replicas = replicas(page.path(), &service, &redis, 0, &flags).await;
    let [here, there] = [&replicas[0].address, &replicas[1].address];
    let end = async |id: &str| {
        let url = format!("http://{there}/recordings/{id}/end");
        let said = reqwest::Client::new().post(url).send().await;
        assert_eq!(said.expect("an answer").status(), 204);
    };
    let open = async |person: &str| {
        let (status, body) = ask(here, person).await;
        assert_eq!(status, 200);
        body["recording"].as_str().expect("a name").to_owned()
    };
    let anns = open("ann").await;
    let ended = open("bob").await;
    end(&ended).await;
    let expired = open("bob").await;
    expire(&mut redis.look(0).await, "person:bob", &expired).await;
    for asked in [
        &anns,
        &ended,
        &expired,
        "AAAAAAAAAAAAAAAAAAAAAA",
        "",
        "x",
        "%ff",
    ] {
        let (status, body) = ask_by(&client, there, "bob", Some(asked)).await;
        assert_eq!(status, 200, "{asked}");
        let id = body["recording"].as_str().expect("a name");
        assert!(
            ![&anns, &ended, &expired].iter().any(|it| *it == id),
            "{asked}"
        );
        // It counts as one.
        let refused = ask_by(&client, there, "bob", Some(asked)).await;
        assert_eq!(refused.0, 429, "{asked}");
        assert_eq!(refused, ask(here, "bob").await, "{asked}");
        end(id).await;
    }
    // Ann's goes on.
    assert_eq!(ask(here, "ann").await.0, 429);
    let (status, body) = ask_by(&client, there, "ann", Some(&anns)).await;
    assert_eq!((status, &body["recording"]), (200, &anns.as_str().into()));
}

/// As if the time of a recording were over.
async fn expire(look: &mut MultiplexedConnection, whose: &str, id: &str) {
    let lease = format!("{{inturn}}:lease:{id}");
    let _: i64 = look.pexpire(&lease, 1).await.expect("set");
    for whose in [whose, "all"] {
        let key = format!("{{inturn}}:recordings:{whose}");
        let _: i64 = look.zadd(&key, id, 1).await.expect("set");
    }
    let expired = async {
        while look.exists::<_, bool>(&lease).await.expect("an answer") {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, expired).await.expect("in time");
}

#[tokio::test]
async fn a_renewed_recording_counts_until_its_new_session_could_not_begin_or_is_over() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let url = redis.url(0);
    let flags = ["--limits-redis", &url, "--person-recordings-at-once=1"];
    let router = router(&config_for(&service, page.path(), &flags));
    let id = opened(&router).await;
    let mut look = redis.look(0).await;
    let lease = format!("{{inturn}}:lease:{id}");
    let mut lasts_s = async || {
        let (now, _): (u64, u64) = redis::cmd("TIME")
            .query_async(&mut look)
            .await
            .expect("a time");
        let [person, all] =
            ["address:0.0.0.0", "all"].map(|it| format!("{{inturn}}:recordings:{it}"));
        let mut lasts = [0; 2];
        for (lasts, key) in lasts.iter_mut().zip([person, all]) {
            let until: Option<u64> = look.zscore(&key, &id).await.expect("a score");
            *lasts = until.map_or(0, |until| (until / 1_000_000).saturating_sub(now));
            let count: usize = look.zcard(&key).await.expect("a count");
            assert_eq!(count, 1);
        }
        let kept_ms: i64 = look.pttl(&lease).await.expect("a time");
        assert!((10_800_000..=10_849_000).contains(&kept_ms), "{kept_ms}");
        lasts
    };
    renewed(&router, &id).await;
    assert!(lasts_s().await.iter().all(|lasts| (1..=49).contains(lasts)));
    report(&router, &id, "begin").await;
    assert!(lasts_s().await.iter().all(|lasts| *lasts > 10_000));
    // The session before may be on.
    renewed(&router, &id).await;
    assert!(lasts_s().await.iter().all(|lasts| *lasts > 10_000));

    // One that no longer counts needs room.
    let mut look = redis.look(0).await;
    for whose in ["address:0.0.0.0", "all"] {
        let key = format!("{{inturn}}:recordings:{whose}");
        let _: i64 = look.zadd(&key, &id, 1).await.expect("set");
    }
    let other = opened(&router).await;
    let path = format!("/token?recording={id}");
    assert_eq!(get(&router, &path).await.status, 429);
    report(&router, &other, "end").await;
    renewed(&router, &id).await;
    assert_eq!(get(&router, "/token").await.status, 429);
    // Its new session is confirmed by itself, whatever was said of those before.
    report(&router, &id, "begin").await;
    let until: u64 = look
        .zscore("{inturn}:recordings:all", &id)
        .await
        .expect("a score");
    let (now, _): (u64, u64) = redis::cmd("TIME")
        .query_async(&mut look)
        .await
        .expect("a time");
    assert!(until / 1_000_000 > now + 10_000);
}

#[tokio::test]
async fn hours_that_passed_in_several_sessions_cost_what_they_would_in_one() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    for (database, who) in ["person", "all"].into_iter().enumerate() {
        let (url, hours) = (redis.url(database), format!("--{who}-hours-per-day=12"));
        let flags = ["--limits-redis", &url, &hours];
        let config = config_for(&service, page.path(), &flags);
        let replicas = [router(&config), router(&config)];
        let id = opened(&replicas[0]).await;
        let mut look = redis.look(database).await;
        let key = match who {
            "person" => "{inturn}:person_hours:address:0.0.0.0",
            _ => "{inturn}:all_hours:all",
        };
        for (number, hours) in [(1, 2), (0, 4), (1, 5)] {
            pass(&mut look, &id, 7_200e6).await;
            if hours == 5 {
                // The third session lasted two hours too, and one more was not used.
                report(&replicas[number], &id, "end").await;
                report(&replicas[number], &id, "end").await;
                assert_counted(&mut look, key, 6.0).await;
            } else {
                renewed(&replicas[number], &id).await;
                assert_counted(&mut look, key, f64::from(hours) + 3.0).await;
            }
        }
    }
}

/// As if the last session of a recording had begun so many microseconds earlier.
async fn pass(look: &mut MultiplexedConnection, id: &str, micros: f64) {
    let lease = format!("{{inturn}}:lease:{id}");
    let since: f64 = look.hget(&lease, "since").await.expect("a time");
    let earlier = format!("{:.0}", since - micros);
    let _: i64 = look.hset(&lease, "since", earlier).await.expect("set");
}

/// Of twelve hours a day each comes back in two.
async fn assert_counted(look: &mut MultiplexedConnection, key: &str, hours: f64) {
    let forgotten_at: f64 = look.get(key).await.expect("a time");
    let (now, _): (f64, f64) = redis::cmd("TIME").query_async(look).await.expect("a time");
    let counted = (forgotten_at / 1e6 - now) / 7_200.0;
    assert!(
        (hours - 0.02..=hours + 0.001).contains(&counted),
        "{counted} {hours}"
    );
}

#[tokio::test]
async fn a_renewal_without_a_token_is_given_back_to_all_replicas() {
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
    let id = opened(&replicas[0]).await;
    let path = format!("/token?recording={id}");
    service.kill().await;
    // All at once, so that some are over before it is known that they get no token.
    let mut calls = JoinSet::new();
    for number in 0..12 {
        let (router, path) = (replicas[number % 2].clone(), path.clone());
        calls.spawn(async move { get(&router, &path).await.status.as_u16() });
    }
    assert!(calls.join_all().await.iter().all(|status| *status == 503));

    let mut look = redis.look(0).await;
    let given_back = async {
        loop {
            let given_up: Vec<String> = look.keys("{inturn}:lease:*").await.expect("keys");
            if given_up.len() == 13 {
                return;
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, given_back).await.expect("in time");
    // The first session costs its half hour; the others nothing, and no token.
    let key = "{inturn}:person_hours:address:0.0.0.0";
    assert_counted(&mut look, key, 0.5).await;
    let sessions: Vec<String> = look.keys("{inturn}:session:*").await.expect("keys");
    assert!(sessions.is_empty(), "{sessions:?}");
    let forgotten_at: f64 = look
        .get("{inturn}:person_day:address:0.0.0.0")
        .await
        .expect("a time");
    let (now, _): (f64, f64) = redis::cmd("TIME")
        .query_async(&mut look)
        .await
        .expect("a time");
    let tokens = (forgotten_at / 1e6 - now) * 30.0 / 86_400.0;
    assert!((0.9..=1.001).contains(&tokens), "{tokens}");

    let _service = FakeUpstream::start_at(&address, Reply::token(TOKEN)).await;
    renewed(&replicas[1], &id).await;
    assert_counted(&mut look, key, 3.5).await;
}

#[tokio::test]
async fn renewals_that_nobody_got_while_redis_was_silent_count_nowhere() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let (page, client) = (built_page(), reqwest::Client::new());
    let flags = [&PROXIED[..2], &["--person-hours-per-day=12"]].concat();
    let mut replicas = replicas(page.path(), &service, &redis, 0, &flags).await;
    let (_, body) = ask(&replicas[0].address, "ann").await;
    let id = body["recording"].as_str().expect("a name").to_owned();
    redis.signal("-STOP").await;
    let mut calls = JoinSet::new();
    for number in 0..10 {
        let (client, id) = (client.clone(), id.clone());
        let address = replicas[number % 2].address.clone();
        calls.spawn(async move { ask_by(&client, &address, "ann", Some(&id)).await.0 });
    }
    assert!(calls.join_all().await.iter().all(|status| *status == 503));
    redis.signal("-CONT").await;
    for replica in &mut replicas {
        replica.wait_for_log("limits are shared again").await;
    }
    let mut look = redis.look(0).await;
    let given_back = async {
        loop {
            let leases: Vec<String> = look.keys("{inturn}:lease:*").await.expect("keys");
            if leases.len() == 11 {
                return;
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, given_back).await.expect("in time");
    let key = "{inturn}:person_hours:person:ann";
    let forgotten_at: f64 = look.get(key).await.expect("a time");
    let (now, _): (f64, f64) = redis::cmd("TIME")
        .query_async(&mut look)
        .await
        .expect("a time");
    let hours = (forgotten_at / 1e6 - now) / 7_200.0;
    // The first session's three hours if Redis was silent for all of them, or its half hour if it read one.
    assert!(hours <= 3.0, "{hours}");
    let (status, body) = ask_by(&client, &replicas[1].address, "ann", Some(&id)).await;
    assert_eq!((status, &body["recording"]), (200, &id.as_str().into()));
}

/// Somebody presses Stop while the token of a renewal is awaited.
#[tokio::test]
async fn a_renewal_without_a_token_costs_nothing_if_its_recording_ended_first() {
    let mut service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let address = service.url().replace("http://", "");
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let url = redis.url(0);
    let flags = ["--limits-redis", &url, "--person-hours-per-day=12"];
    let config = config_for(&service, page.path(), &flags);
    let (here, there) = (router(&config), router(&config));
    let id = opened(&here).await;
    service.kill().await;
    service = FakeUpstream::start_at(&address, Reply::Hang).await;
    let impatient = tokio::spawn({
        let (router, path) = (here.clone(), format!("/token?recording={id}"));
        async move { get(&router, &path).await.status }
    });
    while service.calls() == 0 && !impatient.is_finished() {
        tokio::task::yield_now().await;
    }
    report(&there, &id, "end").await;
    let mut look = redis.look(0).await;
    let sessions: Vec<String> = look.keys("{inturn}:session:*").await.expect("keys");
    let [session] = sessions.as_slice() else {
        panic!("{sessions:?}");
    };
    let lasts_ms: i64 = look.pttl(session).await.expect("a time");
    assert!((1..=49_000).contains(&lasts_ms), "{lasts_ms}");
    let key = "{inturn}:person_hours:address:0.0.0.0";
    assert_counted(&mut look, key, 1.0).await;
    impatient.abort();
    assert!(impatient.await.is_err());
    let given_back = async {
        while look.exists::<_, bool>(session).await.expect("an answer") {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, given_back).await.expect("in time");
    assert_counted(&mut look, key, 0.5).await;
}

async fn opened(router: &Router) -> String {
    let answer = get(router, "/token").await;
    assert_eq!(answer.status, 200);
    let id = answer.json()["recording"].as_str().map(str::to_owned);
    id.expect("a name")
}

async fn renewed(router: &Router, id: &str) {
    let answer = get(router, &format!("/token?recording={id}")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["recording"], id);
}

async fn report(router: &Router, id: &str, what: &str) {
    let path = format!("/recordings/{id}/{what}");
    assert_eq!(request(router, "POST", &path, &[]).await.status, 204);
}
