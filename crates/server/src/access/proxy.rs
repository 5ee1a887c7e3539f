//! Access by the user name that a reverse proxy sends.

use std::{
    borrow::Cow,
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

use axum::http::{HeaderMap, HeaderName};
use inturn_cli::Secret;
use subtle::ConstantTimeEq;

use super::denied::Denied;
use crate::{
    caller::{Caller, single_decoded_value},
    config::{AccessConfig, Name},
};

/// The headers that the proxy sends, and the lists of allowed people.
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

    /// Replaces the secret that the proxy must send.
    pub(super) fn use_secret(&self, secret: Secret) {
        *self.secret.write().unwrap_or_else(PoisonError::into_inner) = Some(secret);
    }

    /// Returns `true` if the proxy must send a secret.
    pub(super) fn has_secret(&self) -> bool {
        self.secret().is_some()
    }

    fn secret(&self) -> RwLockReadGuard<'_, Option<Secret>> {
        self.secret.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the name of the person that the proxy names, if they are allowed.
    pub(super) fn person(&self, caller: &Caller, headers: &HeaderMap) -> Result<String, Denied> {
        if !caller.through_proxy || !self.has_valid_secret(headers) {
            return Err(Denied::NotThroughProxy);
        }
        let name = self.name(headers)?;
        let email = match &self.email {
            Some(header) => single_decoded_value(headers, header),
            None => name.contains('@').then_some(Cow::Borrowed(name.as_str())),
        };
        let email = email.as_deref().map(str::trim).filter(|it| is_usable(it));
        if self.allows(&name, email, headers) {
            Ok(name)
        } else {
            Err(Denied::NotAllowed)
        }
    }

    fn name(&self, headers: &HeaderMap) -> Result<String, Denied> {
        // Of two headers, one may be the client's own, which the proxy failed to remove.
        let Some(name) = single_decoded_value(headers, &self.identity) else {
            return Err(match headers.contains_key(&self.identity) {
                true => Denied::UnusableName,
                false => Denied::NotSignedIn,
            });
        };
        match name.trim() {
            name if is_placeholder(name) => Err(Denied::NotSignedIn),
            name if is_usable(name) => Ok(name.to_owned()),
            _ => Err(Denied::UnusableName),
        }
    }

    fn has_valid_secret(&self, headers: &HeaderMap) -> bool {
        self.secret().as_ref().is_none_or(|secret| {
            let mut sent = headers.get_all(&self.secret_header).iter();
            match (sent.next(), sent.next()) {
                (Some(sent), None) => sent.as_bytes().ct_eq(secret.bytes()).into(),
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
        // The domain begins after the last `@`: the part before it may contain others in quotes.
        let domain = email.and_then(|it| it.rsplit_once('@')).map(|it| it.1);
        let is_domain =
            |it: &Name| domain.is_some_and(|name| it.as_str().eq_ignore_ascii_case(name));
        self.users.iter().any(is_user)
            || self.domains.iter().any(is_domain)
            || self.is_in_allowed_group(headers)
    }

    fn is_in_allowed_group(&self, headers: &HeaderMap) -> bool {
        let groups = self.groups.as_ref();
        let groups = groups.and_then(|it| single_decoded_value(headers, it));
        let groups = groups.unwrap_or_default();
        groups
            .split(',')
            .map(str::trim)
            .any(|group| self.allowed_groups.iter().any(|it| it.as_str() == group))
    }
}

/// Returns `true` if a name can be used in a log line and as the key of a limit.
fn is_usable(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME_BYTES && !text.chars().any(char::is_control)
}

/// Returns `true` if a name is what proxies send when no one is signed in: an empty value, a
/// placeholder, or a variable of their configuration that was not replaced.
fn is_placeholder(name: &str) -> bool {
    name.is_empty()
        || PLACEHOLDERS
            .iter()
            .any(|placeholder| name.eq_ignore_ascii_case(placeholder))
        || ["${", "%{", "{"]
            .iter()
            .any(|start| name.starts_with(start))
}

/// Apache writes `(null)` for a variable that is not set, HAProxy and logs `-`, Go's templates
/// `<no value>` and `<nil>`, JavaScript `undefined` and `null`, Lua `nil`; gateways call guests
/// `anonymous`.
const PLACEHOLDERS: [&str; 10] = [
    "(null)",
    "null",
    "-",
    "(none)",
    "undefined",
    "nil",
    "<nil>",
    "<no value>",
    "anonymous",
    "unauthenticated",
];

/// The longest possible e-mail address has 254 bytes.
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
        pairs: &[(&str, &str)],
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
        for (name, value) in pairs {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(
                name,
                HeaderValue::from_bytes(value.as_bytes()).expect("a value"),
            );
        }
        person_of(&config, peer, &headers)
    }

    fn person_of(config: &Config, peer: &str, headers: &HeaderMap) -> Result<String, Denied> {
        let peer: IpAddr = peer.parse().expect("an address");
        let caller = Caller::of(peer, headers, &config.access.trusted_proxy, "/");
        ProxyAccess::new(&config.access).person(&caller, headers)
    }

    #[test]
    fn a_name_may_be_in_any_script_and_in_utf_8_or_latin_1() {
        for name in [
            "Jürgen",
            "Zoë Ångström",
            "Дмитрий",
            "渡辺",
            "jürgen@exämple.org",
        ] {
            let pairs = [("x-forwarded-user", name)];
            let flag = format!("--allow-user={name}");
            for flags in [&[][..], &[flag.as_str()]] {
                assert_eq!(
                    person(flags, false, "10.0.0.1", &pairs),
                    Ok(name.to_owned())
                );
            }
        }
        let args = [
            "inturn",
            "--trusted-proxy=10.0.0.1",
            "--allow-group=Büro",
            "--groups-header=g",
        ];
        let config = Config::parse_flags(args.map(OsString::from)).expect("good flags");
        for (name, group, expected) in [
            (&b"J\xfcrgen"[..], &b"B\xfcro"[..], Ok("Jürgen".to_owned())),
            (b"J\xfcrgen", "x, Büro".as_bytes(), Ok("Jürgen".to_owned())),
            (b"J\xfcrgen", b"Buro", Err(Denied::NotAllowed)),
            // A control character of Latin-1.
            (b"J\x85rgen", b"", Err(Denied::UnusableName)),
        ] {
            let mut headers = HeaderMap::new();
            for (header, value) in [("x-forwarded-user", name), ("g", group)] {
                headers.append(header, HeaderValue::from_bytes(value).expect("a value"));
            }
            assert_eq!(person_of(&config, "10.0.0.1", &headers), expected);
        }
    }

    #[test]
    fn a_user_name_is_accepted_only_from_a_trusted_proxy() {
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
        for name in [
            "",
            "  ",
            "(null)",
            "NULL",
            "-",
            "undefined",
            "<no value>",
            "%{REMOTE_USER}e",
        ] {
            let pairs = [("x-forwarded-user", name)];
            assert_eq!(
                person(&[], false, "10.0.0.1", &pairs),
                Err(Denied::NotSignedIn),
                "{name}"
            );
        }
        for name in ["nullius", "dash-", "Nil Armstrong"] {
            let pairs = [("x-forwarded-user", name)];
            assert_eq!(person(&[], false, "10.0.0.1", &pairs), Ok(name.to_owned()));
        }
        let long = "a".repeat(257);
        let two = [("x-forwarded-user", "ann"), ("x-forwarded-user", "eve")];
        for pairs in [&[("x-forwarded-user", long.as_str())][..], &two] {
            assert_eq!(
                person(&[], false, "10.0.0.1", pairs),
                Err(Denied::UnusableName)
            );
        }
        let other = ["--identity-header", "Remote-User"];
        assert_eq!(
            person(&other, false, "10.0.0.1", &ann),
            Err(Denied::NotSignedIn)
        );
        let pairs = [("remote-user", "bob"), ("x-forwarded-user", "eve")];
        assert_eq!(
            person(&other, false, "10.0.0.1", &pairs),
            Ok("bob".to_owned())
        );
    }

    #[test]
    fn a_proxy_must_send_its_secret() {
        for (secrets, is_accepted) in [
            (&[SECRET][..], true),
            (&[][..], false),
            (&["marker-012345678"][..], false),
            (&["MARKER-0123456789"][..], false),
            (&[SECRET, SECRET][..], false),
        ] {
            let mut all = vec![("x-forwarded-user", "ann")];
            all.extend(secrets.iter().map(|it| ("x-proxy-secret", *it)));
            assert_eq!(
                person(&[], true, "10.0.0.1", &all).is_ok(),
                is_accepted,
                "{secrets:?}"
            );
        }
    }

    #[test]
    fn people_are_allowed_by_name_domain_or_group() {
        let flags = [
            "--email-header=x-forwarded-email",
            "--groups-header=x-forwarded-groups",
            "--allow-user=ann,carl@x.org",
            "--allow-domain=example.org",
            "--allow-group=scribes, Typists",
        ];
        for (name, email, groups, is_allowed) in [
            ("ann", "", "", true),
            ("Ann", "", "", false),
            ("eve", "", "", false),
            ("7f3a", "Carl@X.org", "", true),
            ("eve", "dan@EXAMPLE.org", "", true),
            ("eve", "dan@sub.example.org", "", false),
            ("eve", "dan@evil-example.org", "", false),
            ("eve", "dan@example.org@evil.org", "", false),
            // If there is a header for it, the e-mail address is only taken from that header.
            ("eve@example.org", "", "", false),
            ("eve", "eve@example.org", "", true),
            ("eve", "", "scribes", true),
            ("eve", "", "others, Typists", true),
            ("eve", "", "typists", false),
            ("eve", "", "scribes2", false),
        ] {
            let mut pairs = vec![("x-forwarded-user", name)];
            if !email.is_empty() {
                pairs.push(("x-forwarded-email", email));
            }
            if !groups.is_empty() {
                pairs.push(("x-forwarded-groups", groups));
            }
            let expected = if is_allowed {
                Ok(name.to_owned())
            } else {
                Err(Denied::NotAllowed)
            };
            assert_eq!(
                person(&flags, false, "10.0.0.1", &pairs),
                expected,
                "{name} {email} {groups}"
            );
        }
    }

    #[test]
    fn a_name_with_an_at_sign_is_an_email_address_and_other_headers_are_ignored() {
        let flags = ["--allow-domain=example.org"];
        let pairs = [("x-forwarded-user", "Dan@Example.org")];
        assert!(person(&flags, false, "10.0.0.1", &pairs).is_ok());
        // A proxy that is not configured for this header may pass on a client's own.
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
