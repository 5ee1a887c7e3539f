//! Who asks for too much is told how long to wait, and the service hears nothing of it.

use axum::{Router, http::StatusCode};
use tokio::task::JoinSet;

use crate::support::{
    Answer, FakeUpstream, OWN_PAGE, Reply, TOKEN, UNLIMITED, built_page, config_for, get, request,
    router,
};

/// A router whose proxy is whoever calls: without a socket that is nobody at all.
const PROXIED: [&str; 2] = ["--auth=proxy", "--trusted-proxy=0.0.0.0"];

async fn ask(router: &Router, person: &str, address: &str) -> Answer {
    let headers = [
        ("x-forwarded-user", person),
        ("x-forwarded-for", address),
        OWN_PAGE,
    ];
    request(router, "GET", "/token", &headers).await
}

async fn end(router: &Router, recording: &str, headers: &[(&str, &str)]) -> Answer {
    let path = format!("/recordings/{recording}/end");
    request(router, "POST", &path, headers).await
}

fn recording(answer: &Answer) -> String {
    let id = answer.json()["recording"].as_str().map(str::to_owned);
    id.expect("a recording to end")
}

#[tokio::test]
async fn who_reaches_a_limit_is_told_how_long_to_wait() {
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
        let answer = get(&router, "/token").await;
        assert_eq!(answer.status, 429, "{flag}");
        assert_eq!(answer.json()["code"], "limit_reached");
        assert_eq!(answer.header("cache-control"), "no-store");
        let wait = answer.json()["retry_after_seconds"]
            .as_u64()
            .expect("a wait");
        assert_eq!(answer.header("retry-after"), wait.to_string());
        assert!((1..=longest_wait).contains(&wait), "{flag}: {wait}");
        // Which of them is between the server and whoever runs it.
        assert!(!answer.text().contains("person"), "{}", answer.text());
        assert_eq!(service.calls(), 2, "{flag}");
    }
}

#[tokio::test]
async fn each_person_has_a_limit_of_their_own_behind_one_proxy() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [&PROXIED[..], &["--person-tokens-per-day=2"]].concat();
    let router = router(&config_for(&service, page.path(), &flags));
    for address in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(ask(&router, "ann", address).await.status, 200);
    }
    // Another address makes no other person, and another person needs no other address.
    assert_eq!(ask(&router, "ann", "192.0.2.3").await.status, 429);
    assert_eq!(ask(&router, "bob", "192.0.2.1").await.status, 200);
}

#[tokio::test]
async fn a_person_is_the_same_in_every_spelling() {
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
            ask(&router, name, "192.0.2.1").await.status,
            status,
            "{name}"
        );
    }
}

/// By default one person could have billed 1,500 hours a day: 500 tokens, each for three hours.
#[tokio::test]
async fn ending_each_recording_at_once_buys_a_bounded_number_of_tokens() {
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
        let mut handed_out = 0;
        loop {
            let answer = get(&router, "/token").await;
            if answer.status == 429 {
                break;
            }
            handed_out += 1;
            assert!(handed_out <= tokens, "{flags:?}");
            let id = recording(&answer);
            let path = format!("/recordings/{id}/begin");
            assert_eq!(request(&router, "POST", &path, &[]).await.status, 204);
            assert_eq!(end(&router, &id, &[]).await.status, 204);
        }
        assert_eq!(handed_out, tokens, "{flags:?}");
    }
}

#[tokio::test]
async fn where_nobody_is_named_an_address_has_a_limit() {
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
        // One household's network.
        ("2001:db8::2:3:4:5", 429),
        ("2001:db8:0:1::1", 200),
    ] {
        assert_eq!(
            ask(&router, "whoever", address).await.status,
            status,
            "{address}"
        );
    }
}

#[tokio::test]
async fn of_many_at_once_exactly_as_many_get_a_token() {
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
async fn an_ended_recording_makes_room() {
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
        let answer = end(&router, &first, stranger).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["code"]),
            (403, &"cross_site".into())
        );
    }
    for guess in ["x", "AAAAAAAAAAAAAAAAAAAAAA", "%2e%2e", "%ff"] {
        assert_eq!(end(&router, guess, &[]).await.status, 204, "{guess}");
    }
    assert_eq!(get(&router, "/token").await.status, 429);

    let answer = end(&router, &first, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
    let second = recording(&get(&router, "/token").await);
    assert_ne!(second, first);
    // What is ended twice is ended once.
    assert_eq!(end(&router, &first, &[]).await.status, 204);
    assert_eq!(get(&router, "/token").await.status, 429);
    let answer = request(&router, "GET", &format!("/recordings/{second}/end"), &[]).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (405, &"method_not_allowed".into())
    );
}

/// The page tells what it knows of the session by that name.
#[tokio::test]
async fn what_is_not_counted_has_a_name_too() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &UNLIMITED));
    let name = recording(&get(&router, "/token").await);
    assert_ne!(recording(&get(&router, "/token").await), name);
}

#[tokio::test]
async fn only_our_own_page_tells_that_a_session_began() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = ["--person-recordings-at-once=1"];
    let router = router(&config_for(&service, page.path(), &flags));
    let id = recording(&get(&router, "/token").await);
    let path = format!("/recordings/{id}/begin");
    let stranger = [("sec-fetch-site", "cross-site")];
    let answer = request(&router, "POST", &path, &stranger).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (403, &"cross_site".into())
    );
    let own = [("sec-fetch-site", "same-origin")];
    for path in [&path, "/recordings/AAAAAAAAAAAAAAAAAAAAAA/begin", &path] {
        let answer = request(&router, "POST", path, &own).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
    }
    let answer = request(&router, "GET", &path, &own).await;
    assert_eq!(answer.status, 405);
    assert_eq!(get(&router, "/token").await.status, 429);
    assert_eq!(end(&router, &id, &own).await.status, 204);
    assert_eq!(get(&router, "/token").await.status, 200);
    // It ended before its page said that it began.
    assert_eq!(request(&router, "POST", &path, &own).await.status, 204);
    assert_eq!(get(&router, "/token").await.status, 429);
}

#[tokio::test]
async fn a_token_that_does_not_come_costs_no_recording_and_nothing_of_the_day() {
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
    // But nobody may go on asking for ever.
    assert_eq!(get(&router, "/token").await.status, 429);
    assert_eq!(service.calls(), 3);
}

#[tokio::test]
async fn who_goes_away_while_the_service_is_asked_leaves_no_recording() {
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
    let impatient = tokio::spawn({
        let router = router.clone();
        async move { get(&router, "/token").await.status }
    });
    while service.calls() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(get(&router, "/token").await.status, 429);
    impatient.abort();
    assert!(impatient.await.is_err());
    assert_eq!(get(&router, "/token").await.status, 504);
}

#[tokio::test]
async fn who_may_not_ask_counts_nowhere() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let flags = [
        &PROXIED[..],
        &["--all-tokens-per-day=1", "--allow-user=ann"],
    ]
    .concat();
    let router = router(&config_for(&service, page.path(), &flags));
    for _ in 0..5 {
        assert_eq!(ask(&router, "eve", "192.0.2.1").await.status, 403);
    }
    assert_eq!(ask(&router, "ann", "192.0.2.1").await.status, 200);
    assert_eq!(ask(&router, "ann", "192.0.2.1").await.status, 429);
}
