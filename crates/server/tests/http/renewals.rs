//! A recording that goes on in another session is the same recording.

use std::collections::BTreeMap;

use axum::Router;
use tokio::task::JoinSet;

use crate::support::{
    Answer, FakeUpstream, OWN_PAGE, Program, Reply, TOKEN, built_page, config_for, get, request,
    router,
};

/// Asks as `person`, behind a proxy that is whoever calls; `query` may name a recording.
async fn ask(router: &Router, person: &str, query: &str) -> Answer {
    let headers = [("x-forwarded-user", person), OWN_PAGE];
    request(router, "GET", &format!("/token{query}"), &headers).await
}

fn renewal(recording: &str) -> String {
    format!("?recording={recording}")
}

fn recording(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let id = answer.json()["recording"].as_str().map(str::to_owned);
    id.expect("a recording")
}

async fn report(router: &Router, recording: &str, what: &str) {
    let path = format!("/recordings/{recording}/{what}");
    assert_eq!(request(router, "POST", &path, &[]).await.status, 204);
}

const PROXIED: [&str; 3] = [
    "--auth=proxy",
    "--trusted-proxy=0.0.0.0",
    "--person-tokens-per-minute=0",
];

#[tokio::test]
async fn whoever_holds_a_recording_renews_it() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [&PROXIED[..], &["--person-recordings-at-once=1"]].concat();
    let router = router(&config_for(&service, page.path(), &flags));
    let id = recording(&ask(&router, "ann", "").await);
    for number in 2..10 {
        // In each spelling of their name, whether its page said meanwhile that it began or not.
        let answer = ask(&router, ["ann", "ANN"][number % 2], &renewal(&id)).await;
        assert_eq!(recording(&answer), id);
        assert_eq!(answer.json()["token"], TOKEN);
        assert_eq!(service.calls(), number);
        if number > 5 {
            report(&router, &id, "begin").await;
        }
    }
    assert_eq!(ask(&router, "ann", "").await.status, 429);
    report(&router, &id, "end").await;
    assert_ne!(recording(&ask(&router, "ann", "").await), id);
}

/// No answer tells another person's recording from none at all.
#[tokio::test]
async fn any_other_recording_is_unknown() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [&PROXIED[..], &["--person-recordings-at-once=1"]].concat();
    let router = router(&config_for(&service, page.path(), &flags));
    let anns = recording(&ask(&router, "ann", "").await);
    let ended = recording(&ask(&router, "bob", "").await);
    report(&router, &ended, "end").await;
    let (anns_twice, too_long) = (format!("{anns}&recording={anns}"), "A".repeat(5000));
    let mut seen = vec![anns.clone(), ended.clone()];
    for asked in [
        anns.as_str(),
        &ended,
        "AAAAAAAAAAAAAAAAAAAAAA",
        "",
        "x",
        "%ff",
        "%2e%2e",
        "%",
        &format!("{anns}="),
        &anns_twice,
        &too_long,
    ] {
        let id = recording(&ask(&router, "bob", &renewal(asked)).await);
        assert!(!seen.contains(&id), "{asked}");
        // It counts as one.
        let refused = ask(&router, "bob", &renewal(asked)).await;
        let plainly = ask(&router, "bob", "").await;
        assert_eq!(refused.status, 429, "{asked}");
        assert_eq!(refused.body, plainly.body, "{asked}");
        report(&router, &id, "end").await;
        seen.push(id);
    }
    // Ann's goes on.
    assert_eq!(ask(&router, "ann", "").await.status, 429);
    let answer = ask(&router, "ann", &renewal(&anns)).await;
    assert_eq!(recording(&answer), anns);
}

#[tokio::test]
async fn of_200_requests_at_once_each_renewal_gets_a_token_and_no_other() {
    for flag in [
        "--person-recordings-at-once=1",
        "--all-recordings-at-once=1",
    ] {
        let service = FakeUpstream::start(Reply::token(TOKEN)).await;
        let page = built_page();
        let flags = [&PROXIED[..], &[flag, "--person-hours-per-day=0"]].concat();
        let router = router(&config_for(&service, page.path(), &flags));
        let id = recording(&ask(&router, "ann", "").await);
        let mut calls = JoinSet::new();
        for number in 0..200 {
            let (router, id) = (router.clone(), id.clone());
            calls.spawn(async move {
                let is_renewal = number % 2 == 0;
                let query = if is_renewal {
                    renewal(&id)
                } else {
                    String::new()
                };
                let answer = ask(&router, "ann", &query).await;
                let named = answer.json()["recording"] == id.as_str();
                (is_renewal, answer.status.as_u16(), named)
            });
        }
        let mut counts = BTreeMap::new();
        for outcome in calls.join_all().await {
            *counts.entry(outcome).or_insert(0) += 1;
        }
        let expected = [((false, 429, false), 100), ((true, 200, true), 100)];
        assert_eq!(counts, BTreeMap::from(expected), "{flag}");
        assert_eq!(service.calls(), 101, "{flag}");
        report(&router, &id, "end").await;
        assert_eq!(ask(&router, "ann", "").await.status, 200, "{flag}");
    }
}

#[tokio::test]
async fn each_renewal_is_a_token_and_a_session_of_the_limits() {
    for (flag, tokens) in [
        ("--person-tokens-per-minute=4", 4),
        ("--all-tokens-per-day=5", 5),
        // The first needs three hours, and each one more costs half an hour at the least.
        ("--person-hours-per-day=6", 7),
        ("--all-hours-per-day=6", 7),
    ] {
        let service = FakeUpstream::start(Reply::token(TOKEN)).await;
        let page = built_page();
        let unlimited = ["--person-tokens-per-minute=0", "--person-hours-per-day=0"];
        let mut flags = unlimited.to_vec();
        flags.retain(|it| it.split('=').next() != flag.split('=').next());
        flags.push(flag);
        let router = router(&config_for(&service, page.path(), &flags));
        let id = recording(&get(&router, "/token").await);
        for _ in 1..tokens {
            let answer = get(&router, &format!("/token{}", renewal(&id))).await;
            assert_eq!(recording(&answer), id, "{flag}");
        }
        let answer = get(&router, &format!("/token{}", renewal(&id))).await;
        assert_eq!(answer.status, 429, "{flag}");
        assert_eq!(answer.json()["code"], "limit_reached");
        assert_eq!(service.calls(), tokens, "{flag}");
    }
}

#[tokio::test]
async fn a_renewal_without_a_token_leaves_the_recording_as_it_is() {
    let mut service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let address = service.url().replace("http://", "");
    let page = built_page();
    let more = [
        "--person-recordings-at-once=1",
        "--person-tokens-per-day=2",
        // One that was renewed costs half an hour.
        "--person-hours-per-day=4",
    ];
    let flags = [&PROXIED[..], &more].concat();
    let router = router(&config_for(&service, page.path(), &flags));
    let id = recording(&ask(&router, "ann", "").await);
    service.kill().await;
    for _ in 0..20 {
        assert_eq!(ask(&router, "ann", &renewal(&id)).await.status, 503);
    }
    // Nor did it make room for another.
    service = FakeUpstream::start_at(&address, Reply::Hang).await;
    let impatient = tokio::spawn({
        let (router, query) = (router.clone(), renewal(&id));
        async move { ask(&router, "ann", &query).await.status }
    });
    while service.calls() == 0 && !impatient.is_finished() {
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&router, "ann", "").await.status, 429);
    service.kill().await;
    assert_eq!(impatient.await.expect("an answer").as_u16(), 503);
    let _service = FakeUpstream::start_at(&address, Reply::token(TOKEN)).await;
    assert_eq!(recording(&ask(&router, "ann", &renewal(&id)).await), id);
    // The day's two tokens are used up.
    assert_eq!(ask(&router, "ann", &renewal(&id)).await.status, 429);
}

#[tokio::test]
async fn whoever_goes_away_from_a_renewal_still_holds_the_recording() {
    let mut service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let address = service.url().replace("http://", "");
    let page = built_page();
    let more = ["--person-recordings-at-once=1", "--person-hours-per-day=4"];
    let flags = [&PROXIED[..], &more].concat();
    let router = router(&config_for(&service, page.path(), &flags));
    let id = recording(&ask(&router, "ann", "").await);
    service.kill().await;
    service = FakeUpstream::start_at(&address, Reply::Hang).await;
    for calls in 0..10 {
        let impatient = tokio::spawn({
            let (router, query) = (router.clone(), renewal(&id));
            async move { ask(&router, "ann", &query).await.status }
        });
        while service.calls() == calls && !impatient.is_finished() {
            tokio::task::yield_now().await;
        }
        impatient.abort();
        assert!(impatient.await.is_err());
    }
    service.kill().await;
    let _service = FakeUpstream::start_at(&address, Reply::token(TOKEN)).await;
    assert_eq!(ask(&router, "ann", "").await.status, 429);
    assert_eq!(recording(&ask(&router, "ann", &renewal(&id)).await), id);
}

/// Whoever knows it can end the recording.
#[tokio::test]
async fn the_recording_that_is_asked_for_is_in_no_log() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = ["--log-filter=trace", "--service-url", service.url()];
    let key = [("ASSEMBLYAI_API_KEY", crate::support::KEY)];
    let program = Program::serving(page.path(), &flags, &key).await;
    let id = {
        let reply = reqwest::get(format!("http://{}/token", program.address)).await;
        let body = reply.expect("an answer").bytes().await.expect("a body");
        let reply: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        reply["recording"].as_str().expect("a recording").to_owned()
    };
    let url = format!("http://{}/token{}", program.address, renewal(&id));
    let reply = reqwest::get(url).await.expect("an answer");
    assert!(reply.text().await.expect("a body").contains(&id));
    program.terminate();
    let (_, log) = program.finish().await;
    assert!(log.matches("a token was handed out").count() == 2, "{log}");
    assert!(!log.contains(&id), "{log}");
}
