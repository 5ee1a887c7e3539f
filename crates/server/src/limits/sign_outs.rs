//! Sign-ins that a sign-out ended before they expired.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Identifies one sign-in: the random id in its cookie, and when the cookie expires.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct SignInId {
    /// Unix time. The first field, so that the derived order is by expiry.
    until_secs: u64,
    id: [u8; 16],
}

impl SignInId {
    pub(crate) fn new(until_secs: u64, id: [u8; 16]) -> Self {
        Self { until_secs, id }
    }

    /// Returns the time until the cookie expires.
    pub(super) fn time_left(self, now: SystemTime) -> Duration {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Duration::from_secs(self.until_secs).saturating_sub(now)
    }
}

impl fmt::Display for SignInId {
    /// Formats the id as the end of a Redis key. It is no secret: a cookie needs the signature too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.id))
    }
}

impl fmt::Debug for SignInId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInId(hidden)")
    }
}

/// The sign-outs that this replica knows of, each kept until its sign-in would have expired.
#[derive(Default)]
pub(super) struct SignOuts(Mutex<Known>);

#[derive(Default)]
struct Known {
    ended: BTreeSet<SignInId>,
    /// Sign-ins that expire at this time or sooner have all ended.
    ended_up_to_secs: u64,
}

impl SignOuts {
    /// Adds a sign-out. Returns `false` if it was known.
    pub(super) fn add(&self, sign_in: SignInId, now: SystemTime) -> bool {
        let mut known = self.lock();
        if known.contains(sign_in) {
            return false;
        }
        while (known.ended.first()).is_some_and(|first| first.time_left(now).is_zero()) {
            known.ended.pop_first();
        }
        known.ended.insert(sign_in);
        if known.ended.len() > MAX_SIGN_OUTS
            && let Some(dropped) = known.ended.pop_first()
        {
            known.ended_up_to_secs = known.ended_up_to_secs.max(dropped.until_secs);
        }
        true
    }

    pub(super) fn contains(&self, sign_in: SignInId) -> bool {
        self.lock().contains(sign_in)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn contains(&self, sign_in: SignInId) -> bool {
        sign_in.until_secs <= self.ended_up_to_secs || self.ended.contains(&sign_in)
    }
}

/// About 5 MB. Each sign-out needs a sign-in with the right passphrase, so more than this is an
/// attack by a person who knows it. Then the sign-ins that expire first all end; otherwise a
/// sign-in that was signed out would become valid again.
const MAX_SIGN_OUTS: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn sign_in(until_secs: u64, number: u64) -> SignInId {
        SignInId::new(until_secs, u128::from(number).to_be_bytes())
    }

    fn at(secs: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(secs)
    }

    #[test]
    fn a_sign_out_is_known_until_its_cookie_expires() {
        let sign_outs = SignOuts::default();
        assert!(sign_outs.add(sign_in(100, 1), at(10)));
        assert!(!sign_outs.add(sign_in(100, 1), at(10)));
        assert!(sign_outs.contains(sign_in(100, 1)));
        assert!(!sign_outs.contains(sign_in(100, 2)));
        sign_outs.add(sign_in(200, 2), at(99));
        assert!(sign_outs.contains(sign_in(100, 1)));
        sign_outs.add(sign_in(200, 3), at(100));
        assert!(!sign_outs.contains(sign_in(100, 1)));
        assert!(sign_outs.contains(sign_in(200, 2)) && sign_outs.contains(sign_in(200, 3)));
    }

    #[test]
    fn memory_is_bounded_and_no_ended_sign_in_becomes_valid_again() {
        let sign_outs = SignOuts::default();
        let count = 3 * MAX_SIGN_OUTS as u64;
        for number in 0..count {
            sign_outs.add(sign_in(1000 + number, number), at(0));
        }
        assert_eq!(sign_outs.lock().ended.len(), MAX_SIGN_OUTS);
        for number in 0..count {
            assert!(
                sign_outs.contains(sign_in(1000 + number, number)),
                "{number}"
            );
        }
        assert!(!sign_outs.contains(sign_in(1000 + count, 0)));
    }
}
