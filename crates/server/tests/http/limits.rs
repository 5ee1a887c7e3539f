//! Limits: a request over a limit gets 429 and `Retry-After`, and does not reach the service.

use axum::{Router, http::StatusCode};
use tokio::task::JoinSet;

use crate::support::{
    FakeUpstream, OWN_PAGE, Reply, Response, TOKEN, UNLIMITED, built_page, config_for, get,
    request, router,
};

/// Trusts every caller as a proxy: in tests without a socket the peer address is 0.0.0.0.
const PROXIED: [&str; 2] = ["--auth=proxy", "--trusted-proxy=0.0.0.0"];

async fn request_token(router: &Router, person: &str, address: &str) -> Response {
    let headers = [
        ("x-forwarded-user", person),
        ("x-forwarded-for", address),
        OWN_PAGE,
    ];
    request(router, "GET", "/token", &headers).await
}

async fn report_end(router: &Router, recording: &str, headers: &[(&str, &str)]) -> Response {
    let path = format!("/recordings/{recording}/end");
    request(router, "POST", &path, headers).await
}

fn recording(response: &Response) -> String {
    let id = response.json()["recording"].as_str().map(str::to_owned);
    id.expect("a recording id")
}

#[tokio::test]
async fn a_reached_limit_gets_429_with_retry_after() {
    for (flag, longest_wait) in [
        ("--person-tokens-per-minute=2", 30),
        ("--person-tokens-per-day=2", 43_200),
        ("--person-recordings-at-once=2", 30),
        ("--all-tokens-per-minute=2", 30),
        ("--all-tokens-per-day=2", 43_200),
        ("--all-recordings-at-once=2", 30),
        ("--person-hours-per-day=6", 43_200),
        ("--all-hours-per-day=6", 43_200),
    ] {
        let service = FakeUpstream::start(Reply::token(TOKEN)).await;
        let page = built_page();
        let router = router(&config_for(&service, page.path(), &[flag]));
        for _ in 0..2 {
            assert_eq!(get(&router, "/token").await.status, 200, "{flag}");
        }
        let response = get(&router, "/token").await;
        assert_eq!(response.status, 429, "{flag}");
        assert_eq!(response.json()["code"], "limit_reached");
        assert_eq!(response.header("cache-control"), "no-store");
        let wait = response.json()["retry_after_seconds"]
            .as_u64()
            .expect("a number of seconds");
        assert_eq!(response.header("retry-after"), wait.to_string());
        assert!((1..=longest_wait).contains(&wait), "{flag}: {wait}");
        // The client does not learn which limit it was.
        assert!(!response.text().contains("person"), "{}", response.text());
        assert_eq!(service.calls(), 2, "{flag}");
    }
}

#[tokio::test]
async fn each_person_behind_a_proxy_has_their_own_limit() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [&PROXIED[..], &["--person-tokens-per-day=2"]].concat();
    let router = router(&config_for(&service, page.path(), &flags));
    for address in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(request_token(&router, "ann", address).await.status, 200);
    }
    // The limit belongs to the person, not to the address.
    assert_eq!(request_token(&router, "ann", "192.0.2.3").await.status, 429);
    assert_eq!(request_token(&router, "bob", "192.0.2.1").await.status, 200);
}

#[tokio::test]
async fn names_of_persons_are_case_insensitive() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [&PROXIED[..], &["--person-recordings-at-once=2"]].concat();
    let router = router(&config_for(&service, page.path(), &flags));
    for (name, status) in [
        ("ann@example.org", 200),
        ("Ann@Example.org", 200),
        ("ANN@EXAMPLE.ORG", 429),
        ("ann@example.org", 429),
        ("anna@example.org", 200),
    ] {
        assert_eq!(
            request_token(&router, name, "192.0.2.1").await.status,
            status,
            "{name}"
        );
    }
}

/// Without this bound one person could bill 1,500 hours a day: 500 tokens, three hours each.
#[tokio::test]
async fn recordings_that_end_at_once_get_a_bounded_number_of_tokens() {
    for (flags, tokens) in [
        (&["--person-recordings-at-once=20"][..], 115),
        (&["--person-hours-per-day=6"], 7),
        (
            &[
                "--person-hours-per-day=6",
                "--recording-minimum-seconds=10800",
            ],
            2,
        ),
    ] {
        let service = FakeUpstream::start(Reply::token(TOKEN)).await;
        let page = built_page();
        let flags = [flags, &["--person-tokens-per-minute=0"]].concat();
        let router = router(&config_for(&service, page.path(), &flags));
        let mut token_count = 0;
        loop {
            let response = get(&router, "/token").await;
            if response.status == 429 {
                break;
            }
            token_count += 1;
            assert!(token_count <= tokens, "{flags:?}");
            let id = recording(&response);
            let path = format!("/recordings/{id}/begin");
            assert_eq!(request(&router, "POST", &path, &[]).await.status, 204);
            assert_eq!(report_end(&router, &id, &[]).await.status, 204);
        }
        assert_eq!(token_count, tokens, "{flags:?}");
    }
}

#[tokio::test]
async fn without_user_names_each_address_has_a_limit() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [
        "--auth=open",
        "--trusted-proxy=0.0.0.0",
        "--person-tokens-per-day=1",
    ];
    let router = router(&config_for(&service, page.path(), &flags));
    for (address, status) in [
        ("192.0.2.1", 200),
        ("192.0.2.1", 429),
        ("192.0.2.2", 200),
        ("8.8.8.8, 192.0.2.2", 429),
        ("2001:db8::1", 200),
        // The same /64 network as the line before.
        ("2001:db8::2:3:4:5", 429),
        ("2001:db8:0:1::1", 200),
    ] {
        assert_eq!(
            request_token(&router, "unused-name", address).await.status,
            status,
            "{address}"
        );
    }
}

#[tokio::test]
async fn concurrent_requests_get_exactly_as_many_tokens_as_the_limit() {
    for flag in ["--all-tokens-per-day=7", "--person-recordings-at-once=7"] {
        let service = FakeUpstream::start(Reply::token(TOKEN)).await;
        let page = built_page();
        let flags = [flag, "--person-tokens-per-minute=0"];
        let router = router(&config_for(&service, page.path(), &flags));
        let mut calls = JoinSet::new();
        for _ in 0..50 {
            let router = router.clone();
            calls.spawn(async move { get(&router, "/token").await.status });
        }
        let statuses = calls.join_all().await;
        let given = statuses.iter().filter(|it| **it == StatusCode::OK).count();
        let refused = statuses.iter().filter(|it| it.as_u16() == 429).count();
        assert_eq!((given, refused, service.calls()), (7, 43, 7), "{flag}");
    }
}

#[tokio::test]
async fn an_ended_recording_frees_its_place() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let router = router(&config_for(
        &service,
        page.path(),
        &["--person-recordings-at-once=1"],
    ));
    let first = recording(&get(&router, "/token").await);
    assert_eq!(get(&router, "/token").await.status, 429);

    for stranger in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("host", "localhost"), ("origin", "https://evil.example")],
    ] {
        let response = report_end(&router, &first, stranger).await;
        assert_eq!(
            (response.status.as_u16(), &response.json()["code"]),
            (403, &"cross_site".into())
        );
    }
    for guess in ["x", "AAAAAAAAAAAAAAAAAAAAAA", "%2e%2e", "%ff"] {
        assert_eq!(report_end(&router, guess, &[]).await.status, 204, "{guess}");
    }
    assert_eq!(get(&router, "/token").await.status, 429);

    let response = report_end(&router, &first, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!((response.status.as_u16(), response.body.len()), (204, 0));
    let second = recording(&get(&router, "/token").await);
    assert_ne!(second, first);
    // A second end of the same recording frees no second place.
    assert_eq!(report_end(&router, &first, &[]).await.status, 204);
    assert_eq!(get(&router, "/token").await.status, 429);
    let response = request(&router, "GET", &format!("/recordings/{second}/end"), &[]).await;
    assert_eq!(
        (response.status.as_u16(), &response.json()["code"]),
        (405, &"method_not_allowed".into())
    );
}

/// The page reports the begin and end of the session with this id.
#[tokio::test]
async fn an_unlimited_recording_has_an_id_too() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &UNLIMITED));
    let name = recording(&get(&router, "/token").await);
    assert_ne!(recording(&get(&router, "/token").await), name);
}

#[tokio::test]
async fn only_the_own_page_may_report_that_a_session_began() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = ["--person-recordings-at-once=1"];
    let router = router(&config_for(&service, page.path(), &flags));
    let id = recording(&get(&router, "/token").await);
    let path = format!("/recordings/{id}/begin");
    let stranger = [("sec-fetch-site", "cross-site")];
    let response = request(&router, "POST", &path, &stranger).await;
    assert_eq!(
        (response.status.as_u16(), &response.json()["code"]),
        (403, &"cross_site".into())
    );
    let own = [("sec-fetch-site", "same-origin")];
    for path in [&path, "/recordings/AAAAAAAAAAAAAAAAAAAAAA/begin", &path] {
        let response = request(&router, "POST", path, &own).await;
        assert_eq!((response.status.as_u16(), response.body.len()), (204, 0));
    }
    let response = request(&router, "GET", &path, &own).await;
    assert_eq!(response.status, 405);
    assert_eq!(get(&router, "/token").await.status, 429);
    assert_eq!(report_end(&router, &id, &own).await.status, 204);
    assert_eq!(get(&router, "/token").await.status, 200);
    // The reported end counts, although the page reports the begin afterwards.
    assert_eq!(request(&router, "POST", &path, &own).await.status, 204);
    assert_eq!(get(&router, "/token").await.status, 429);
}

#[tokio::test]
async fn a_failed_token_request_costs_no_recording_and_no_daily_token() {
    let service = FakeUpstream::start(Reply::json("500 Internal Server Error", "{}")).await;
    let page = built_page();
    let flags = [
        "--person-tokens-per-minute=3",
        "--person-tokens-per-day=1",
        "--person-recordings-at-once=1",
    ];
    let router = router(&config_for(&service, page.path(), &flags));
    for _ in 0..3 {
        assert_eq!(get(&router, "/token").await.status, 503);
    }
    // The limit per minute counts failed requests too.
    assert_eq!(get(&router, "/token").await.status, 429);
    assert_eq!(service.calls(), 3);
}

#[tokio::test]
async fn a_cancelled_token_request_leaves_no_recording() {
    let service = FakeUpstream::start(Reply::Hang).await;
    let page = built_page();
    let router = router(&config_for(
        &service,
        page.path(),
        &[
            "--person-recordings-at-once=1",
            "--upstream-timeout-seconds=1",
        ],
    ));
    let waiting = tokio::spawn({
        let router = router.clone();
        async move { get(&router, "/token").await.status }
    });
    while service.calls() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(get(&router, "/token").await.status, 429);
    waiting.abort();
    assert!(waiting.await.is_err());
    assert_eq!(get(&router, "/token").await.status, 504);
}

#[tokio::test]
async fn refused_persons_do_not_count_towards_limits() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [
        &PROXIED[..],
        &["--all-tokens-per-day=1", "--allow-user=ann"],
    ]
    .concat();
    let router = router(&config_for(&service, page.path(), &flags));
    for _ in 0..5 {
        assert_eq!(request_token(&router, "eve", "192.0.2.1").await.status, 403);
    }
    assert_eq!(request_token(&router, "ann", "192.0.2.1").await.status, 200);
    assert_eq!(request_token(&router, "ann", "192.0.2.1").await.status, 429);
}
