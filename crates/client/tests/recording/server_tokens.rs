//! Tokens from a server: leases, reports, a prefix, and who gets the cookie.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, extract::Request, middleware};
use inturn_client::{
    Event, Options, Outage, Problem, Recording, ServerTokens, State, TokenFailure,
    protocol::ErrorCode,
};
use inturn_testkit::serving::{Serving, Transport};

use crate::{
    desk::{COOKIE, Desk, LEASE},
    sources::Script,
    stage::{Stage, finish, numbers},
};

/// Tokens from a server below the prefix of [`Desk::router`].
fn tokens(server: &Serving, cookie: &str) -> ServerTokens {
    let url = format!("{}/team/captions/", server.url);
    let tokens = ServerTokens::new(url.parse().expect("a base URL"));
    tokens.with_header("Cookie", cookie).expect("a header")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_handed_over_before_the_sessions_end_and_keeps_its_lease() {
    tokio::join!(hand_over(Transport::Tcp), hand_over(Transport::Tls));
}

async fn hand_over(transport: Transport) {
    let stage = Stage::start(transport, r#"[{"fault": "session_cap", "seconds": 15}]"#).await;
    // Relative, so that the server's own host gets the socket, with the cookie.
    let socket = "local/v3/ws?speech_model=universal-3-6-pro&session_heartbeat=true";
    let desk = Desk::new(&stage.serving.url, stage.serving.tls.clone(), socket, 15);
    let server = Serving::start(desk.router(stage.emulator.router()), transport).await;

    let options = Options::new(tokens(&server, COOKIE)).with_tls(server.tls.clone());
    let (_handle, mut events) = Recording::start(Script::speech(0..30), options);
    let seen = finish(&mut events).await;

    assert_eq!(numbers(events.transcript()), Vec::from_iter(0..30));
    let states = seen.iter().filter(|it| matches!(it, Event::State(_)));
    let reconnecting = states.filter(|it| matches!(it, Event::State(State::Reconnecting { .. })));
    assert_eq!(reconnecting.count(), 0, "{seen:#?}");
    // One at the start, and one after each five seconds of twelve; on a slow machine a little
    // later.
    let sessions = stage.emulator.sessions().len();
    assert!(sessions >= 2, "{seen:#?}");
    let noted = desk.noted();
    let count = |text: &str| noted.iter().filter(|it| it.starts_with(text)).count();
    assert_eq!(count("token, lease none"), 1, "{noted:?}");
    let renewals = count(&format!("token, lease {LEASE}"));
    assert_eq!(renewals, sessions - 1, "{noted:?}");
    let begins = count(&format!("begin {LEASE} universal-3-6-pro"));
    assert_eq!(begins, sessions, "{noted:?}");
    assert_eq!(count("end"), 1, "{noted:?}");
    assert_eq!(noted.last(), Some(&format!("end {LEASE}")), "{noted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_host_gets_no_cookie() {
    let stage = Stage::start(Transport::Tcp, "[]").await;
    let has_cookie = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&has_cookie);
    let watch = middleware::from_fn(move |request: Request, next: middleware::Next| {
        let cookie = request.headers().contains_key("cookie");
        seen.fetch_or(cookie, Ordering::Relaxed);
        next.run(request)
    });
    // The same address, and another port: another origin.
    let service = Serving::start(stage.emulator.router().layer(watch), Transport::Tcp).await;
    let socket = service.url.replace("http:", "ws:") + "/v3/ws?speech_model=universal-3-6-pro";
    let desk = Desk::new(&stage.serving.url, stage.serving.tls.clone(), &socket, 600);
    let server = Serving::start(desk.router(Router::new()), Transport::Tcp).await;

    let options = Options::new(tokens(&server, COOKIE));
    let (_handle, mut events) = Recording::start(Script::speech(0..4), options);
    finish(&mut events).await;
    assert_eq!(numbers(events.transcript()), Vec::from_iter(0..4));
    assert!(!has_cookie.load(Ordering::Relaxed));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_valid_cookie_the_person_must_sign_in() {
    let stage = Stage::start(Transport::Tcp, "[]").await;
    let desk = Desk::new(
        &stage.serving.url,
        stage.serving.tls.clone(),
        "local/v3/ws",
        600,
    );
    let server = Serving::start(desk.router(stage.emulator.router()), Transport::Tcp).await;
    let options = Options::new(tokens(&server, "seat=another"));
    let (handle, mut events) = Recording::start(Script::speech(0..4), options);
    let problem = Problem::Token(TokenFailure::Refused {
        code: ErrorCode::SignInNeeded,
        retry_after_secs: None,
    });
    let mut is_shown = false;
    while let Some(event) = events.next().await {
        if event == Event::Interrupted(problem) {
            break;
        }
        is_shown |= matches!(
            event,
            Event::State(State::Reconnecting {
                outage: Outage::SignIn,
                ..
            })
        );
    }
    assert!(is_shown);
    drop(handle);
    finish(&mut events).await;
    assert_eq!(desk.noted()[0], "refused /token");
    assert_eq!(stage.emulator.sessions().len(), 0);
}
