//! The sign-in cookie: its names, and how it is set and removed.

use axum::http::{HeaderMap, HeaderValue, header};
use inturn_protocol::SIGN_IN_COOKIES;

use crate::caller::Caller;

/// The names of the sign-in cookie, see [`SIGN_IN_COOKIES`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum CookieName {
    /// No prefix, for plain http.
    Plain,
    /// `__Secure-`: only a response by https can set it.
    Secure,
    /// `__Host-`: only a response by https from this very host can set it.
    Host,
}

/// Returns the `Set-Cookie` header of a sign-in. Scripts can't read the cookie, and it is sent only
/// to our own paths. `SameSite=Lax`: a request from another site carries it only if the person
/// follows a link to us.
pub(crate) fn set(caller: &Caller, by_https: bool, value: &str, seconds: u64) -> HeaderValue {
    let name = match (by_https, caller.prefix.as_str()) {
        (false, _) => CookieName::Plain,
        (true, "/") => CookieName::Host,
        // `__Host-` requires the path `/`. Then the cookie would also be sent to other services of
        // this host, and installations below different prefixes would overwrite each other's.
        (true, _) => CookieName::Secure,
    };
    header_value(name, caller, value, seconds)
}

/// Returns the `Set-Cookie` headers that remove the request's sign-in cookies.
pub(crate) fn clear(caller: &Caller, headers: &HeaderMap) -> Vec<HeaderValue> {
    let is_sent = |name: &CookieName| all(headers).any(|(sent, _)| sent == name.as_str());
    let names = COOKIE_NAMES.into_iter().filter(is_sent);
    names
        .map(|name| header_value(name, caller, "", 0))
        .collect()
}

/// Returns the values of the request's sign-in cookies.
///
/// Ignores the plain cookie if the browser used https: another host of the same domain, or an
/// attacker on the network of a plain http request, may have set it.
pub(crate) fn values<'a>(
    caller: &'a Caller,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = &'a str> {
    let is_ours = |sent: &str| {
        let name = COOKIE_NAMES.into_iter().find(|name| name.as_str() == sent);
        name.is_some_and(|name| name != CookieName::Plain || !caller.is_secure)
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

fn header_value(name: CookieName, caller: &Caller, value: &str, seconds: u64) -> HeaderValue {
    let path = match name {
        CookieName::Host => "/",
        CookieName::Plain | CookieName::Secure => &caller.prefix,
    };
    let secure = match name {
        CookieName::Plain => "",
        CookieName::Secure | CookieName::Host => "; Secure",
    };
    let name = name.as_str();
    let text =
        format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    // Never fails: the value and the prefix contain only characters that are valid in a header.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

impl CookieName {
    fn as_str(self) -> &'static str {
        let [plain, secure, host] = SIGN_IN_COOKIES;
        match self {
            Self::Plain => plain,
            Self::Secure => secure,
            Self::Host => host,
        }
    }
}

/// The number of names that the cookie may have.
pub(crate) const NAMES: usize = SIGN_IN_COOKIES.len();

const COOKIE_NAMES: [CookieName; NAMES] = [CookieName::Plain, CookieName::Secure, CookieName::Host];

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
    fn the_name_has_the_strictest_prefix_that_applies() {
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
    fn a_plain_cookie_is_ignored_over_https() {
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
