//! Two replicas and one real Redis: a sign-out at one counts at the other.

use std::{path::Path, time::Duration};

use inturn_testkit::secrets::{PASSPHRASE, SIGN_IN};
use redis::AsyncCommands;
use reqwest::{Client, redirect::Policy};
use tokio::time::{sleep, timeout};

use crate::support::{FakeUpstream, KEY, OWN_PAGE, Program, RedisServer, Reply, TOKEN, built_page};

/// Two programs with one passphrase and one secret for sign-ins.
async fn replicas(page: &Path, service: &FakeUpstream, redis: &str) -> [Program; 2] {
    let hash = inturn_server::hash_password(PASSPHRASE).expect("a hash");
    let args = [
        "--listen=127.0.0.1:0",
        "--client-dir",
        page.to_str().expect("text"),
        "--service-url",
        service.url(),
        "--auth=password",
    ];
    let variables = [
        ("ASSEMBLYAI_API_KEY", KEY),
        ("INTURN_LIMITS_REDIS", redis),
        ("INTURN_SIGN_IN_SECRET", SIGN_IN),
        ("INTURN_PASSWORD_HASH", &hash),
    ];
    [
        Program::listening(page, &args, &variables).await,
        Program::listening(page, &args, &variables).await,
    ]
}

fn client() -> Client {
    let client = Client::builder().redirect(Policy::none()).no_proxy();
    client.build().expect("a client")
}

/// Signs in, and returns the cookie.
async fn sign_in(replica: &Program) -> String {
    let call = client()
        .post(format!("http://{}/sign-in", replica.address))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("passphrase={PASSPHRASE}"));
    let answer = call.send().await.expect("answers");
    let cookie = answer.headers()["set-cookie"].to_str().expect("text");
    cookie.split(';').next().expect("a cookie").to_owned()
}

async fn sign_out(replica: &Program, cookie: &str) {
    let call = client().post(format!("http://{}/sign-out", replica.address));
    let answer = call.header("cookie", cookie).send().await.expect("answers");
    assert_eq!(answer.status(), 303);
}

/// The status of a request for a token.
async fn token(replica: &Program, cookie: &str) -> u16 {
    let call = client()
        .get(format!("http://{}/token", replica.address))
        .header(OWN_PAGE.0, OWN_PAGE.1)
        .header("cookie", cookie);
    call.send().await.expect("answers").status().as_u16()
}

#[tokio::test]
async fn a_sign_out_at_one_replica_holds_at_all() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    let [here, there] = replicas(page.path(), &service, &redis.url(0)).await;
    let (ended, other) = (sign_in(&here).await, sign_in(&here).await);
    for cookie in [&ended, &other] {
        assert_eq!(token(&there, cookie).await, 200);
    }
    sign_out(&here, &ended).await;
    assert_eq!(token(&there, &ended).await, 401);
    assert_eq!(token(&there, &other).await, 200);

    // Kept until the cookie expires, and no longer.
    let mut look = redis.look(0).await;
    let keys: Vec<String> = look.keys("{inturn}:signed_out:*").await.expect("keys");
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert!(!ended.contains(&keys[0]));
    let kept_ms: i64 = look.pttl(&keys[0]).await.expect("a time");
    assert!((43_000_000..=43_200_000).contains(&kept_ms), "{kept_ms}");
    // Whoever has asked for it knows it without Redis.
    let _: () = look.del(&keys[0]).await.expect("deleted");
    assert_eq!(token(&there, &ended).await, 401);
}

#[tokio::test]
async fn a_sign_out_while_redis_is_away_holds_when_it_is_back() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let mut redis = RedisServer::start(None).await;
    let page = built_page();
    let [here, mut there] = replicas(page.path(), &service, &redis.url(0)).await;
    let (ended, other) = (sign_in(&here).await, sign_in(&here).await);
    redis.kill().await;
    sign_out(&here, &ended).await;
    assert_eq!(token(&here, &ended).await, 401);
    assert_eq!(token(&there, &other).await, 503);
    redis.start_again().await;
    let refused = async {
        while token(&there, &ended).await != 401 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, refused).await.expect("in time");
    there.wait_for_log("Redis is back").await;
    assert_eq!(token(&there, &other).await, 200);
}

/// Far more than it takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(20);
