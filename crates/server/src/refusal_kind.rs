//! The kinds of refusals that are counted and logged.

/// Why a request was refused. Each kind has its own log limit, so that a flood of one hides no
/// other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RefusalKind {
    /// In loopback mode: another host's name, or a sign of a proxy.
    HostRefused,
    /// Sent by another site's page, or without a sign that our own page or a program sent it.
    CrossSite,
    /// Not sent by a trusted proxy, or without its secret.
    ProxyBypassed,
    /// Not signed in.
    SignInNeeded,
    /// Signed in, but not on the list of people who can record.
    NotAllowed,
    /// A sign-in with a wrong passphrase.
    WrongPassphrase,
    /// A sign-in beyond a limit of attempts.
    TooManyAttempts,
    /// A sign-in while the queue is full.
    SignInBusy,
    /// A limit on tokens, recordings or hours is reached.
    LimitReached,
    /// Redis can't be reached, or answered with an error.
    LimitsUnavailable,
    /// The service gave no token.
    Service,
}

impl RefusalKind {
    /// The number of kinds.
    pub(crate) const COUNT: usize = Self::Service as usize + 1;

    /// The label in metrics. It is part of the public interface.
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
