//! The cookie of a sign-in: its names, and how it is set and taken away.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::caller::Caller;

/// What the name of a sign-in's cookie promises. The browser holds to it: nothing but our own https
/// answers can set the cookies of the latter two.
/// <https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-cookie-name-prefixes>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// Nothing: by plain http there is nothing that could be promised.
    Plain,
    /// Set by https.
    Secure,
    /// Set by https, and by this host itself.
    Host,
}

/// Sets the cookie of a sign-in, of which scripts know nothing, for our own paths only. Other sites'
/// requests go without it, but for a link that somebody follows to us.
pub(crate) fn set(caller: &Caller, by_https: bool, value: &str, seconds: u64) -> HeaderValue {
    let kind = match (by_https, caller.prefix.as_str()) {
        (false, _) => Kind::Plain,
        (true, "/") => Kind::Host,
        // `__Host-` must have the path `/`, by which the cookie would go to whatever else this host
        // serves, and two installations below two prefixes would overwrite each other's.
        (true, _) => Kind::Secure,
    };
    header_value(kind, caller, value, seconds)
}

/// Takes away whichever of them the request has.
pub(crate) fn clear(caller: &Caller, headers: &HeaderMap) -> Vec<HeaderValue> {
    let sent = |kind: &Kind| all(headers).any(|(name, _)| name == kind.name());
    let kinds = KINDS.into_iter().filter(sent);
    kinds
        .map(|kind| header_value(kind, caller, "", 0))
        .collect()
}

/// The values of a request's sign-ins. Where the browser came by https, a plain cookie is none of ours:
/// another host of the same domain may have set it, or somebody on the way of a plain request.
pub(crate) fn values<'a>(
    caller: &'a Caller,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = &'a str> {
    let is_ours = |name: &str| {
        let kind = KINDS.into_iter().find(|kind| kind.name() == name);
        kind.is_some_and(|kind| kind != Kind::Plain || !caller.is_secure)
    };
    all(headers).filter_map(move |(name, value)| is_ours(name).then_some(value))
}

fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
}

fn header_value(kind: Kind, caller: &Caller, value: &str, seconds: u64) -> HeaderValue {
    let path = match kind {
        Kind::Host => "/",
        Kind::Plain | Kind::Secure => &caller.prefix,
    };
    let secure = match kind {
        Kind::Plain => "",
        Kind::Secure | Kind::Host => "; Secure",
    };
    let name = kind.name();
    let text =
        format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    // The value and the prefix are plain by how they are made.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "inturn_sign_in",
            Self::Secure => "__Secure-inturn_sign_in",
            Self::Host => "__Host-inturn_sign_in",
        }
    }
}

/// How many names the cookie may have.
pub(crate) const NAMES: usize = 3;

const KINDS: [Kind; NAMES] = [Kind::Plain, Kind::Secure, Kind::Host];

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn caller(is_secure: bool, prefix: &str) -> Caller {
        Caller {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            through_proxy: true,
            is_secure,
            prefix: prefix.to_owned(),
            host: None,
        }
    }

    #[test]
    fn the_name_promises_what_holds() {
        for (by_https, prefix, expected) in [
            (
                false,
                "/",
                "inturn_sign_in=v; Path=/; Max-Age=9; HttpOnly; SameSite=Lax",
            ),
            (
                false,
                "/x/",
                "inturn_sign_in=v; Path=/x/; Max-Age=9; HttpOnly; SameSite=Lax",
            ),
            (
                true,
                "/",
                "__Host-inturn_sign_in=v; Path=/; Max-Age=9; HttpOnly; SameSite=Lax; Secure",
            ),
            (
                true,
                "/x/",
                "__Secure-inturn_sign_in=v; Path=/x/; Max-Age=9; HttpOnly; SameSite=Lax; Secure",
            ),
        ] {
            let cookie = set(&caller(by_https, prefix), by_https, "v", 9);
            assert_eq!(cookie, expected);
        }
    }

    #[test]
    fn by_https_a_cookie_that_anybody_may_have_set_is_none() {
        let mut headers = HeaderMap::new();
        let first = "a=b; inturn_sign_in=plain;__Secure-inturn_sign_in=secure";
        headers.append(header::COOKIE, HeaderValue::from_static(first));
        let second = "xinturn_sign_in=x; __Host-inturn_sign_in=host; inturn_sign_in";
        headers.append(header::COOKIE, HeaderValue::from_static(second));
        let read = |is_secure: bool| {
            let caller = caller(is_secure, "/");
            let read: Vec<_> = values(&caller, &headers).map(str::to_owned).collect();
            read.join(" ")
        };
        assert_eq!(read(false), "plain secure host");
        assert_eq!(read(true), "secure host");
        assert_eq!(clear(&caller(true, "/x/"), &headers).len(), 3);
        assert!(clear(&caller(true, "/x/"), &HeaderMap::new()).is_empty());
    }
}
