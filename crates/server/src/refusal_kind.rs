//! The kinds of refusals that are counted and logged.

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

impl RefusalKind {
    /// How many kinds there are.
    pub(crate) const COUNT: usize = Self::Service as usize + 1;

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
