//! Each problem has a name of its own and one sentence a person can act on.

use std::collections::BTreeMap;

use inturn_client_core::problem::{MicrophoneFailure, Problem, TokenFailure, configuration};
use inturn_protocol::{Closure, ErrorCode, PageConfig};

/// Every problem there is. Those that share a name on purpose are here once.
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
    let closures = [
        Closure::Ended,
        Closure::ConnectionLost,
        Closure::CredentialsMissing,
        Closure::CredentialsRefused,
        Closure::TokenExpired,
        Closure::AccountRefused,
        Closure::TooManySessions,
        Closure::FrameTooBig,
        Closure::ServiceFault,
        Closure::TryAgainLater,
        Closure::RequestRefused,
        Closure::Inactivity,
        Closure::FrameDurationRefused,
        Closure::AudioTooFast,
        Closure::SessionExpired,
        Closure::Unlisted(4_999),
    ];
    let mut problems = vec![
        Problem::NoSound,
        Problem::MicrophoneLost,
        Problem::MicrophonePaused,
        Problem::RateUnsupported(4_000),
        Problem::Token(TokenFailure::Unreachable),
        Problem::Token(TokenFailure::TimedOut),
        Problem::Token(TokenFailure::Unreadable),
        Problem::SocketRefused,
        Problem::NoBegin,
        Problem::TurnUnreadable,
        Problem::EndUnconfirmed,
        Problem::CutShort,
    ];
    problems.extend(microphone.map(Problem::Microphone));
    problems.extend(codes.map(|code| refused(code, None)));
    problems.extend(closures.map(Problem::Closed));
    problems
}

fn refused(code: ErrorCode, retry_after_secs: Option<u32>) -> Problem {
    Problem::Token(TokenFailure::Refused {
        code,
        retry_after_secs,
    })
}

#[test]
fn no_two_problems_share_a_name_or_a_sentence() {
    let mut names = BTreeMap::new();
    let mut sentences = BTreeMap::new();
    for problem in all() {
        let same_name = names.insert(problem.kind(), problem.clone());
        assert_eq!(same_name, None, "named as {problem:?}");
        let same_sentence = sentences.insert(problem.to_string(), problem.clone());
        assert_eq!(same_sentence, None, "said as {problem:?}");
    }
}

#[test]
fn names_are_fit_for_a_style_sheet() {
    for problem in all() {
        let fit = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(problem.kind().chars().all(fit), "{}", problem.kind());
    }
}

#[test]
fn each_says_one_sentence() {
    for sentence in all().iter().map(Problem::to_string) {
        assert!(sentence.starts_with(char::is_uppercase), "{sentence}");
        assert!(sentence.ends_with('.'), "{sentence}");
        let inner = &sentence[..sentence.len() - 1];
        for end in [". ", "! ", "? "] {
            assert!(!inner.contains(end), "{sentence}");
        }
        assert!(!inner.contains("  ") && !inner.contains('\n'), "{sentence}");
        assert!(sentence.chars().count() <= 160, "{sentence}");
    }
}

#[test]
fn each_says_what_to_do() {
    let asks = [
        "allow", "ask", "check", "choose", "close", "connect", "open", "press", "reload", "set",
        "sign", "tell", "try", "use", "wait",
    ];
    for sentence in all().iter().map(Problem::to_string) {
        let (_, advice) = sentence.split_once(": ").unwrap_or_default();
        let first = advice.split_whitespace().next().unwrap_or_default();
        assert!(asks.contains(&first), "{sentence}");
    }
}

#[test]
fn none_speaks_in_codes() {
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
    for sentence in all().iter().map(Problem::to_string) {
        for word in jargon {
            assert!(!sentence.contains(word), "{word}: {sentence}");
        }
    }
}

#[test]
fn a_limit_says_how_long_to_wait_where_it_is_known() {
    for (secs, wait) in [
        (0, ": press Record again."),
        (1, ": press Record again in 1 second."),
        (12, ": press Record again in 12 seconds."),
        (60, ": press Record again in 60 seconds."),
        (61, ": press Record again in 2 minutes."),
        (3_600, ": press Record again in 60 minutes."),
        (3_601, ": press Record again in 2 hours."),
        (86_400, ": press Record again in 24 hours."),
        (u32::MAX, ": press Record again in 1193047 hours."),
    ] {
        for code in [
            ErrorCode::RateLimited,
            ErrorCode::LimitReached,
            ErrorCode::Overloaded,
        ] {
            let sentence = refused(code, Some(secs)).to_string();
            let unlimited = refused(code, None).to_string();
            let (cause, _) = unlimited.split_once(':').expect("a cause and what to do");
            assert_eq!(sentence, format!("{cause}{wait}"));
        }
    }
}

#[test]
fn errors_of_our_server_that_mean_nothing_to_a_person_are_told_as_one() {
    for code in [
        ErrorCode::NotFound,
        ErrorCode::MethodNotAllowed,
        ErrorCode::Unknown,
    ] {
        assert_eq!(refused(code, None).kind(), "server-failed");
    }
}

#[test]
fn a_lapsed_sign_in_is_one_problem_wherever_it_shows() {
    let from_proxy = Problem::Microphone(MicrophoneFailure::SignedOut);
    let ours = refused(ErrorCode::SignInNeeded, None);
    assert_eq!(from_proxy.kind(), ours.kind());
    assert_eq!(from_proxy.to_string(), ours.to_string());
}

#[test]
fn what_comes_in_place_of_the_configuration_is_told_from_a_sign_in() {
    let signed_out = Err(Some(Problem::Microphone(MicrophoneFailure::SignedOut)));
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
        (503, envelope, Err(None)),
        (200, "[]", Err(None)),
        (502, "<p>", Err(None)),
    ] {
        assert_eq!(configuration(status, body), read, "{status} {body}");
    }
}
