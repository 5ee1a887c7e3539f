//! Believing a reverse proxy about who somebody is.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use axum::http::{HeaderMap, HeaderName};
use subtle::ConstantTimeEq;

use super::Denied;
use crate::{
    caller::{Caller, one},
    config::{AccessConfig, Name, Secret},
};

/// What the proxy says, and whom it may name.
pub(crate) struct ProxyAccess {
    identity: HeaderName,
    email: Option<HeaderName>,
    groups: Option<HeaderName>,
    secret_header: HeaderName,
    secret: RwLock<Option<Secret>>,
    users: Vec<Name>,
    domains: Vec<Name>,
    allowed_groups: Vec<Name>,
}

impl ProxyAccess {
    pub(super) fn new(config: &AccessConfig) -> Self {
        Self {
            identity: config.identity_header.clone(),
            email: config.email_header.clone(),
            groups: config.groups_header.clone(),
            secret_header: config.proxy_secret_header.clone(),
            secret: RwLock::new(config.secrets.proxy.clone()),
            users: config.allow_user.clone(),
            domains: config.allow_domain.clone(),
            allowed_groups: config.allow_group.clone(),
        }
    }

    /// From now on the proxy must repeat this.
    pub(super) fn use_secret(&self, secret: Secret) {
        *self.secret.write().unwrap_or_else(PoisonError::into_inner) = Some(secret);
    }

    /// Whether it must repeat anything.
    pub(super) fn has_secret(&self) -> bool {
        self.secret().is_some()
    }

    fn secret(&self) -> RwLockReadGuard<'_, Option<Secret>> {
        self.secret.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The person whom the proxy names, if they may ask.
    pub(super) fn person(&self, caller: &Caller, headers: &HeaderMap) -> Result<String, Denied> {
        if !caller.through_proxy || !self.knows_secret(headers) {
            return Err(Denied::NotThroughProxy);
        }
        // Of two names one may be a stranger's, which the proxy failed to take away.
        let name = one(headers, &self.identity).and_then(fit_to_show);
        let name = name.ok_or(Denied::NotSignedIn)?;
        let email = match &self.email {
            Some(header) => one(headers, header).and_then(fit_to_show),
            None => name.contains('@').then_some(name),
        };
        if self.allows(name, email, headers) {
            Ok(name.to_owned())
        } else {
            Err(Denied::NotAllowed)
        }
    }

    fn knows_secret(&self, headers: &HeaderMap) -> bool {
        self.secret().as_ref().is_none_or(|secret| {
            let mut told = headers.get_all(&self.secret_header).iter();
            match (told.next(), told.next()) {
                (Some(told), None) => told.as_bytes().ct_eq(secret.bytes()).into(),
                _ => false,
            }
        })
    }

    fn allows(&self, name: &str, email: Option<&str>, headers: &HeaderMap) -> bool {
        if self.users.is_empty() && self.domains.is_empty() && self.allowed_groups.is_empty() {
            return true;
        }
        let is_user = |it: &Name| {
            it.as_str() == name
                || email.is_some_and(|email| it.as_str().eq_ignore_ascii_case(email))
        };
        // The last `@` parts the domain: before it, quotes may hold others.
        let domain = email.and_then(|it| it.rsplit_once('@')).map(|it| it.1);
        let is_domain =
            |it: &Name| domain.is_some_and(|name| it.as_str().eq_ignore_ascii_case(name));
        self.users.iter().any(is_user)
            || self.domains.iter().any(is_domain)
            || self.is_in_allowed_group(headers)
    }

    fn is_in_allowed_group(&self, headers: &HeaderMap) -> bool {
        let groups = self.groups.as_ref().and_then(|it| one(headers, it));
        let groups = groups.unwrap_or_default();
        groups
            .split(',')
            .map(str::trim)
            .any(|group| self.allowed_groups.iter().any(|it| it.as_str() == group))
    }
}

/// A name that can stand in a log line and be a key of a limit.
fn fit_to_show(text: &str) -> Option<&str> {
    let text = text.trim();
    let is_fit = !text.is_empty() && text.len() <= MAX_NAME_BYTES;
    (is_fit && !text.chars().any(char::is_control)).then_some(text)
}

/// The longest e-mail address there can be has 254 bytes.
const MAX_NAME_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, net::IpAddr};

    use axum::http::HeaderValue;

    use super::*;
    use crate::Config;

    const SECRET: &str = "marker-0123456789";

    fn person(
        flags: &[&str],
        secret: bool,
        peer: &str,
        told: &[(&str, &str)],
    ) -> Result<String, Denied> {
        let mut args = vec![
            OsString::from("inturn"),
            "--trusted-proxy=10.0.0.0/8".into(),
        ];
        args.extend(flags.iter().map(OsString::from));
        let mut config = Config::parse_flags(args).expect("good flags");
        if secret {
            config.access.secrets.proxy = Secret::parse(SECRET).expect("a secret");
        }
        let mut headers = HeaderMap::new();
        for (name, value) in told {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        let peer: IpAddr = peer.parse().expect("an address");
        let caller = Caller::of(peer, &headers, &config.access.trusted_proxy, "/");
        ProxyAccess::new(&config.access).person(&caller, &headers)
    }

    #[test]
    fn only_a_trusted_proxy_names_people() {
        let ann = [("x-forwarded-user", "ann")];
        assert_eq!(person(&[], false, "10.0.0.1", &ann), Ok("ann".to_owned()));
        assert_eq!(
            person(&[], false, "11.0.0.1", &ann),
            Err(Denied::NotThroughProxy)
        );
        assert_eq!(
            person(&[], false, "10.0.0.1", &[]),
            Err(Denied::NotSignedIn)
        );
        for name in ["", "  ", &"a".repeat(257)] {
            let told = [("x-forwarded-user", name)];
            assert_eq!(
                person(&[], false, "10.0.0.1", &told),
                Err(Denied::NotSignedIn)
            );
        }
        let two = [("x-forwarded-user", "ann"), ("x-forwarded-user", "eve")];
        assert_eq!(
            person(&[], false, "10.0.0.1", &two),
            Err(Denied::NotSignedIn)
        );
        let other = ["--identity-header", "Remote-User"];
        assert_eq!(
            person(&other, false, "10.0.0.1", &ann),
            Err(Denied::NotSignedIn)
        );
        let told = [("remote-user", "bob"), ("x-forwarded-user", "eve")];
        assert_eq!(
            person(&other, false, "10.0.0.1", &told),
            Ok("bob".to_owned())
        );
    }

    #[test]
    fn a_proxy_with_a_secret_must_tell_it() {
        for (told, is_believed) in [
            (&[SECRET][..], true),
            (&[][..], false),
            (&["marker-012345678"][..], false),
            (&["MARKER-0123456789"][..], false),
            (&[SECRET, SECRET][..], false),
        ] {
            let mut all = vec![("x-forwarded-user", "ann")];
            all.extend(told.iter().map(|it| ("x-proxy-secret", *it)));
            assert_eq!(
                person(&[], true, "10.0.0.1", &all).is_ok(),
                is_believed,
                "{told:?}"
            );
        }
    }

    #[test]
    fn those_who_may_ask_are_named_by_name_domain_or_group() {
        let flags = [
            "--email-header=x-forwarded-email",
            "--groups-header=x-forwarded-groups",
            "--allow-user=ann,carl@x.org",
            "--allow-domain=example.org",
            "--allow-group=scribes, Typists",
        ];
        for (name, email, groups, may) in [
            ("ann", "", "", true),
            ("Ann", "", "", false),
            ("eve", "", "", false),
            ("7f3a", "Carl@X.org", "", true),
            ("eve", "dan@EXAMPLE.org", "", true),
            ("eve", "dan@sub.example.org", "", false),
            ("eve", "dan@evil-example.org", "", false),
            ("eve", "dan@example.org@evil.org", "", false),
            // With a header for it, nothing else is an e-mail address.
            ("eve@example.org", "", "", false),
            ("eve", "eve@example.org", "", true),
            ("eve", "", "scribes", true),
            ("eve", "", "others, Typists", true),
            ("eve", "", "typists", false),
            ("eve", "", "scribes2", false),
        ] {
            let mut told = vec![("x-forwarded-user", name)];
            if !email.is_empty() {
                told.push(("x-forwarded-email", email));
            }
            if !groups.is_empty() {
                told.push(("x-forwarded-groups", groups));
            }
            let expected = if may {
                Ok(name.to_owned())
            } else {
                Err(Denied::NotAllowed)
            };
            assert_eq!(
                person(&flags, false, "10.0.0.1", &told),
                expected,
                "{name} {email} {groups}"
            );
        }
    }

    #[test]
    fn an_identity_that_looks_like_an_address_is_one_and_other_headers_are_not_read() {
        let flags = ["--allow-domain=example.org"];
        let told = [("x-forwarded-user", "Dan@Example.org")];
        assert!(person(&flags, false, "10.0.0.1", &told).is_ok());
        // A proxy that was not told of this header may let a stranger's pass.
        let forged = [
            ("x-forwarded-user", "eve"),
            ("x-forwarded-email", "dan@example.org"),
        ];
        assert_eq!(
            person(&flags, false, "10.0.0.1", &forged),
            Err(Denied::NotAllowed)
        );
    }
}
