//! Sentences and exit statuses, for everything that can happen.

use inturn_client_core::{
    problem::{MicrophoneFailure, Problem, TokenFailure},
    session::{Awaited, Hold, Outage, Progress, Sound, State},
};
use inturn_protocol::{CloseCause, ErrorCode};
use inturn_terminal::{
    Origin,
    wording::{ExitStatus, Wording, sound_line, state_line},
};

const ORIGINS: [Origin; 3] = [Origin::Microphone, Origin::Playback, Origin::Files];

/// All problems, with their exit statuses. The functions under test have no default arm, so a new
/// variant does not compile without a sentence and a status.
fn problems() -> Vec<(Problem, ExitStatus)> {
    use ExitStatus as E;
    let mut problems = vec![
        (Problem::NoSound, E::NoMicrophone),
        (Problem::MicrophoneLost, E::NoMicrophone),
        (Problem::MicrophonePaused, E::NoMicrophone),
        (Problem::MicrophoneSilent, E::Stopped),
        (Problem::RateUnsupported(4_000), E::Failed),
        (Problem::Token(TokenFailure::Unreachable), E::ConnectionLost),
        (Problem::Token(TokenFailure::TimedOut), E::ConnectionLost),
        (Problem::Token(TokenFailure::Unreadable), E::Failed),
        (Problem::SocketRefused, E::ConnectionLost),
        (Problem::NoBegin, E::ConnectionLost),
        (Problem::TurnUnreadable, E::Stopped),
        (Problem::EndUnconfirmed, E::ConnectionLost),
        (Problem::CutShort, E::Interrupted),
        (Problem::IdleStopped { limit_secs: 300 }, E::Stopped),
    ];
    let microphone = [
        (MicrophoneFailure::Denied, E::NoMicrophone),
        (MicrophoneFailure::Missing, E::NoMicrophone),
        (MicrophoneFailure::Busy, E::NoMicrophone),
        (MicrophoneFailure::InsecurePage, E::NoMicrophone),
        (MicrophoneFailure::Unsupported, E::NoMicrophone),
        (MicrophoneFailure::Unloaded, E::Failed),
        (MicrophoneFailure::SignedOut, E::Refused),
        (MicrophoneFailure::Other, E::NoMicrophone),
    ];
    problems.extend(microphone.map(|(it, status)| (Problem::Microphone(it), status)));
    let refused = [
        (ErrorCode::KeyRefused, E::Refused),
        (ErrorCode::PaymentRequired, E::Refused),
        (ErrorCode::AccountForbidden, E::Refused),
        (ErrorCode::RequestRefused, E::Failed),
        (ErrorCode::RateLimited, E::Failed),
        (ErrorCode::ServiceFailed, E::Failed),
        (ErrorCode::ServiceUnreachable, E::ConnectionLost),
        (ErrorCode::ServiceTimeout, E::ConnectionLost),
        (ErrorCode::ServiceReplyInvalid, E::Failed),
        (ErrorCode::SignInNeeded, E::Refused),
        (ErrorCode::WrongPassphrase, E::Refused),
        (ErrorCode::NotAllowed, E::Refused),
        (ErrorCode::CrossSite, E::Refused),
        (ErrorCode::ProxyBypassed, E::Refused),
        (ErrorCode::HostRefused, E::Refused),
        (ErrorCode::LimitReached, E::Failed),
        (ErrorCode::LimitsUnavailable, E::Failed),
        (ErrorCode::Overloaded, E::Failed),
        (ErrorCode::BadRequest, E::Failed),
        (ErrorCode::NotFound, E::Failed),
        (ErrorCode::MethodNotAllowed, E::Failed),
        (ErrorCode::Internal, E::Failed),
        (ErrorCode::Unknown, E::Failed),
    ];
    for retry_after_secs in [None, Some(0), Some(80)] {
        problems.extend(refused.map(|(code, status)| {
            let failure = TokenFailure::Refused {
                code,
                retry_after_secs,
            };
            (Problem::Token(failure), status)
        }));
    }
    let closed = [
        (CloseCause::Ended, E::ConnectionLost),
        (CloseCause::ConnectionLost, E::ConnectionLost),
        (CloseCause::CredentialsMissing, E::Refused),
        (CloseCause::CredentialsRefused, E::Refused),
        (CloseCause::TokenExpired, E::Refused),
        (CloseCause::AccountRefused, E::Refused),
        (CloseCause::TooManySessions, E::Failed),
        (CloseCause::FrameTooBig, E::Failed),
        (CloseCause::ServiceFault, E::ConnectionLost),
        (CloseCause::TryAgainLater, E::ConnectionLost),
        (CloseCause::RequestRefused, E::Failed),
        (CloseCause::Inactivity, E::Failed),
        (CloseCause::FrameDurationRefused, E::Failed),
        (CloseCause::AudioTooFast, E::Failed),
        (CloseCause::SessionExpired, E::ConnectionLost),
        (CloseCause::Unlisted(4_999), E::ConnectionLost),
    ];
    problems.extend(closed.map(|(it, status)| (Problem::Closed(it), status)));
    problems
}

#[test]
fn each_problem_has_its_exit_status() {
    for (problem, status) in problems() {
        assert_eq!(ExitStatus::of_problem(problem), status, "{problem:?}");
    }
    let codes = [
        (ExitStatus::Stopped, 0),
        (ExitStatus::Failed, 1),
        (ExitStatus::WrongUse, 2),
        (ExitStatus::NoMicrophone, 3),
        (ExitStatus::Refused, 4),
        (ExitStatus::ConnectionLost, 5),
        (ExitStatus::Interrupted, 130),
    ];
    for (status, code) in codes {
        assert_eq!(status.code(), code);
    }
}

#[test]
fn each_problem_says_what_happened_and_what_to_do() {
    for (problem, _) in problems() {
        for origin in ORIGINS {
            let wordings = [
                Wording::of(&problem, origin),
                Wording::interrupted(&problem, origin),
            ];
            for wording in wordings {
                let text = wording.text();
                assert!(wording.cause.ends_with('.'), "{text}");
                assert!(wording.remedy.ends_with('.'), "{text}");
                assert!(text.len() <= 180, "{text}");
                assert!(!wording.kind.is_empty() && !wording.kind.contains(' '));
                assert_eq!(wording.kind, Wording::of(&problem, ORIGINS[0]).kind);
                for word in ["page", "browser", "button", "Press", "tab "] {
                    assert!(!text.contains(word), "{text}");
                }
                assert!(is_about(origin, &text), "{text}");
            }
        }
    }
}

/// Whether a text calls nothing a microphone that is none.
fn is_about(origin: Origin, text: &str) -> bool {
    let speaks_of = |words: &[&str]| words.iter().any(|it| text.to_lowercase().contains(it));
    match origin {
        Origin::Microphone => true,
        Origin::Playback => !speaks_of(&["microphone", "muted?", "talking", "hearing you"]),
        Origin::Files => !speaks_of(&["microphone", "device", "talking", "hearing"]),
    }
}

#[test]
fn a_known_wait_replaces_the_advice() {
    let failure = TokenFailure::Refused {
        code: ErrorCode::RateLimited,
        retry_after_secs: Some(80),
    };
    let problem = Problem::Token(failure);
    let expected = "Too many recordings were started. Run the command again in 1:20.";
    assert_eq!(Wording::of(&problem, Origin::Microphone).text(), expected);
    let expected = "Too many recordings were started. Your audio is kept, and the next attempt \
                    follows in 1:20.";
    assert_eq!(
        Wording::interrupted(&problem, Origin::Microphone).text(),
        expected
    );
}

#[test]
fn each_state_and_sound_fits_on_the_line() {
    let secs = 3_700;
    let outages = [Outage::Service, Outage::Offline, Outage::SignIn];
    let mut states = vec![
        State::Idle,
        State::AwaitingMicrophone,
        State::Connecting,
        State::Listening(Progress::Live),
        State::Listening(Progress::Behind { secs }),
        State::Listening(Progress::Filling { secs }),
        State::Paused,
        State::Finishing(Awaited::LastWords),
        State::Finishing(Awaited::Upload { secs }),
    ];
    for outage in outages {
        states.push(State::Reconnecting { outage, secs });
        states.push(State::Finishing(Awaited::Connection(outage)));
    }
    let sounds = [
        Sound::Arriving,
        Sound::Preparing,
        Sound::Silent,
        Sound::Held(Hold::Muted),
        Sound::Held(Hold::Interrupted),
        Sound::Held(Hold::Suspended),
        Sound::Stalled,
        Sound::Missing { secs },
    ];
    for origin in ORIGINS {
        let lines = states.iter().map(|it| state_line(*it, origin));
        for line in lines.chain(sounds.map(|it| sound_line(it, origin))) {
            assert!((4..60).contains(&line.len()), "{line}");
            assert!(!line.ends_with('.'), "{line}");
            assert!(is_about(origin, &line), "{line}");
        }
    }
}
