//! Failures of the token request.

use std::time::Duration;

use inturn_client_core::problem::TokenFailure;

use super::{
    start::recording_works_again,
    story::{Answer, Script, Story},
};

fn refused(status: u16, code: &str) -> Answer {
    let body = format!(r#"{{"error":"A sentence.","code":"{code}"}}"#);
    Ok((status, body))
}

/// Returns the lines of a recording whose token request has this result, without those before it.
fn requested(reply: Answer) -> (Story, Vec<String>) {
    let mut story = Story::new(Script {
        token: Some((Duration::from_millis(300), reply)),
        ..Script::default()
    });
    story.record();
    story.speak(200);
    assert_eq!(story.state(), "starting");
    story.lines();
    story.advance(100);
    let lines = story.lines();
    (story, lines)
}

#[test]
fn a_hopeless_refusal_has_its_problem_and_releases_the_microphone() {
    let table = [
        (refused(500, "key_refused"), "KeyRefused"),
        (refused(402, "payment_required"), "PaymentRequired"),
        (refused(403, "account_forbidden"), "AccountForbidden"),
        (refused(422, "request_refused"), "RequestRefused"),
        (refused(404, "not_found"), "NotFound"),
        (refused(405, "method_not_allowed"), "MethodNotAllowed"),
        (refused(403, "not_allowed"), "NotAllowed"),
    ];
    for (reply, kind) in table {
        let (story, lines) = requested(reply);
        assert_eq!(
            lines,
            [
                "close microphone".to_owned(),
                "show gap 0-200".to_owned(),
                format!("show problem {kind}"),
                "show idle".to_owned()
            ]
        );
        recording_works_again(story);
    }
}

#[test]
fn after_another_failure_its_problem_is_shown_and_the_audio_is_kept() {
    let page = |status: u16| Ok((status, "<!doctype html>".to_owned()));
    let json = |body: &str| Ok((200, body.to_owned()));
    let service = [
        (refused(503, "service_failed"), "ServiceFailed"),
        (refused(503, "service_unreachable"), "ServiceUnreachable"),
        (refused(504, "service_timeout"), "ServiceTimeout"),
        (refused(502, "service_reply_invalid"), "ServiceReplyInvalid"),
        (refused(500, "internal"), "Internal"),
        (refused(418, "a_code_from_next_year"), "Unknown"),
        (page(404), "TokenUnreadable"),
        (page(502), "TokenUnreadable"),
        (json("{}"), "TokenUnreadable"),
        (json(" \n[]"), "TokenUnreadable"),
        (
            json(r#"{"token":"tok3n-that-must-not-leak"}"#),
            "TokenUnreadable",
        ),
    ];
    let offline = [
        (Err(TokenFailure::Unreachable), "TokenUnreachable"),
        (Err(TokenFailure::TimedOut), "TokenTimedOut"),
    ];
    let sign_in = [
        page(200),
        page(401),
        page(403),
        json(""),
        // A redirect that was not followed.
        Ok((0, String::new())),
        refused(401, "sign_in_needed"),
        // A proxy's own envelope, which differs from ours.
        Ok((401, r#"{"error":"no session"}"#.to_owned())),
    ];
    let sign_in = sign_in.map(|reply| (reply, "SignInNeeded"));
    let service = service.into_iter().map(|it| (it, "Service"));
    let offline = offline.into_iter().map(|it| (it, "Offline"));
    let sign_in = sign_in.into_iter().map(|it| (it, "SignIn"));
    for ((reply, kind), outage) in service.chain(offline).chain(sign_in) {
        let (mut story, lines) = requested(reply);
        assert_eq!(
            lines,
            [
                format!("show reconnecting: {outage}"),
                format!("interrupted by {kind}"),
            ]
        );
        story.script = Script::default();
        story.speak(500);
        assert_eq!(story.state(), "listening");
        assert!(story.lines().contains(&format!("resolved {kind}")));
        story.speak(300);
        story.stop();
        story.run_until_idle();
        assert_eq!(story.ledger.frames.len(), 10);
        recording_works_again(story);
    }
}

#[test]
fn after_a_rate_limit_without_a_time_the_wait_is_twelve_seconds() {
    let (mut story, lines) = requested(refused(429, "rate_limited"));
    assert_eq!(
        lines,
        ["show reconnecting: Service", "interrupted by RateLimited"]
    );
    story.script = Script::default();
    story.speak(11_900);
    assert_eq!(story.state(), "reconnecting");
    story.speak(100);
    assert_eq!(story.state(), "listening");
}

#[test]
fn a_server_that_does_not_answer_times_out_after_ten_seconds() {
    let mut story = Story::new(Script {
        token: None,
        ..Script::default()
    });
    story.record();
    story.speak(9_900);
    assert_eq!(story.state(), "starting");
    story.advance(100);
    assert_eq!(story.state(), "reconnecting");
    assert_eq!(story.problem().as_deref(), Some("TokenTimedOut"));
    assert_eq!(story.ledger.sockets.opened, 0);
    story.script = Script::default();
    story.advance(500);
    assert_eq!(story.state(), "listening");
}
