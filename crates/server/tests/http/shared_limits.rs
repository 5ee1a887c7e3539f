//! Limits shared by two replicas through a real Redis.

mod away;
mod counts;
mod errors;
mod hours;
mod leases;
mod password;
mod renewals;

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::support::{FakeUpstream, KEY, OWN_PAGE, RedisServer, ServerProgram};

/// Starts two programs that share their limits.
async fn replicas(
    page: &Path,
    service: &FakeUpstream,
    redis: &RedisServer,
    database: usize,
    flags: &[&str],
) -> [ServerProgram; 2] {
    let url = redis.url(database);
    [
        replica(page, service, &url, flags).await,
        replica(page, service, &url, flags).await,
    ]
}

async fn replica(
    page: &Path,
    service: &FakeUpstream,
    redis: &str,
    flags: &[&str],
) -> ServerProgram {
    let dir = page.to_str().expect("UTF-8");
    let mut args = vec!["--listen=127.0.0.1:0", "--client-dir", dir];
    args.extend(["--service-url", service.url()]);
    args.extend(flags);
    // The test sends a user name, as a proxy does. In loopback mode the server accepts none.
    if !flags.iter().any(|flag| flag.starts_with("--auth")) {
        args.push("--auth=open");
    }
    let variables = [("ASSEMBLYAI_API_KEY", KEY), ("INTURN_LIMITS_REDIS", redis)];
    ServerProgram::start(page, &args, &variables).await
}

/// Requests a token; returns the status and the body.
async fn request_token(address: &str, person: &str) -> (u16, Value) {
    request_token_with(&reqwest::Client::new(), address, person, None).await
}

/// As [`request_token`], with a shared client, and with the id of a recording to renew.
async fn request_token_with(
    client: &reqwest::Client,
    address: &str,
    person: &str,
    recording: Option<&str>,
) -> (u16, Value) {
    let query = recording.map_or_else(String::new, |id| format!("?recording={id}"));
    let call = client
        .get(format!("http://{address}/token{query}"))
        .header(OWN_PAGE.0, OWN_PAGE.1)
        .header("x-forwarded-user", person);
    let reply = timeout(TIMEOUT, call.send())
        .await
        .expect("before the timeout");
    let reply = reply.expect("a response");
    let status = reply.status().as_u16();
    let body = reply.bytes().await.expect("a body");
    (status, serde_json::from_slice(&body).expect("JSON"))
}

/// Sends `each` concurrent requests to every replica; returns the number of responses per status.
async fn request_tokens_at_once(
    replicas: &[ServerProgram],
    each: usize,
    person: &'static str,
) -> BTreeMap<u16, usize> {
    let mut calls = JoinSet::new();
    for _ in 0..each {
        for replica in replicas {
            let address = replica.address.clone();
            calls.spawn(async move { request_token(&address, person).await.0 });
        }
    }
    let mut statuses = BTreeMap::new();
    for status in calls.join_all().await {
        *statuses.entry(status).or_default() += 1;
    }
    statuses
}

/// Requests tokens until a response has this status; returns its body.
async fn request_token_until(address: &str, status: u16) -> Value {
    let answered = async {
        loop {
            let (answered, body) = request_token(address, "ann").await;
            if answered == status {
                return body;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(TIMEOUT, answered)
        .await
        .expect("before the timeout")
}

/// Far more than an answer takes, so that only a hang fails.
const TIMEOUT: Duration = Duration::from_secs(20);
