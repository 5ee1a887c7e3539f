//! Two replicas and one real Redis, which comes and goes.

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

use crate::support::{FakeUpstream, KEY, OWN_PAGE, Program, RedisServer};

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
    ask_by(&reqwest::Client::new(), address, person, None).await
}

/// The same by a client that many share, for a recording that may be theirs.
async fn ask_by(
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

/// Far more than an answer takes, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(20);
