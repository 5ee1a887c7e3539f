//! Checks of `--auth loopback`: a request must come from this machine, and from a page that was
//! opened at a loopback address.

use std::net::IpAddr;

use axum::http::{HeaderMap, Version, header};

use super::{denied::Denied, own_page};
use crate::caller::{proxy_signs, single_value};

/// Accepts a request whose `Host` is a loopback name or address, or that has no `Host`.
///
/// An attacker's page can make its own name resolve to 127.0.0.1 after it has loaded (DNS
/// rebinding). Its scripts would then have the same origin as ours. Only the name in `Host` reveals
/// this.
pub(super) fn check_host(headers: &HeaderMap) -> Result<(), Denied> {
    match headers.get(header::HOST) {
        // Every browser sends `Host`, so this is a program.
        None => Ok(()),
        Some(_) => match single_value(headers, &header::HOST) {
            Some(host) if names_loopback(host) => Ok(()),
            _ => Err(Denied::ForeignHost),
        },
    }
}

/// Refuses requests through a proxy: every client of the proxy would appear to be on this machine.
pub(super) fn check_unproxied(version: Version, headers: &HeaderMap) -> Result<(), Denied> {
    match proxy_signs::find_sign(version, headers) {
        Some(_) => Err(Denied::UnexpectedProxy),
        None => Ok(()),
    }
}

/// Refuses a page that was opened at another address than this machine's.
///
/// Some proxies can't be recognised by their headers. For example, nginx with
/// `proxy_pass http://127.0.0.1:8000;` sends that address as `Host`, adds no header, and uses
/// HTTP/1.1 since 1.29.7. But it forwards the browser's headers about the page unchanged.
pub(super) fn check_page_host(headers: &HeaderMap) -> Result<(), Denied> {
    match own_page::page_host(headers) {
        Some(Ok(host)) if names_loopback(host) => Ok(()),
        Some(_) => Err(Denied::ForeignPage),
        // A program, or a page with a referrer policy that hides its address.
        None => Ok(()),
    }
}

fn names_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'))
        .unwrap_or(name);
    match address.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => {
            let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
            // Browsers never resolve these names by DNS.
            // https://www.rfc-editor.org/rfc/rfc6761#section-6.3
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_loopback_hosts_are_accepted_in_every_spelling() {
        for (host, is_loopback) in [
            ("localhost", true),
            ("localhost:8000", true),
            ("LocalHost.:8000", true),
            ("scribe.localhost:8000", true),
            ("127.0.0.1:8000", true),
            ("127.1.2.3", true),
            ("[::1]:8000", true),
            ("[::1]", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("evil.example", false),
            ("evil.example:8000", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("notlocalhost", false),
            ("0.0.0.0:8000", false),
            ("192.168.1.7:8000", false),
            ("[::]:8000", false),
            ("", false),
            (":8000", false),
            ("localhost@evil.example", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            assert_eq!(check_host(&headers).is_ok(), is_loopback, "{host:?}");
        }
        let mut two = HeaderMap::new();
        two.append(header::HOST, HeaderValue::from_static("localhost"));
        two.append(header::HOST, HeaderValue::from_static("localhost"));
        assert_eq!(check_host(&two), Err(Denied::ForeignHost));
        assert_eq!(check_host(&HeaderMap::new()), Ok(()));
    }

    #[test]
    fn a_page_that_was_opened_at_another_address_is_refused() {
        for (headers, is_allowed) in [
            // A program, or a person who typed the address.
            (&[][..], true),
            (&[("x-inturn-host", "localhost:8000")], true),
            (&[("x-inturn-host", "[::1]:8000")], true),
            (&[("x-inturn-host", "scribe.example.org")], false),
            (&[("x-inturn-host", "192.168.1.7")], false),
            (&[("x-inturn-host", "")], false),
            (
                &[
                    ("x-inturn-host", "localhost"),
                    ("x-inturn-host", "localhost"),
                ],
                false,
            ),
            // The page of the JavaScript original, which does not send this header.
            (&[("referer", "http://localhost:8000/")], true),
            (&[("referer", "http://127.0.0.1:8000/x?y")], true),
            (&[("referer", "https://scribe.example.org/")], false),
            (
                &[("referer", "https://scribe.example.org/?http://localhost/")],
                false,
            ),
            (&[("referer", "")], false),
            (&[("origin", "http://localhost:8000")], true),
            (&[("origin", "https://scribe.example.org")], false),
            (&[("origin", "null")], false),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(check_page_host(&map).is_ok(), is_allowed, "{headers:?}");
        }
    }
}
