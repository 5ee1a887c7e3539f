//! Renewals: a recording that continues in another session keeps its lease.

use std::collections::BTreeMap;

use axum::Router;
use tokio::task::JoinSet;

use crate::support::{
    FakeUpstream, OWN_PAGE, Reply, Response, ServerProgram, TOKEN, built_page, config_for, get,
    request, router,
};

/// Requests a token as `person`, named by a trusted proxy; `query` may name a recording.
async fn request_token(router: &Router, person: &str, query: &str) -> Response {
    let headers = [("x-forwarded-user", person), OWN_PAGE];
    request(router, "GET", &format!("/token{query}"), &headers).await
}

fn renewal(recording: &str) -> String {
    format!("?recording={recording}")
}

fn recording(response: &Response) -> String {
    assert_eq!(response.status, 200, "{}", response.text());
    let id = response.json()["recording"].as_str().map(str::to_owned);
    id.expect("a recording id")
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
async fn the_owner_of_a_recording_can_renew_it() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [&PROXIED[..], &["--person-recordings-at-once=1"]].concat();
    let router = router(&config_for(&service, page.path(), &flags));
    let id = recording(&request_token(&router, "ann", "").await);
    for number in 2..10 {
        // Alternate spellings of the name, with and without a reported begin.
        let response = request_token(&router, ["ann", "ANN"][number % 2], &renewal(&id)).await;
        assert_eq!(recording(&response), id);
        assert_eq!(response.json()["token"], TOKEN);
        assert_eq!(service.calls(), number);
        if number > 5 {
            report(&router, &id, "begin").await;
        }
    }
    assert_eq!(request_token(&router, "ann", "").await.status, 429);
    report(&router, &id, "end").await;
    assert_ne!(recording(&request_token(&router, "ann", "").await), id);
}

/// The response does not reveal whether another person's recording exists.
#[tokio::test]
async fn any_other_recording_id_is_treated_as_unknown() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [&PROXIED[..], &["--person-recordings-at-once=1"]].concat();
    let router = router(&config_for(&service, page.path(), &flags));
    let anns_recording = recording(&request_token(&router, "ann", "").await);
    let ended = recording(&request_token(&router, "bob", "").await);
    report(&router, &ended, "end").await;
    let (repeated_parameter, too_long) = (
        format!("{anns_recording}&recording={anns_recording}"),
        "A".repeat(5000),
    );
    let mut seen = vec![anns_recording.clone(), ended.clone()];
    for asked in [
        anns_recording.as_str(),
        &ended,
        "AAAAAAAAAAAAAAAAAAAAAA",
        "",
        "x",
        "%ff",
        "%2e%2e",
        "%",
        &format!("{anns_recording}="),
        &repeated_parameter,
        &too_long,
    ] {
        let id = recording(&request_token(&router, "bob", &renewal(asked)).await);
        assert!(!seen.contains(&id), "{asked}");
        // The new recording counts as one.
        let refused = request_token(&router, "bob", &renewal(asked)).await;
        let without_renewal = request_token(&router, "bob", "").await;
        assert_eq!(refused.status, 429, "{asked}");
        assert_eq!(refused.body, without_renewal.body, "{asked}");
        report(&router, &id, "end").await;
        seen.push(id);
    }
    // Ann's recording is not affected.
    assert_eq!(request_token(&router, "ann", "").await.status, 429);
    let response = request_token(&router, "ann", &renewal(&anns_recording)).await;
    assert_eq!(recording(&response), anns_recording);
}

#[tokio::test]
async fn of_200_concurrent_requests_only_renewals_get_a_token() {
    for flag in [
        "--person-recordings-at-once=1",
        "--all-recordings-at-once=1",
    ] {
        let service = FakeUpstream::start(Reply::token(TOKEN)).await;
        let page = built_page();
        let flags = [&PROXIED[..], &[flag, "--person-hours-per-day=0"]].concat();
        let router = router(&config_for(&service, page.path(), &flags));
        let id = recording(&request_token(&router, "ann", "").await);
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
                let response = request_token(&router, "ann", &query).await;
                let named = response.json()["recording"] == id.as_str();
                (is_renewal, response.status.as_u16(), named)
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
        assert_eq!(
            request_token(&router, "ann", "").await.status,
            200,
            "{flag}"
        );
    }
}

#[tokio::test]
async fn each_renewal_counts_as_a_token_and_a_session() {
    for (flag, tokens) in [
        ("--person-tokens-per-minute=4", 4),
        ("--all-tokens-per-day=5", 5),
        // The first token needs three hours, and each further one costs at least half an hour.
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
            let response = get(&router, &format!("/token{}", renewal(&id))).await;
            assert_eq!(recording(&response), id, "{flag}");
        }
        let response = get(&router, &format!("/token{}", renewal(&id))).await;
        assert_eq!(response.status, 429, "{flag}");
        assert_eq!(response.json()["code"], "limit_reached");
        assert_eq!(service.calls(), tokens, "{flag}");
    }
}

#[tokio::test]
async fn a_failed_renewal_leaves_the_recording_unchanged() {
    let mut service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let address = service.url().replace("http://", "");
    let page = built_page();
    let more = [
        "--person-recordings-at-once=1",
        "--person-tokens-per-day=2",
        // A renewed session costs half an hour.
        "--person-hours-per-day=4",
    ];
    let flags = [&PROXIED[..], &more].concat();
    let router = router(&config_for(&service, page.path(), &flags));
    let id = recording(&request_token(&router, "ann", "").await);
    service.kill().await;
    for _ in 0..20 {
        assert_eq!(
            request_token(&router, "ann", &renewal(&id)).await.status,
            503
        );
    }
    // The failed renewals free no place for another recording.
    service = FakeUpstream::start_at(&address, Reply::Hang).await;
    let waiting = tokio::spawn({
        let (router, query) = (router.clone(), renewal(&id));
        async move { request_token(&router, "ann", &query).await.status }
    });
    while service.calls() == 0 && !waiting.is_finished() {
        tokio::task::yield_now().await;
    }
    assert_eq!(request_token(&router, "ann", "").await.status, 429);
    service.kill().await;
    assert_eq!(waiting.await.expect("a response").as_u16(), 503);
    let _service = FakeUpstream::start_at(&address, Reply::token(TOKEN)).await;
    assert_eq!(
        recording(&request_token(&router, "ann", &renewal(&id)).await),
        id
    );
    // The day's two tokens are used up.
    assert_eq!(
        request_token(&router, "ann", &renewal(&id)).await.status,
        429
    );
}

#[tokio::test]
async fn a_cancelled_renewal_keeps_the_recording() {
    let mut service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let address = service.url().replace("http://", "");
    let page = built_page();
    let more = ["--person-recordings-at-once=1", "--person-hours-per-day=4"];
    let flags = [&PROXIED[..], &more].concat();
    let router = router(&config_for(&service, page.path(), &flags));
    let id = recording(&request_token(&router, "ann", "").await);
    service.kill().await;
    service = FakeUpstream::start_at(&address, Reply::Hang).await;
    for calls in 0..10 {
        let waiting = tokio::spawn({
            let (router, query) = (router.clone(), renewal(&id));
            async move { request_token(&router, "ann", &query).await.status }
        });
        while service.calls() == calls && !waiting.is_finished() {
            tokio::task::yield_now().await;
        }
        waiting.abort();
        assert!(waiting.await.is_err());
    }
    service.kill().await;
    let _service = FakeUpstream::start_at(&address, Reply::token(TOKEN)).await;
    assert_eq!(request_token(&router, "ann", "").await.status, 429);
    assert_eq!(
        recording(&request_token(&router, "ann", &renewal(&id)).await),
        id
    );
}

/// A person who knows the id can end the recording.
#[tokio::test]
async fn recording_ids_are_not_logged() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = ["--log-filter=trace", "--service-url", service.url()];
    let key = [("ASSEMBLYAI_API_KEY", crate::support::KEY)];
    let program = ServerProgram::serve_page(page.path(), &flags, &key).await;
    let id = {
        let reply = reqwest::get(format!("http://{}/token", program.address)).await;
        let body = reply.expect("a response").bytes().await.expect("a body");
        let reply: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        reply["recording"]
            .as_str()
            .expect("a recording id")
            .to_owned()
    };
    let url = format!("http://{}/token{}", program.address, renewal(&id));
    let reply = reqwest::get(url).await.expect("a response");
    assert!(reply.text().await.expect("a body").contains(&id));
    program.terminate();
    let (_, log) = program.finish().await;
    assert!(log.matches("a token was handed out").count() == 2, "{log}");
    assert!(!log.contains(&id), "{log}");
}
