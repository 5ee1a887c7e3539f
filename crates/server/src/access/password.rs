//! Access with one passphrase for everyone, and the cookie of a sign-in.

mod attempts;
mod checker;
mod decaying_counter;
mod hash;
mod queue;

use std::{
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
pub use hash::hash_password;
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};

use self::checker::{Checker, Verdict};
use super::{cookie, denied::Denied, error::AccessError};
use crate::{
    caller::Caller,
    config::{AccessConfig, PasswordHash},
    limits::{Limits, SignInId},
    metrics::SignInCounts,
};

/// Checks passphrases, and signs and verifies cookies.
pub(crate) struct PasswordAccess {
    /// The key from `INTURN_SIGN_IN_SECRET`, or a random one. It does not depend on the passphrase.
    secret: hmac::Key,
    credentials: RwLock<Arc<Credentials>>,
    sign_in_duration: Duration,
    checker: Arc<Checker>,
}

/// A passphrase's hash, and the key that signs the cookies of its sign-ins.
struct Credentials {
    hash: Arc<str>,
    key: hmac::Key,
}

/// Result of an attempt to sign in.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Attempt {
    /// The passphrase was right; this is the cookie's value.
    Right(String),
    Wrong,
    /// Too many recent attempts were wrong: from this address, from its network, or in total.
    TooMany {
        wait: Duration,
    },
    /// Too many people are signing in.
    Busy,
}

impl PasswordAccess {
    pub(crate) fn new(
        hash: &PasswordHash,
        config: &AccessConfig,
        counts: &SignInCounts,
    ) -> Result<Self, AccessError> {
        let secret = match &config.secrets.sign_in {
            Some(secret) => secret.bytes().to_vec(),
            None => random::<32>()?.to_vec(),
        };
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        Ok(Self {
            credentials: RwLock::new(Arc::new(Credentials::new(hash, &secret))),
            secret,
            sign_in_duration: Duration::from_secs(u64::from(config.sign_in_hours) * 3600),
            checker: Checker::new(config, counts),
        })
    }

    /// Replaces the passphrase's hash. A different hash ends all sign-ins; the same one ends none.
    pub(crate) fn use_hash(&self, hash: &PasswordHash) {
        let credentials = Arc::new(Credentials::new(hash, &self.secret));
        *self
            .credentials
            .write()
            .unwrap_or_else(PoisonError::into_inner) = credentials;
    }

    fn credentials(&self) -> Arc<Credentials> {
        Arc::clone(
            &self
                .credentials
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Returns how long a sign-in is valid.
    pub(crate) fn sign_in_duration(&self) -> Duration {
        self.sign_in_duration
    }

    /// Tries a passphrase.
    pub(crate) async fn attempt(&self, from: IpAddr, passphrase: String) -> Attempt {
        // The same credentials for check and cookie: if the hash is replaced in between, the cookie
        // of the old passphrase must be invalid.
        let credentials = self.credentials();
        let hash = Arc::clone(&credentials.hash);
        match self.checker.check(from, hash, passphrase).await {
            Verdict::Right => match self.cookie(&credentials, SystemTime::now()) {
                Ok(cookie) => Attempt::Right(cookie),
                Err(_) => Attempt::Wrong,
            },
            Verdict::Wrong => Attempt::Wrong,
            Verdict::TooMany { wait } => Attempt::TooMany { wait },
            Verdict::Busy => Attempt::Busy,
        }
    }

    /// Checks that the request has the cookie of a valid sign-in.
    pub(crate) async fn check(
        &self,
        limits: &Limits,
        caller: &Caller,
        headers: &HeaderMap,
    ) -> Result<(), Denied> {
        for sign_in in self.sign_ins(caller, headers) {
            if !limits.is_signed_out(sign_in).await {
                return Ok(());
            }
        }
        Err(Denied::NoSignIn)
    }

    /// Returns the sign-ins in a request's cookies that we signed and that have not expired. They
    /// are valid unless they were signed out.
    pub(crate) fn sign_ins(&self, caller: &Caller, headers: &HeaderMap) -> Vec<SignInId> {
        let now = SystemTime::now();
        cookie::values(caller, headers)
            .filter_map(|value| self.read(value, now))
            // A browser sends one cookie of each name for a path. Each costs a call to Redis.
            .take(cookie::NAMES)
            .collect()
    }

    /// Creates a cookie: `until.id.mac`, where the MAC covers the rest.
    fn cookie(&self, credentials: &Credentials, now: SystemTime) -> Result<String, AccessError> {
        let until = seconds(now + self.sign_in_duration);
        let text = format!("{until}.{}", URL_SAFE_NO_PAD.encode(random::<16>()?));
        let mac = hmac::sign(&credentials.key, text.as_bytes());
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac)))
    }

    /// Verifies a cookie. Returns `None` if it is not ours or has expired.
    fn read(&self, cookie: &str, now: SystemTime) -> Option<SignInId> {
        let (text, mac) = cookie.rsplit_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        hmac::verify(&self.credentials().key, text.as_bytes(), &mac).ok()?;
        let (until, id) = text.split_once('.')?;
        let until = until.parse().ok().filter(|until| seconds(now) < *until)?;
        let id = URL_SAFE_NO_PAD.decode(id).ok()?.try_into().ok()?;
        Some(SignInId::new(until, id))
    }
}

impl Credentials {
    /// Derives the key from the secret and the hash, so that a new passphrase ends all sign-ins.
    fn new(hash: &PasswordHash, secret: &hmac::Key) -> Self {
        let derived = hmac::sign(secret, hash.as_str().as_bytes());
        Self {
            hash: hash.as_str().into(),
            key: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
        }
    }
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], AccessError> {
    let mut bytes = [0; BYTES];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| AccessError::NoRandomness)?;
    Ok(bytes)
}

fn seconds(moment: SystemTime) -> u64 {
    moment
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;
    use crate::config::AccessSecrets;

    fn access(hash: &str, secret: Option<&str>, attempts: u32) -> PasswordAccess {
        let mut config = crate::Config::parse_flags(["inturn".into()]).expect("good flags");
        config.access.sign_in_attempts = attempts;
        config.access.secrets = AccessSecrets {
            sign_in: secret.and_then(|it| inturn_cli::Secret::parse(it).expect("a secret")),
            ..AccessSecrets::default()
        };
        let hash = PasswordHash::parse(hash).expect("a hash").expect("one");
        let counts = SignInCounts::default();
        PasswordAccess::new(&hash, &config.access, &counts).expect("random bytes")
    }

    fn signed_in(access: &PasswordAccess, cookies: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::COOKIE, cookie.parse().expect("a value"));
        }
        let peer = IpAddr::from([10, 0, 0, 1]);
        let caller = Caller::of(peer, &headers, &[], "/");
        !access.sign_ins(&caller, &headers).is_empty()
    }

    const COOKIE: &str = "inturn_sign_in";

    #[tokio::test]
    async fn the_right_passphrase_gives_a_cookie_that_is_valid_until_it_expires() {
        let hash = hash_password("correct horse").expect("a hash");
        let access = access(&hash, None, 10);
        let from: IpAddr = "1.2.3.4".parse().expect("an address");
        assert_eq!(
            access.attempt(from, "wrong horse".to_owned()).await,
            Attempt::Wrong
        );
        assert_eq!(access.attempt(from, String::new()).await, Attempt::Wrong);
        let Attempt::Right(cookie) = access.attempt(from, "correct horse".to_owned()).await else {
            panic!("the passphrase was right");
        };
        assert!(signed_in(
            &access,
            &[&format!("a=b; {COOKIE}={cookie}; c=d")]
        ));
        assert!(signed_in(&access, &["a=b", &format!("{COOKIE}={cookie}")]));
        let late = SystemTime::now() + access.sign_in_duration() + Duration::from_secs(2);
        assert!(access.read(&cookie, late).is_none());

        let (until, rest) = cookie.split_once('.').expect("parts");
        let later = until.parse::<u64>().expect("seconds") + 1;
        for forged in [
            format!("{later}.{rest}"),
            format!("{until}.x.{}", rest.rsplit_once('.').expect("parts").1),
            cookie[..cookie.len() - 1].to_owned(),
            String::new(),
            "..".to_owned(),
        ] {
            assert!(
                !signed_in(&access, &[&format!("{COOKIE}={forged}")]),
                "{forged}"
            );
        }
        assert!(!signed_in(&access, &[&format!("x{COOKIE}={cookie}")]));
    }

    #[test]
    fn a_sign_in_is_valid_only_with_the_same_secret_and_hash() {
        let hash = hash_password("one").expect("a hash");
        let other = hash_password("one").expect("a hash");
        let secret = Some("0123456789abcdef");
        let now = SystemTime::now();
        let cookie =
            |access: &PasswordAccess| access.cookie(&access.credentials(), now).expect("random");
        let cookie = cookie(&access(&hash, secret, 1));
        let is_valid = |access: PasswordAccess| access.read(&cookie, now).is_some();
        assert!(is_valid(access(&hash, secret, 1)));
        assert!(!is_valid(access(&other, secret, 1)));
        assert!(!is_valid(access(&hash, None, 1)));
    }

    #[tokio::test]
    async fn attempts_are_limited_by_address() {
        let access = access(&hash_password("one").expect("a hash"), None, 2);
        let from: IpAddr = "1.2.3.4".parse().expect("an address");
        for _ in 0..2 {
            assert_eq!(access.attempt(from, "two".to_owned()).await, Attempt::Wrong);
        }
        let third = access.attempt(from, "one".to_owned()).await;
        assert!(
            matches!(third, Attempt::TooMany { wait } if wait <= attempts::PERIOD / 2),
            "{third:?}"
        );
        let other = "1.2.3.5".parse().expect("an address");
        assert!(matches!(
            access.attempt(other, "one".to_owned()).await,
            Attempt::Right(_)
        ));
    }
}
