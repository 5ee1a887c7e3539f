//! Protection against cross-site requests: checks that a request comes from our own page or from a
//! program, and not from another site's page on behalf of its visitor.

use axum::http::{HeaderMap, HeaderName, header};
use inturn_protocol::PAGE_HOST_HEADER;

use super::denied::Denied;
use crate::caller::{Caller, single_value};

/// Refuses requests from a page of another site.
///
/// Browsers send `Sec-Fetch-Site`, which no page can set, except over plain http. There they still
/// send `Origin` with every form. So a request with neither header comes from a program, or changes
/// nothing.
pub(crate) fn check(caller: &Caller, headers: &HeaderMap) -> Result<(), Denied> {
    if headers.contains_key(SEC_FETCH_SITE) {
        return match single_value(headers, &SEC_FETCH_SITE) {
            // `none`: the person typed the address.
            Some("same-origin" | "none") => Ok(()),
            _ => Err(Denied::CrossSite),
        };
    }
    if !headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    match names_our_host(caller, headers, &header::ORIGIN) {
        true => Ok(()),
        false => Err(Denied::CrossSite),
    }
}

/// Refuses a WebSocket from a page of another site. Browsers send `Origin` with every WebSocket.
///
/// Their `Sec-Fetch-Site` of WebSockets varies, because the scheme differs from the page's.
pub(crate) fn check_socket(caller: &Caller, headers: &HeaderMap) -> Result<(), Denied> {
    let is_ours = !headers.contains_key(header::ORIGIN)
        || single_value(headers, &SEC_FETCH_SITE) == Some("same-origin")
        || names_our_host(caller, headers, &header::ORIGIN);
    match is_ours {
        true => Ok(()),
        false => Err(Denied::CrossSite),
    }
}

/// Refuses a request that passed [`check`] but has no header that shows its origin.
///
/// `<img src="…/token">` on another site's page sends such a request: over plain http it has no
/// `Sec-Fetch-Site`, and like every GET that is no cross-origin `fetch` it has no `Origin`.
pub(crate) fn check_origin_known(caller: &Caller, headers: &HeaderMap) -> Result<(), Denied> {
    let is_known = headers.contains_key(SEC_FETCH_SITE)
        || headers.contains_key(header::ORIGIN)
        // On a page of another site, the browser sends a preflight request before this header. We
        // don't allow it. https://fetch.spec.whatwg.org/#cors-preflight-fetch
        || headers.contains_key(PAGE_HOST_HEADER)
        || names_our_host(caller, headers, &header::REFERER);
    match is_known {
        true => Ok(()),
        false => Err(Denied::UnknownOrigin),
    }
}

/// Returns host and port of the page that sent the request; `None` if no header names a page.
///
/// Our page sends its own header. For other pages, this is the browser's `Origin` or `Referer`.
///
/// # Errors
///
/// Returns [`Denied::ForeignPage`] if the header is repeated or names no host.
pub(crate) fn page_host(headers: &HeaderMap) -> Option<Result<&str, Denied>> {
    let name = HeaderName::from_static(PAGE_HOST_HEADER);
    if headers.contains_key(&name) {
        return Some(single_value(headers, &name).ok_or(Denied::ForeignPage));
    }
    let names = [header::ORIGIN, header::REFERER];
    let name = names.iter().find(|name| headers.contains_key(*name))?;
    let host = single_value(headers, name)
        .and_then(authority)
        .map(|it| it.0);
    Some(host.ok_or(Denied::ForeignPage))
}

/// Returns `true` if the request's `Origin` has the scheme `https`.
pub(crate) fn is_https_origin(headers: &HeaderMap) -> bool {
    single_value(headers, &header::ORIGIN).is_some_and(|origin| origin.starts_with("https://"))
}

fn names_our_host(caller: &Caller, headers: &HeaderMap, name: &HeaderName) -> bool {
    match (
        single_value(headers, name).and_then(authority),
        caller.host.as_deref(),
    ) {
        (Some(page), Some(host)) => is_same(page, host),
        _ => false,
    }
}

/// Returns host and port of a URL, and the scheme's default port. Returns `None` for `null` and for
/// other schemes than http and https.
fn authority(address: &str) -> Option<(&str, &'static str)> {
    let http = address.strip_prefix("http://").map(|it| (it, ":80"));
    let https = || address.strip_prefix("https://").map(|it| (it, ":443"));
    let (rest, port) = http.or_else(https)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    Some((&rest[..end], port))
}

/// Returns `true` if both have the same host and port; the scheme's default port may be left out.
fn is_same((origin, default_port): (&str, &str), host: &str) -> bool {
    let normalized = |it: &str| {
        let it = it.strip_suffix(default_port).unwrap_or(it);
        it.to_ascii_lowercase()
    };
    normalized(origin) == normalized(host)
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use axum::http::HeaderValue;

    use super::*;

    fn caller() -> Caller {
        Caller {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            through_proxy: false,
            is_secure: false,
            prefix: "/".to_owned(),
            host: Some("a.example".to_owned()),
        }
    }

    #[test]
    fn requests_of_other_sites_are_refused() {
        for (site, origin, is_allowed) in [
            (&["same-origin"][..], &[][..], true),
            (&["none"], &[], true),
            (&["cross-site"], &[], false),
            (&["same-site"], &[], false),
            (&[""], &[], false),
            (&["Same-Origin"], &[], false),
            (&["same-origin", "cross-site"], &[], false),
            // `Sec-Fetch-Site` decides, because a proxy may change the host names.
            (&["same-origin"], &["https://other.example"], true),
            (&["cross-site"], &["https://a.example"], false),
            (&[], &[], true),
            (&[], &["https://a.example"], true),
            (&[], &["https://A.example:443"], true),
            (&[], &["http://a.example"], true),
            (&[], &["https://a.example:8443"], false),
            (&[], &["https://b.example"], false),
            (&[], &["https://a.example.evil.example"], false),
            (&[], &["null"], false),
            (&[], &[""], false),
            (&[], &["a.example"], false),
            (&[], &["file://a.example"], false),
            (&[], &["https://a.example", "https://a.example"], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in site {
                headers.append(SEC_FETCH_SITE, HeaderValue::from_static(value));
            }
            for value in origin {
                headers.append(header::ORIGIN, HeaderValue::from_static(value));
            }
            let outcome = check(&caller(), &headers);
            assert_eq!(outcome.is_ok(), is_allowed, "{site:?} {origin:?}");
        }
    }

    #[test]
    fn a_token_needs_a_header_that_no_other_page_can_send() {
        for (headers, outcome) in [
            // `<img>` on another site over plain http, with each referrer policy.
            (&[][..], Err(Denied::UnknownOrigin)),
            (
                &[("referer", "http://b.example/")],
                Err(Denied::UnknownOrigin),
            ),
            (
                &[("referer", "http://b.example/?http://a.example/")],
                Err(Denied::UnknownOrigin),
            ),
            (
                &[("referer", "http://a.example.b.example/")],
                Err(Denied::UnknownOrigin),
            ),
            (
                &[("referer", "http://a.example@b.example/")],
                Err(Denied::UnknownOrigin),
            ),
            (
                &[
                    ("referer", "http://a.example/"),
                    ("referer", "http://a.example/"),
                ],
                Err(Denied::UnknownOrigin),
            ),
            // Our own page, the page of the JavaScript original, and programs.
            (&[("x-inturn-host", "a.example")], Ok(())),
            (&[("x-inturn-host", "")], Ok(())),
            (&[("sec-fetch-site", "same-origin")], Ok(())),
            (&[("origin", "http://a.example")], Ok(())),
            (&[("referer", "http://a.example/")], Ok(())),
            (&[("referer", "http://a.example:80/team/?a=b")], Ok(())),
            (&[("referer", "https://A.example")], Ok(())),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(check_origin_known(&caller(), &map), outcome, "{headers:?}");
        }
    }
}
