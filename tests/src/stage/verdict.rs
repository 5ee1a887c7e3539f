//! The verdict of the service's log: whether the page wasted or lost a session.
//!
//! When a story ends, its stage checks the sessions that neither a fault nor the story has
//! disturbed. A session has to end by `Terminate` or a close frame, unless the test has ended its
//! browser. The service bills the time a socket is open, so in a story without faults that time may
//! not be much longer than the audio. It can be shorter: audio is kept until the socket is open.

use inturn_emulator::{ClosedBy, SessionLog};

/// What a test did that affects its sessions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Story {
    /// When its browser was ended: Unix time in milliseconds, as in the log, or [`u64::MAX`].
    pub(super) browser_ended_ms: u64,
    /// Whether it has set faults. Then other sessions may be longer too, such as the next one.
    pub(super) has_faults: bool,
}

/// Checks one session of a story.
///
/// # Errors
///
/// Returns what is wrong with it.
pub(super) fn check(log: &SessionLog, story: Story) -> Result<(), String> {
    if log.faults > 0 || !log.accepted {
        return Ok(());
    }
    let Some((closed, closed_at_ms)) = log.closed.as_ref().zip(log.closed_at_ms) else {
        return Err("it is still open".to_owned());
    };
    match closed.by {
        ClosedBy::Client => {}
        ClosedBy::Emulator if log.terminated => {}
        ClosedBy::Emulator => return Err(format!("the service ended it: {:?}", log.error)),
        ClosedBy::Connection if log.terminated || closed_at_ms >= story.browser_ended_ms => {}
        ClosedBy::Connection => return Err("its connection was lost".to_owned()),
    }
    let billed_ms = log.billed_seconds.unwrap_or_default() * 1_000;
    if !story.has_faults && billed_ms > log.audio_ms + TOLERANCE_MS {
        return Err(format!(
            "{billed_ms} ms are billed for {} ms of audio",
            log.audio_ms
        ));
    }
    Ok(())
}

/// Allowed time of a session without audio: until the first sound and until the last words, rounded
/// up to whole seconds.
const TOLERANCE_MS: u64 = 2_000;

#[cfg(test)]
mod tests {
    use inturn_emulator::{Closed, LoggedError};

    use super::*;

    const BROWSER_ENDED_MS: u64 = 50_000;

    /// A session of ten seconds that was terminated.
    fn session() -> SessionLog {
        SessionLog {
            opened_at_ms: 30_000,
            closed_at_ms: Some(40_500),
            accepted: true,
            begun: true,
            terminated: true,
            closed: Some(by(ClosedBy::Emulator)),
            audio_ms: 10_000,
            billed_seconds: Some(11),
            ..SessionLog::default()
        }
    }

    fn by(side: ClosedBy) -> Closed {
        Closed {
            by: side,
            code: Some(1000),
            reason: String::new(),
        }
    }

    fn verdict(log: &SessionLog) -> Result<(), String> {
        check(
            log,
            Story {
                browser_ended_ms: BROWSER_ENDED_MS,
                has_faults: false,
            },
        )
    }

    #[test]
    fn a_terminated_or_closed_session_is_right() {
        assert_eq!(verdict(&session()), Ok(()));
        let left = SessionLog {
            terminated: false,
            closed: Some(by(ClosedBy::Client)),
            ..session()
        };
        assert_eq!(verdict(&left), Ok(()));
    }

    #[test]
    fn an_open_session_is_wrong() {
        let open = SessionLog {
            closed: None,
            closed_at_ms: None,
            billed_seconds: None,
            ..session()
        };
        assert!(verdict(&open).is_err());
    }

    #[test]
    fn a_lost_connection_is_right_only_if_the_browser_was_ended() {
        let lost = SessionLog {
            terminated: false,
            closed: Some(by(ClosedBy::Connection)),
            ..session()
        };
        assert!(verdict(&lost).is_err());
        let ended = SessionLog {
            closed_at_ms: Some(BROWSER_ENDED_MS + 5),
            ..lost
        };
        assert_eq!(verdict(&ended), Ok(()));
    }

    #[test]
    fn an_error_of_the_service_is_wrong() {
        let refused = SessionLog {
            terminated: false,
            error: Some(LoggedError {
                code: 3007,
                text: String::new(),
            }),
            ..session()
        };
        assert!(verdict(&refused).is_err());
    }

    #[test]
    fn billed_time_without_audio_is_wrong() {
        for (billed_seconds, right) in [(7, true), (12, true), (13, false)] {
            let log = SessionLog {
                billed_seconds: Some(billed_seconds),
                ..session()
            };
            assert_eq!(verdict(&log).is_ok(), right, "{billed_seconds} s");
            let story = Story {
                browser_ended_ms: BROWSER_ENDED_MS,
                has_faults: true,
            };
            assert_eq!(check(&log, story), Ok(()), "a story with faults");
        }
    }

    #[test]
    fn sessions_with_a_fault_and_refused_ones_are_not_judged() {
        let lost = SessionLog {
            terminated: false,
            closed: Some(by(ClosedBy::Connection)),
            ..session()
        };
        let faulty = SessionLog {
            faults: 1,
            ..lost.clone()
        };
        let refused = SessionLog {
            accepted: false,
            ..lost
        };
        assert_eq!((verdict(&faulty), verdict(&refused)), (Ok(()), Ok(())));
    }
}
