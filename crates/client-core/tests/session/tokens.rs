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

#[test]
fn each_failure_has_its_problem_and_releases_the_microphone() {
    let page = |status: u16| Ok((status, "<!doctype html>".to_owned()));
    let json = |body: &str| Ok((200, body.to_owned()));
    let table = [
        (refused(500, "key_refused"), "KeyRefused"),
        (refused(402, "payment_required"), "PaymentRequired"),
        (refused(403, "account_forbidden"), "AccountForbidden"),
        (refused(422, "request_refused"), "RequestRefused"),
        (refused(429, "rate_limited"), "RateLimited"),
        (refused(503, "service_failed"), "ServiceFailed"),
        (refused(503, "service_unreachable"), "ServiceUnreachable"),
        (refused(504, "service_timeout"), "ServiceTimeout"),
        (refused(502, "service_reply_invalid"), "ServiceReplyInvalid"),
        (refused(404, "not_found"), "NotFound"),
        (refused(405, "method_not_allowed"), "MethodNotAllowed"),
        (refused(500, "internal"), "Internal"),
        (refused(418, "a_code_from_next_year"), "Unknown"),
        (Err(TokenFailure::Unreachable), "TokenUnreachable"),
        (Err(TokenFailure::TimedOut), "TokenTimedOut"),
        (page(200), "SignInNeeded"),
        (page(401), "SignInNeeded"),
        (page(403), "SignInNeeded"),
        (page(404), "TokenUnreadable"),
        (page(502), "TokenUnreadable"),
        // A redirect that was not followed.
        (Ok((0, String::new())), "SignInNeeded"),
        (refused(401, "sign_in_needed"), "SignInNeeded"),
        (refused(403, "not_allowed"), "NotAllowed"),
        // A proxy's own envelope, which differs from ours.
        (
            Ok((401, r#"{"error":"no session"}"#.to_owned())),
            "SignInNeeded",
        ),
        (json(""), "SignInNeeded"),
        (json("{}"), "TokenUnreadable"),
        (json(" \n[]"), "TokenUnreadable"),
        (
            json(r#"{"token":"tok3n-that-must-not-leak"}"#),
            "TokenUnreadable",
        ),
    ];
    for (reply, kind) in table {
        let mut story = Story::new(Script {
            token: Some((Duration::from_millis(300), reply)),
            ..Script::default()
        });
        story.record();
        story.speak(200);
        assert_eq!(story.state(), "starting");
        story.lines();

        story.advance(100);
        assert_eq!(
            story.lines(),
            [
                "close microphone".to_owned(),
                format!("show problem {kind}"),
                "show idle".to_owned()
            ]
        );
        recording_works_again(story);
    }
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
    assert_eq!(story.problem().as_deref(), Some("TokenTimedOut"));
    assert_eq!(story.ledger.sockets.opened, 0);
    recording_works_again(story);
}
