//! The retry policy for each closure.

use inturn_client_core::session::{Advice, RATE_LIMIT_WAIT_SECS};
use inturn_protocol::Closure;

#[test]
fn every_closure_has_a_policy() {
    let table = [
        (Closure::Ended, Advice::Done),
        (Closure::ConnectionLost, Advice::RetryWithBackoff),
        (Closure::CredentialsMissing, Advice::ReportBug),
        (Closure::CredentialsRefused, Advice::TellOperator),
        (Closure::TokenExpired, Advice::RetryOnceWithFreshToken),
        (Closure::AccountRefused, Advice::TellOperator),
        (
            Closure::TooManySessions,
            Advice::RetryAfterSecs(RATE_LIMIT_WAIT_SECS),
        ),
        (Closure::FrameTooBig, Advice::ReportBug),
        (Closure::ServiceFault, Advice::RetryWithBackoff),
        (Closure::TryAgainLater, Advice::RetryWithBackoff),
        (Closure::RequestRefused, Advice::ReportBug),
        (Closure::Inactivity, Advice::WaitForPerson),
        (Closure::FrameDurationRefused, Advice::ReportBug),
        (Closure::AudioTooFast, Advice::RetryWithBackoff),
        (Closure::SessionExpired, Advice::ReopenAtOnce),
        (Closure::Unlisted(4999), Advice::RetryWithBackoff),
    ];
    for (closure, advice) in table {
        assert_eq!(Advice::after(closure), advice, "{closure:?}");
    }
}
