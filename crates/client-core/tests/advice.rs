//! The retry policy for each close cause.

use inturn_client_core::session::{Advice, RATE_LIMIT_WAIT_SECS};
use inturn_protocol::CloseCause;

#[test]
fn every_close_cause_has_a_policy() {
    let table = [
        (CloseCause::Ended, Advice::Done),
        (CloseCause::ConnectionLost, Advice::RetryWithBackoff),
        (CloseCause::CredentialsMissing, Advice::ReportBug),
        (CloseCause::CredentialsRefused, Advice::TellOperator),
        (CloseCause::TokenExpired, Advice::RetryOnceWithFreshToken),
        (CloseCause::AccountRefused, Advice::TellOperator),
        (
            CloseCause::TooManySessions,
            Advice::RetryAfterSecs(RATE_LIMIT_WAIT_SECS),
        ),
        (CloseCause::FrameTooBig, Advice::ReportBug),
        (CloseCause::ServiceFault, Advice::RetryWithBackoff),
        (CloseCause::TryAgainLater, Advice::RetryWithBackoff),
        (CloseCause::RequestRefused, Advice::ReportBug),
        (CloseCause::Inactivity, Advice::WaitForPerson),
        (CloseCause::FrameDurationRefused, Advice::ReportBug),
        (CloseCause::AudioTooFast, Advice::RetryWithBackoff),
        (CloseCause::SessionExpired, Advice::ReopenAtOnce),
        (CloseCause::Unlisted(4999), Advice::RetryWithBackoff),
    ];
    for (cause, advice) in table {
        assert_eq!(Advice::after(cause), advice, "{cause:?}");
    }
}
