//! Each problem has a unique name, and says in plain English what happened and what to do.

use std::collections::BTreeMap;

use inturn_client_core::problem::{MicrophoneFailure, Problem, TokenFailure};
use inturn_page_core::{configuration, view::ProblemView, wording::Wording};
use inturn_protocol::{CloseCause, ErrorCode, JsonParser, PageConfig};

/// Returns every problem. Of problems that share a name on purpose, it contains one.
fn all() -> Vec<Problem> {
    let microphone = [
        MicrophoneFailure::Denied,
        MicrophoneFailure::Missing,
        MicrophoneFailure::Busy,
        MicrophoneFailure::InsecurePage,
        MicrophoneFailure::Unsupported,
        MicrophoneFailure::Unloaded,
        MicrophoneFailure::Other,
    ];
    let codes = [
        ErrorCode::KeyRefused,
        ErrorCode::PaymentRequired,
        ErrorCode::AccountForbidden,
        ErrorCode::RequestRefused,
        ErrorCode::RateLimited,
        ErrorCode::ServiceFailed,
        ErrorCode::ServiceUnreachable,
        ErrorCode::ServiceTimeout,
        ErrorCode::ServiceReplyInvalid,
        ErrorCode::SignInNeeded,
        ErrorCode::NotAllowed,
        ErrorCode::ProxyBypassed,
        ErrorCode::HostRefused,
        ErrorCode::LimitReached,
        ErrorCode::LimitsUnavailable,
        ErrorCode::Overloaded,
        ErrorCode::Internal,
    ];
    let causes = [
        CloseCause::Ended,
        CloseCause::ConnectionLost,
        CloseCause::CredentialsMissing,
        CloseCause::CredentialsRefused,
        CloseCause::TokenExpired,
        CloseCause::AccountRefused,
        CloseCause::TooManySessions,
        CloseCause::FrameTooBig,
        CloseCause::ServiceFault,
        CloseCause::TryAgainLater,
        CloseCause::RequestRefused,
        CloseCause::Inactivity,
        CloseCause::FrameDurationRefused,
        CloseCause::AudioTooFast,
        CloseCause::SessionExpired,
        CloseCause::Unlisted(4_999),
    ];
    let mut problems = vec![
        Problem::NoSound,
        Problem::MicrophoneLost,
        Problem::MicrophonePaused,
        Problem::MicrophoneSilent,
        Problem::RateUnsupported(4_000),
        Problem::Token(TokenFailure::Unreachable),
        Problem::Token(TokenFailure::TimedOut),
        Problem::Token(TokenFailure::Unreadable),
        Problem::SocketRefused,
        Problem::NoBegin,
        Problem::TurnUnreadable,
        Problem::EndUnconfirmed,
        Problem::CutShort,
        Problem::IdleStopped { limit_secs: 300 },
    ];
    problems.extend(microphone.map(Problem::Microphone));
    problems.extend(codes.map(|code| refused(code, None)));
    problems.extend(causes.map(Problem::Closed));
    problems
}

fn refused(code: ErrorCode, retry_after_secs: Option<u32>) -> Problem {
    Problem::Token(TokenFailure::Refused {
        code,
        retry_after_secs,
    })
}

fn kind(problem: &Problem) -> &'static str {
    Wording::of(problem).kind
}

fn text(problem: &Problem) -> String {
    Wording::of(problem).text()
}

#[test]
fn no_two_problems_share_a_name_or_a_sentence() {
    let mut names = BTreeMap::new();
    let mut sentences = BTreeMap::new();
    for problem in all() {
        let same_name = names.insert(kind(&problem), problem);
        assert_eq!(same_name, None, "same name as {problem:?}");
        let same_sentence = sentences.insert(text(&problem), problem);
        assert_eq!(same_sentence, None, "same sentence as {problem:?}");
    }
}

#[test]
fn names_contain_only_lowercase_letters_and_hyphens() {
    for problem in all() {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(kind(&problem).chars().all(is_allowed), "{}", kind(&problem));
    }
}

/// Splits a text into sentences.
fn sentences(text: &str) -> Vec<&str> {
    text.split_inclusive(". ").map(str::trim).collect()
}

#[test]
fn each_says_what_happened_and_what_to_do_in_two_short_sentences() {
    for text in all().iter().map(text) {
        let sentences = sentences(&text);
        assert_eq!(sentences.len(), 2, "{text}");
        for sentence in sentences {
            assert!(sentence.starts_with(char::is_uppercase), "{text}");
            assert!(sentence.ends_with('.'), "{text}");
        }
        assert!(
            !text.contains("  ") && !text.contains(['\n', '!', '?', ';']),
            "{text}"
        );
        assert!(text.chars().count() <= 160, "{text}");
    }
}

#[test]
fn each_second_sentence_begins_with_advice() {
    let verbs = [
        "Allow",
        "Ask",
        "Check",
        "Choose",
        "Click",
        "Close",
        "Connect",
        "Open",
        "Press",
        "Reconnect",
        "Reload",
        "Set",
        "Sign",
        "Tell",
        "Use",
        "Wait",
    ];
    for text in all().iter().map(text) {
        let advice = sentences(&text).pop().unwrap_or_default();
        let first = advice.split_whitespace().next().unwrap_or_default();
        assert!(verbs.contains(&first), "{text}");
    }
}

#[test]
fn each_is_plain_english() {
    // Phrases that read as translated, and double negatives.
    let banned = [
        ": ",
        "stands in",
        "go on",
        "whoever",
        "whose",
        "nobody",
        "had come",
        "as it does",
        "a fault",
        "does not take",
        "did not take",
        "stays so",
        "went away",
        "was ended",
        "just now",
        "for now",
        "not among",
        "any more",
        "no money",
        "not un",
        "not without",
        "cannot not",
        "nothing not",
    ];
    for text in all().iter().map(text) {
        for phrase in banned {
            assert!(!text.contains(phrase), "{phrase:?}: {text}");
        }
    }
}

#[test]
fn a_paused_recording_is_not_advised_to_press_record() {
    for problem in all() {
        let Wording { cause, remedy, .. } = Wording::of(&problem);
        let paused = Wording::paused(&problem);
        assert_eq!(paused.cause, cause);
        assert_eq!(paused.remedy.replace("Resume", "Record"), remedy);
        let words: Vec<_> = paused.remedy.split([' ', '.', ',']).collect();
        assert!(!words.contains(&"Record"), "{}", paused.remedy);
    }
}

#[test]
fn the_advice_to_reload_comes_with_a_link() {
    for problem in all() {
        let view = ProblemView::new(&problem, "", true);
        let advises_reload = view.sentence.to_lowercase().contains("reload");
        assert_eq!(view.reload, advises_reload, "{problem:?}");
    }
}

#[test]
fn no_sentence_contains_jargon_or_codes() {
    let jargon = [
        "1006",
        "4999",
        "HTTP ",
        "JSON",
        "Error",
        "code",
        "null",
        "undefined",
        "upstream",
        "worklet",
        "thread",
        "buffer",
        "frame",
        "sorry",
        "Oops",
    ];
    for sentence in all().iter().map(text) {
        for word in jargon {
            assert!(!sentence.contains(word), "{word}: {sentence}");
        }
    }
}

#[test]
fn a_limit_says_how_long_to_wait_if_it_is_known() {
    for (secs, advice) in [
        (0, "Press Record to try again."),
        (1, "Press Record again in 0:01."),
        (12, "Press Record again in 0:12."),
        (60, "Press Record again in 1:00."),
        (75, "Press Record again in 1:15."),
        (3_600, "Press Record again in 1:00:00."),
        (86_400, "Press Record again in 24:00:00."),
        (u32::MAX, "Press Record again in 1193046:28:15."),
    ] {
        for code in [
            ErrorCode::RateLimited,
            ErrorCode::LimitReached,
            ErrorCode::Overloaded,
        ] {
            let limited = text(&refused(code, Some(secs)));
            let unlimited = text(&refused(code, None));
            let cause = sentences(&unlimited)[0];
            assert_eq!(limited, format!("{cause} {advice}"));
        }
    }
}

#[test]
fn server_errors_that_mean_nothing_to_a_person_share_one_problem() {
    for code in [
        ErrorCode::NotFound,
        ErrorCode::MethodNotAllowed,
        ErrorCode::Unknown,
    ] {
        assert_eq!(kind(&refused(code, None)), "server-failed");
    }
}

#[test]
fn an_expired_sign_in_is_the_same_problem_at_the_server_and_at_a_proxy() {
    let from_proxy = Problem::Microphone(MicrophoneFailure::SignedOut);
    let ours = refused(ErrorCode::SignInNeeded, None);
    assert_eq!(kind(&from_proxy), kind(&ours));
    assert_eq!(text(&from_proxy), text(&ours));
}

#[test]
fn a_sign_in_page_in_place_of_the_configuration_is_recognised() {
    let signed_out = Err(MicrophoneFailure::SignedOut);
    let unloaded = Err(MicrophoneFailure::Unloaded);
    let ours = PageConfig {
        chunk_ms: 50,
        ..PageConfig::default()
    };
    let envelope = r#"{"error":"No.","code":"overloaded"}"#;
    for (status, body, read) in [
        (200, r#"{"chunk_ms":50}"#, Ok(ours)),
        (200, "<!doctype html>", signed_out.clone()),
        (0, "", signed_out.clone()),
        (401, "", signed_out.clone()),
        (403, "<p>", signed_out),
        (404, "", unloaded.clone()),
        (503, envelope, unloaded.clone()),
        (200, "[]", unloaded.clone()),
        (502, "<p>", unloaded),
    ] {
        assert_eq!(
            configuration(status, body, JsonParser::default()),
            read,
            "{status} {body}"
        );
    }
}

#[test]
fn an_interruption_asks_to_leave_the_page_open_and_never_to_reload_it() {
    let interrupts = |it: &Problem| matches!(it, Problem::Token(_) | Problem::Closed(_));
    let mut problems: Vec<Problem> = all().into_iter().filter(interrupts).collect();
    problems.extend([Problem::SocketRefused, Problem::NoBegin]);
    for problem in problems {
        let wording = Wording::interrupted(&problem);
        assert_eq!(wording.cause, Wording::of(&problem).cause);
        assert!(
            wording
                .remedy
                .to_lowercase()
                .contains("leave this page open"),
            "{}",
            wording.remedy
        );
        assert!(wording.text().chars().count() <= 160, "{}", wording.text());
        assert!(!ProblemView::interrupted(&problem, true).reload);
        assert!(
            !wording.text().contains("press Record"),
            "{}",
            wording.text()
        );
    }
    let limited = Problem::Token(TokenFailure::Refused {
        code: ErrorCode::LimitReached,
        retry_after_secs: Some(42),
    });
    assert!(Wording::interrupted(&limited).text().ends_with("in 0:42."));
}

#[test]
fn a_lost_microphone_does_not_end_the_recording() {
    for (problem, cause) in [
        (Problem::MicrophoneLost, "The microphone was disconnected."),
        (
            Problem::MicrophonePaused,
            "The microphone stopped delivering sound.",
        ),
    ] {
        let wording = Wording::interrupted(&problem);
        assert_eq!(wording.kind, kind(&problem));
        let remedy = "Reconnect it or connect another, and recording continues by itself.";
        assert_eq!(wording.text(), format!("{cause} {remedy}"));
    }
}
