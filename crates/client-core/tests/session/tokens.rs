//! A token that does not come.

use std::time::Duration;

use inturn_client_core::problem::TokenFailure;

use super::start::recording_works_again;
use super::story::{Answer, Script, Story};

fn refused(status: u16, code: &str) -> Answer {
    let body = format!(r#"{{"error":"A sentence.","code":"{code}"}}"#);
    Ok((status, body))
}

#[test]
fn each_failure_has_its_problem_and_releases_the_microphone() {
    let page = |status: u16| Ok((status, "<!doctype html>".to_owned()));
    let json = |body: &str| Ok((200, body.to_owned()));
    let table = [
        (refused(500, "key_refused"), "key-refused"),
        (refused(402, "payment_required"), "payment-required"),
        (refused(403, "account_forbidden"), "account-forbidden"),
        (refused(422, "request_refused"), "request-refused"),
        (refused(429, "rate_limited"), "rate-limited"),
        (refused(503, "service_failed"), "service-failed"),
        (refused(503, "service_unreachable"), "service-unreachable"),
        (refused(504, "service_timeout"), "service-timeout"),
        (
            refused(502, "service_reply_invalid"),
            "service-reply-invalid",
        ),
        (refused(404, "not_found"), "server-failed"),
        (refused(405, "method_not_allowed"), "server-failed"),
        (refused(500, "internal"), "server-failed"),
        (refused(418, "a_code_from_next_year"), "server-failed"),
        (Err(TokenFailure::Unreachable), "server-unreachable"),
        (Err(TokenFailure::TimedOut), "server-timeout"),
        (page(200), "sign-in-needed"),
        (page(401), "sign-in-needed"),
        (page(403), "sign-in-needed"),
        (page(404), "server-unreadable"),
        (page(502), "server-unreadable"),
        // A redirect that was not followed.
        (Ok((0, String::new())), "sign-in-needed"),
        (refused(401, "sign_in_needed"), "sign-in-needed"),
        (refused(403, "not_allowed"), "not-allowed"),
        // A proxy's own, which is not like ours.
        (
            Ok((401, r#"{"error":"no session"}"#.to_owned())),
            "sign-in-needed",
        ),
        (json(""), "sign-in-needed"),
        (json("{}"), "server-unreadable"),
        (json(" \n[]"), "server-unreadable"),
        (
            json(r#"{"token":"tok3n-that-nobody-may-see"}"#),
            "server-unreadable",
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

        story.wait(100);
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
fn a_server_that_says_nothing_is_given_ten_seconds() {
    let mut story = Story::new(Script {
        token: None,
        ..Script::default()
    });
    story.record();
    story.speak(9_900);
    assert_eq!(story.state(), "starting");
    story.wait(100);
    assert_eq!(story.problem().as_deref(), Some("server-timeout"));
    assert_eq!(story.ledger.sockets.opened, 0);
    recording_works_again(story);
}
