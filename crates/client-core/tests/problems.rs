//! Each problem has a name of its own and one sentence a person can act on.

use std::collections::BTreeMap;

use inturn_client_core::problem::{MicrophoneFailure, Problem, TokenFailure};
use inturn_protocol::{Closure, ErrorCode};

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
        "allow", "check", "choose", "close", "connect", "open", "press", "reload", "set", "tell",
        "try", "use", "wait",
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
        (1, "in 1 second."),
        (12, "in 12 seconds."),
        (0, "in 1 second."),
    ] {
        let sentence = refused(ErrorCode::RateLimited, Some(secs)).to_string();
        assert!(sentence.ends_with(wait), "{sentence}");
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
