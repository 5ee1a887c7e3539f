//! Whether a request to a server on loopback comes from this machine's own pages.

use std::net::IpAddr;

use axum::http::{HeaderMap, Version, header};

use super::{denied::Denied, own_page};
use crate::caller::{one, proxy_signs};

/// Lets through what names loopback in `Host`, and what names nothing.
///
/// A page of a stranger can have its own name lead to 127.0.0.1 once it is loaded (DNS rebinding), and
/// its scripts would then be of the same origin as ours. The name is what gives it away.
pub(super) fn is_this_machine(headers: &HeaderMap) -> Result<(), Denied> {
    match headers.get(header::HOST) {
        // No browser leaves it out.
        None => Ok(()),
        Some(_) => match one(headers, &header::HOST) {
            Some(host) if names_loopback(host) => Ok(()),
            _ => Err(Denied::ForeignHost),
        },
    }
}

/// Refuses what a proxy passed on: everybody who reaches the proxy would seem to sit here.
pub(super) fn is_unproxied(version: Version, headers: &HeaderMap) -> Result<(), Denied> {
    match proxy_signs::sign(version, headers) {
        Some(_) => Err(Denied::UnexpectedProxy),
        None => Ok(()),
    }
}

/// Refuses a page that was opened by another name than this machine's.
///
/// A proxy may leave no trace: nginx's `proxy_pass http://127.0.0.1:8000;` sends that address as `Host`
/// and adds nothing, by HTTP/1.1 since 1.29.7. It does not touch what the browser says of the page.
pub(super) fn is_opened_here(headers: &HeaderMap) -> Result<(), Denied> {
    match own_page::page_host(headers) {
        Some(Ok(host)) if names_loopback(host) => Ok(()),
        Some(_) => Err(Denied::ForeignPage),
        // No page asks, or one that hides where it is.
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
            // Browsers never ask a name server for these.
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
    fn loopback_is_known_in_every_spelling_and_nothing_else_is() {
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
            assert_eq!(is_this_machine(&headers).is_ok(), is_loopback, "{host:?}");
        }
        let mut two = HeaderMap::new();
        two.append(header::HOST, HeaderValue::from_static("localhost"));
        two.append(header::HOST, HeaderValue::from_static("localhost"));
        assert_eq!(is_this_machine(&two), Err(Denied::ForeignHost));
        assert_eq!(is_this_machine(&HeaderMap::new()), Ok(()));
    }

    #[test]
    fn a_page_that_was_opened_elsewhere_gives_itself_away() {
        for (headers, may) in [
            // A program, or somebody who typed the address.
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
            // The page of the JavaScript original, which knows of no such header.
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
            assert_eq!(is_opened_here(&map).is_ok(), may, "{headers:?}");
        }
    }
}
