//! Two replicas and one real Redis, which comes and goes.

use std::{collections::BTreeMap, path::Path, time::Duration};

use inturn_printed::secrets::REDIS as PASSWORD;
use inturn_server::Config;
use redis::AsyncCommands;
use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::support::{
    FakeUpstream, KEY, OWN_PAGE, Program, RedisServer, Reply, TOKEN, built_page, config_for, get,
    request, router,
};

/// Two programs that share their limits.
async fn replicas(
    page: &Path,
    service: &FakeUpstream,
    redis: &RedisServer,
    database: usize,
    flags: &[&str],
) -> [Program; 2] {
    let url = redis.url(database);
    [
        replica(page, service, &url, flags).await,
        replica(page, service, &url, flags).await,
    ]
}

async fn replica(page: &Path, service: &FakeUpstream, redis: &str, flags: &[&str]) -> Program {
    let dir = page.to_str().expect("text");
    let mut args = vec!["--listen=127.0.0.1:0", "--client-dir", dir];
    args.extend(["--service-url", service.url()]);
    args.extend(flags);
    // The test says who asks, as a proxy does, and a server of this machine alone takes that from nobody.
    if !flags.iter().any(|flag| flag.starts_with("--auth")) {
        args.push("--auth=open");
    }
    let variables = [("ASSEMBLYAI_API_KEY", KEY), ("INTURN_LIMITS_REDIS", redis)];
    Program::listening(page, &args, &variables).await
}

/// Asks for a token: the status, and the body.
async fn ask(address: &str, person: &str) -> (u16, Value) {
    let client = reqwest::Client::new();
    let call = client
        .get(format!("http://{address}/token"))
        .header(OWN_PAGE.0, OWN_PAGE.1)
        .header("x-forwarded-user", person);
    let reply = timeout(PATIENCE, call.send()).await.expect("in time");
    let reply = reply.expect("an answer");
    let status = reply.status().as_u16();
    let body = reply.bytes().await.expect("a body");
    (status, serde_json::from_slice(&body).expect("JSON"))
}

/// Asks each of the replicas so often, all at once: how often each status came.
async fn rush(replicas: &[Program], each: usize, person: &'static str) -> BTreeMap<u16, usize> {
    let mut calls = JoinSet::new();
    for _ in 0..each {
        for replica in replicas {
            let address = replica.address.clone();
            calls.spawn(async move { ask(&address, person).await.0 });
        }
    }
    let mut statuses = BTreeMap::new();
    for status in calls.join_all().await {
        *statuses.entry(status).or_default() += 1;
    }
    statuses
}

/// Asks until the status is this one.
async fn ask_until(address: &str, status: u16) -> Value {
    let answered = async {
        loop {
            let (answered, body) = ask(address, "ann").await;
            if answered == status {
                return body;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, answered).await.expect("in time")
}

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
        let statuses = rush(&replicas, 40, "ann").await;
        assert_eq!(statuses, BTreeMap::from([(200, 20), (429, 60)]), "{flag}");
        assert_eq!(service.calls() - before, 20, "{flag}");

        // What one has used up, another has not; but all together are the same to everybody.
        let others = if flag.contains("person") { 200 } else { 429 };
        for replica in &replicas {
            assert_eq!(ask(&replica.address, "bob").await.0, others, "{flag}");
            let (status, body) = ask(&replica.address, "ann").await;
            assert_eq!((status, &body["code"]), (429, &"limit_reached".into()));
            let wait = body["retry_after_seconds"].as_u64().expect("a wait");
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
async fn a_recording_of_one_replica_may_end_at_the_other() {
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
    let answer = get(&here, "/token").await;
    let id = answer.json()["recording"]
        .as_str()
        .expect("a name")
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
async fn what_is_counted_is_kept_no_longer_than_it_counts() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let url = redis.url(0);
    let flags = ["--limits-redis", &url, "--person-recordings-at-once=1"];
    let router = router(&config_for(&service, page.path(), &flags));
    assert_eq!(get(&router, "/token").await.status, 200);

    let mut look = redis.look(0).await;
    let mut keys: Vec<String> = look.keys("*").await.expect("keys");
    // Written on connecting, to see that it can be, and gone after a second.
    keys.retain(|key| key != "{inturn}:probe:all");
    assert_eq!(keys.len(), 9, "{keys:?}");
    for key in &keys {
        assert!(key.starts_with("{inturn}:"), "{key}");
        let lasts_ms: i64 = look.pttl(key).await.expect("a time");
        // As long as the longest session, and the token's time before it.
        assert!((1..=10_849_000).contains(&lasts_ms), "{key}: {lasts_ms}");
    }

    // As if that time were over.
    assert_eq!(get(&router, "/token").await.status, 429);
    for whose in ["address:0.0.0.0", "all"] {
        let key = format!("{{inturn}}:recordings:{whose}");
        let names: Vec<String> = look.zrange(&key, 0, -1).await.expect("names");
        let [name] = names.as_slice() else {
            panic!("{key}: {names:?}");
        };
        let _: i64 = look.zadd(&key, name, 1).await.expect("set");
    }
    assert_eq!(get(&router, "/token").await.status, 200);
}

#[tokio::test]
async fn a_token_that_does_not_come_is_given_back_to_all_replicas() {
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
            let body = ask_until(&replica.address, 503).await;
            assert_eq!(body["code"], "service_failed");
            assert_eq!(service.calls(), calls);
        }
    }
}

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

#[tokio::test]
async fn closed_means_no_token_until_redis_is_back() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let mut redis = RedisServer::start(None).await;
    let page = built_page();
    let flags = ["--all-tokens-per-day=3"];
    let mut replicas = replicas(page.path(), &service, &redis, 0, &flags).await;
    assert_eq!(ask(&replicas[0].address, "ann").await.0, 200);
    for round in 1..=2 {
        redis.kill().await;
        let calls = service.calls();
        for replica in &mut replicas {
            for _ in 0..5 {
                let (status, body) = ask(&replica.address, "ann").await;
                assert_eq!((status, &body["code"]), (503, &"limits_unavailable".into()));
                assert!(body["retry_after_seconds"].is_u64(), "{body}");
            }
            replica.says("nobody gets a token until it is back").await;
            let page = reqwest::get(format!("http://{}/", replica.address)).await;
            assert_eq!(page.expect("an answer").status(), 200);
        }
        assert_eq!(service.calls(), calls, "round {round}");

        redis.start_again().await;
        for replica in &mut replicas {
            replica.says_times("limits are shared again", round).await;
        }
        assert_eq!(
            rush(&replicas, 5, "ann").await,
            BTreeMap::from([(200, 3), (429, 7)])
        );
    }
    for replica in replicas {
        replica.terminate();
        let (_, log) = replica.finish().await;
        // Each time once, and not with each request.
        assert_eq!(log.matches("Redis is away").count(), 2, "{log}");
        assert_eq!(log.matches("Redis is back").count(), 2, "{log}");
    }
}

#[tokio::test]
async fn open_means_that_each_replica_counts_for_itself_meanwhile() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let mut redis = RedisServer::start(None).await;
    let page = built_page();
    let flags = ["--all-tokens-per-day=3", "--limits-when-redis-is-away=open"];
    let mut replicas = replicas(page.path(), &service, &redis, 0, &flags).await;
    assert_eq!(rush(&replicas, 1, "ann").await, BTreeMap::from([(200, 2)]));

    redis.kill().await;
    assert_eq!(
        rush(&replicas, 5, "ann").await,
        BTreeMap::from([(200, 6), (429, 4)])
    );
    for replica in &mut replicas {
        replica.says("each replica counts for itself").await;
    }
    redis.start_again().await;
    for replica in &mut replicas {
        replica.says("limits are shared again").await;
    }
    assert_eq!(
        rush(&replicas, 5, "ann").await,
        BTreeMap::from([(200, 3), (429, 7)])
    );
}

#[tokio::test]
async fn a_redis_that_says_nothing_is_away() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let mut replica = replica(page.path(), &service, &redis.url(0), &[]).await;
    assert_eq!(ask(&replica.address, "ann").await.0, 200);
    redis.signal("-STOP").await;
    let (status, body) = ask(&replica.address, "ann").await;
    assert_eq!((status, &body["code"]), (503, &"limits_unavailable".into()));
    replica.says("it did not answer in time").await;
    redis.signal("-CONT").await;
    replica.says("limits are shared again").await;
    assert_eq!(ask(&replica.address, "ann").await.0, 200);
}

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
        replica.says("limits are shared again").await;
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

#[tokio::test]
async fn an_error_under_one_persons_key_is_theirs_alone() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    for (database, when_away, status) in [(0, "closed", 503), (1, "open", 200)] {
        let mut look = redis.look(database).await;
        let key = "{inturn}:person_day:person:eve";
        let _: i64 = look.lpush(key, "not a number").await.expect("set");
        let away = format!("--limits-when-redis-is-away={when_away}");
        let flags = ["--auth=proxy", "--trusted-proxy=127.0.0.1", &away];
        let mut replica = replica(page.path(), &service, &redis.url(database), &flags).await;
        for _ in 0..3 {
            assert_eq!(ask(&replica.address, "eve").await.0, status, "{when_away}");
            assert_eq!(ask(&replica.address, "ann").await.0, 200, "{when_away}");
        }
        replica.says_times("WRONGTYPE", 3).await;
        replica.terminate();
        let (_, log) = replica.finish().await;
        assert!(!log.contains("Redis is away"), "{log}");
    }
}

#[tokio::test]
async fn a_redis_that_takes_nothing_from_anybody_is_away() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let mut replica = replica(page.path(), &service, &redis.url(0), &[]).await;
    assert_eq!(ask(&replica.address, "ann").await.0, 200);
    let mut look = redis.look(0).await;
    for (replicas, status, said) in [
        (1, 503, "nobody gets a token until it is back"),
        (0, 200, "limits are shared again"),
    ] {
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg("min-replicas-to-write").arg(replicas);
        let set = set.exec_async(&mut look).await;
        set.expect("set");
        ask_until(&replica.address, status).await;
        replica.says(said).await;
    }
}

#[tokio::test]
async fn a_redis_that_comes_later_is_found() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let mut redis = RedisServer::start(None).await;
    redis.kill().await;
    let page = built_page();
    let mut replica = replica(page.path(), &service, &redis.url(0), &[]).await;
    // Said before anybody asks.
    replica.says("Redis is away").await;
    assert_eq!(ask(&replica.address, "ann").await.0, 503);
    redis.start_again().await;
    replica.says("limits are shared again").await;
    assert_eq!(ask(&replica.address, "ann").await.0, 200);
}

#[tokio::test]
async fn its_password_is_nowhere_to_be_seen() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(Some(PASSWORD)).await;
    let page = built_page();
    let url = |password| format!("redis://:{password}@127.0.0.1:{}/0", redis.port());
    let (right, wrong) = (url(PASSWORD), url(WRONG_PASSWORD));
    for (url, status) in [(&right, 200), (&wrong, 503)] {
        let flags = ["--log-filter=trace"];
        let replica = replica(page.path(), &service, url, &flags).await;
        assert_eq!(ask(&replica.address, "ann").await.0, status, "{status}");
        replica.terminate();
        let (_, log) = replica.finish().await;
        assert!(log.contains("redis=127.0.0.1:"), "{log}");
        for password in [PASSWORD, WRONG_PASSWORD] {
            assert!(!log.contains(password), "{log}");
        }
    }

    // From a file too; and from one place alone.
    let file = page.path().join("redis-url");
    std::fs::write(&file, format!("{right}\n")).expect("written");
    let dir = page.path().to_str().expect("text");
    let args = [
        "--listen=127.0.0.1:0",
        "--client-dir",
        dir,
        "--service-url",
        service.url(),
        "--auth=open",
    ];
    let mut variables = vec![
        ("ASSEMBLYAI_API_KEY", KEY),
        ("INTURN_LIMITS_REDIS_FILE", file.to_str().expect("text")),
    ];
    let replica = Program::listening(page.path(), &args, &variables).await;
    assert_eq!(ask(&replica.address, "ann").await.0, 200);
    for (value, said) in [
        (
            right.as_str(),
            "INTURN_LIMITS_REDIS and INTURN_LIMITS_REDIS_FILE are both set",
        ),
        (
            &format!("http://:{PASSWORD}@x"),
            "INTURN_LIMITS_REDIS must be an address such as redis://",
        ),
    ] {
        variables.truncate(2);
        variables.push(("INTURN_LIMITS_REDIS", value));
        let output = Program::ended(page.path(), &args, &variables).await;
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{log}");
        assert!(log.contains(said) && !log.contains(PASSWORD), "{log}");
    }
}

const WRONG_PASSWORD: &str = "redis-marker-90aa";

/// Far more than an answer takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(20);
