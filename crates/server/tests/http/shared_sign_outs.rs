//! Sign-outs shared by two replicas through a real Redis.

use std::{path::Path, time::Duration};

use inturn_testkit::secrets::{PASSPHRASE, SIGN_IN};
use redis::AsyncCommands;
use reqwest::{Client, redirect::Policy};
use tokio::time::{sleep, timeout};

use crate::support::{
    FakeUpstream, KEY, OWN_PAGE, RedisServer, Reply, ServerProgram, TOKEN, built_page,
};

/// Starts two programs with the same passphrase and the same sign-in secret.
async fn replicas(page: &Path, service: &FakeUpstream, redis: &str) -> [ServerProgram; 2] {
    let hash = inturn_server::hash_password(PASSPHRASE).expect("a hash");
    let args = [
        "--listen=127.0.0.1:0",
        "--client-dir",
        page.to_str().expect("UTF-8"),
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
        ServerProgram::start(page, &args, &variables).await,
        ServerProgram::start(page, &args, &variables).await,
    ]
}

fn client() -> Client {
    let client = Client::builder().redirect(Policy::none()).no_proxy();
    client.build().expect("a client")
}

/// Signs in, and returns the cookie.
async fn sign_in(replica: &ServerProgram) -> String {
    let call = client()
        .post(format!("http://{}/sign-in", replica.address))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("passphrase={PASSPHRASE}"));
    let response = call.send().await.expect("a response");
    let cookie = response.headers()["set-cookie"].to_str().expect("UTF-8");
    cookie.split(';').next().expect("a cookie").to_owned()
}

async fn sign_out(replica: &ServerProgram, cookie: &str) {
    let call = client().post(format!("http://{}/sign-out", replica.address));
    let response = call
        .header("cookie", cookie)
        .send()
        .await
        .expect("a response");
    assert_eq!(response.status(), 303);
}

/// Requests a token and returns the status.
async fn token(replica: &ServerProgram, cookie: &str) -> u16 {
    let call = client()
        .get(format!("http://{}/token", replica.address))
        .header(OWN_PAGE.0, OWN_PAGE.1)
        .header("cookie", cookie);
    call.send().await.expect("a response").status().as_u16()
}

#[tokio::test]
async fn a_sign_out_at_one_replica_applies_to_all() {
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

    // The key expires together with the cookie.
    let mut connection = redis.connect(0).await;
    let keys: Vec<String> = connection
        .keys("{inturn}:signed_out:*")
        .await
        .expect("the keys");
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert!(!ended.contains(&keys[0]));
    let ttl_ms: i64 = connection.pttl(&keys[0]).await.expect("a time");
    assert!((43_000_000..=43_200_000).contains(&ttl_ms), "{ttl_ms}");
    // A replica that has seen the sign-out remembers it without Redis.
    let _: () = connection.del(&keys[0]).await.expect("the key is deleted");
    assert_eq!(token(&there, &ended).await, 401);
}

#[tokio::test]
async fn a_sign_out_while_redis_is_down_applies_when_it_is_back() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let mut redis = RedisServer::start(None).await;
    let page = built_page();
    let [here, mut there] = replicas(page.path(), &service, &redis.url(0)).await;
    let (ended, other) = (sign_in(&here).await, sign_in(&here).await);
    redis.kill().await;
    sign_out(&here, &ended).await;
    assert_eq!(token(&here, &ended).await, 401);
    assert_eq!(token(&there, &other).await, 503);
    redis.restart().await;
    let refused = async {
        while token(&there, &ended).await != 401 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(TIMEOUT, refused).await.expect("before the timeout");
    there.wait_for_log("Redis is back").await;
    assert_eq!(token(&there, &other).await, 200);
}

/// Far more than it takes, so that only a hang fails.
const TIMEOUT: Duration = Duration::from_secs(20);
