//! Refusals that strangers can cause at will: all are counted, and a bounded number is logged.

use std::{array, num::NonZeroU32, time::Duration};

use crate::{
    logging::{Line, LineLimit},
    metrics::RefusalCounts,
};

/// Why a request was refused. Each kind has a bound of its own, so that a flood of one hides no other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RefusalKind {
    /// Loopback mode, and another host's name or a sign of a proxy.
    HostRefused,
    /// Another site's page asked, or nothing shows that ours did.
    CrossSite,
    /// Not from a trusted proxy, or without its secret.
    ProxyBypassed,
    /// Nobody is signed in.
    SignInNeeded,
    /// Somebody is signed in who may not record.
    NotAllowed,
    /// A sign-in with a wrong passphrase.
    WrongPassphrase,
    /// A sign-in beyond a limit of attempts.
    TooManyAttempts,
    /// A sign-in that found the queue full.
    SignInBusy,
    /// A limit on tokens, recordings or hours is reached.
    LimitReached,
    /// Redis is away or answered with an error.
    LimitsUnavailable,
    /// The service gave no token.
    Service,
}

/// Counts refusals, and decides which are logged.
pub(crate) struct RefusalLog {
    counts: RefusalCounts,
    limits: [LineLimit; RefusalKind::COUNT],
}

impl RefusalLog {
    pub(crate) fn new(counts: &RefusalCounts) -> Self {
        Self {
            counts: counts.clone(),
            limits: array::from_fn(|_| LineLimit::new(BURST, INTERVAL)),
        }
    }

    /// Counts a refusal. Returns `None` if it must not be logged.
    pub(crate) fn count(&self, kind: RefusalKind) -> Option<Line> {
        self.counts.add(kind);
        self.limits[kind as usize].line()
    }
}

impl RefusalKind {
    const COUNT: usize = Self::Service as usize + 1;

    /// Part of the interface: a label in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HostRefused => "host_refused",
            Self::CrossSite => "cross_site",
            Self::ProxyBypassed => "proxy_bypassed",
            Self::SignInNeeded => "sign_in_needed",
            Self::NotAllowed => "not_allowed",
            Self::WrongPassphrase => "wrong_passphrase",
            Self::TooManyAttempts => "too_many_attempts",
            Self::SignInBusy => "sign_in_busy",
            Self::LimitReached => "limit_reached",
            Self::LimitsUnavailable => "limits_unavailable",
            Self::Service => "service",
        }
    }
}

/// More than people cause in a minute who do something wrong.
const BURST: NonZeroU32 = NonZeroU32::new(20).expect("is not zero");

/// With it, a flood of every kind for a day is less than 100 MB of log.
const INTERVAL: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_kind_hides_no_other() {
        let counts = RefusalCounts::default();
        let log = RefusalLog::new(&counts);
        let logged = (0..10_000).filter(|_| log.count(RefusalKind::HostRefused).is_some());
        assert!((20..100).contains(&logged.count()));
        assert_eq!(counts.of(RefusalKind::HostRefused), 10_000);
        let line = log.count(RefusalKind::Service);
        assert_eq!(line, Some(Line { left_out: None }));
        assert_eq!(counts.of(RefusalKind::Service), 1);
    }
}
