//! Whether our own page or a program asks, or another site's page in the name of the person who looks
//! at it.

use axum::http::{HeaderMap, HeaderName, header};
use inturn_protocol::PAGE_HOST_HEADER;

use super::denied::Denied;
use crate::caller::{Caller, one};

/// Refuses what a page of another site asks.
///
/// Browsers say whose page asks, in a header that no page can write, unless the server was reached by
/// plain http: then they name at least the page's origin where they send a form. What says neither is
/// no page, or a question that changes nothing.
pub(crate) fn check(caller: &Caller, headers: &HeaderMap) -> Result<(), Denied> {
    if headers.contains_key(SEC_FETCH_SITE) {
        return match one(headers, &SEC_FETCH_SITE) {
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

/// Refuses a socket that a page of another site opens. Browsers send `Origin` with every one.
///
/// What they say in `Sec-Fetch-Site` of sockets differs: their schemes are not those of pages.
pub(crate) fn check_socket(caller: &Caller, headers: &HeaderMap) -> Result<(), Denied> {
    let is_ours = !headers.contains_key(header::ORIGIN)
        || one(headers, &SEC_FETCH_SITE) == Some("same-origin")
        || names_our_host(caller, headers, &header::ORIGIN);
    match is_ours {
        true => Ok(()),
        false => Err(Denied::CrossSite),
    }
}

/// Wants one sign that our own page or a program asks, of a request that passed [`check`].
///
/// `<img src="…/token">` on another site's page has none: by plain http it comes without
/// `Sec-Fetch-Site`, and without `Origin`, as every GET does that is no `fetch` to another origin.
pub(crate) fn check_signed(caller: &Caller, headers: &HeaderMap) -> Result<(), Denied> {
    let is_signed = headers.contains_key(SEC_FETCH_SITE)
        || headers.contains_key(header::ORIGIN)
        // A page of another site would have to ask us first whether it may send this, and we don't answer.
        // https://fetch.spec.whatwg.org/#cors-preflight-fetch
        || headers.contains_key(PAGE_HOST_HEADER)
        || names_our_host(caller, headers, &header::REFERER);
    match is_signed {
        true => Ok(()),
        false => Err(Denied::NoSign),
    }
}

/// Host and port of the page that asks, as its browser tells; `None` where it tells nothing.
///
/// Our page tells it itself. For others it is the address that the browser gives of the page.
pub(crate) fn page_host(headers: &HeaderMap) -> Option<Result<&str, Denied>> {
    let name = HeaderName::from_static(PAGE_HOST_HEADER);
    if headers.contains_key(&name) {
        return Some(one(headers, &name).ok_or(Denied::ForeignPage));
    }
    let given = [header::ORIGIN, header::REFERER];
    let name = given.iter().find(|name| headers.contains_key(*name))?;
    let host = one(headers, name).and_then(authority).map(|it| it.0);
    Some(host.ok_or(Denied::ForeignPage))
}

/// Whether the browser came by https, by its own word.
pub(crate) fn came_by_https(headers: &HeaderMap) -> bool {
    one(headers, &header::ORIGIN).is_some_and(|origin| origin.starts_with("https://"))
}

fn names_our_host(caller: &Caller, headers: &HeaderMap, name: &HeaderName) -> bool {
    match (
        one(headers, name).and_then(authority),
        caller.host.as_deref(),
    ) {
        (Some(page), Some(host)) => is_same(page, host),
        _ => false,
    }
}

/// Host and port of an address; `null`, and what is no address of the web, has none.
fn authority(address: &str) -> Option<(&str, &'static str)> {
    let http = address.strip_prefix("http://").map(|it| (it, ":80"));
    let https = || address.strip_prefix("https://").map(|it| (it, ":443"));
    let (rest, port) = http.or_else(https)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    Some((&rest[..end], port))
}

/// Whether both name the same place, the scheme's own port written out or not.
fn is_same((origin, port): (&str, &str), host: &str) -> bool {
    let bare = |it: &str| it.strip_suffix(port).unwrap_or(it).to_ascii_lowercase();
    bare(origin) == bare(host)
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
    fn only_our_own_page_may_ask() {
        for (site, origin, may) in [
            (&["same-origin"][..], &[][..], true),
            (&["none"], &[], true),
            (&["cross-site"], &[], false),
            (&["same-site"], &[], false),
            (&[""], &[], false),
            (&["Same-Origin"], &[], false),
            (&["same-origin", "cross-site"], &[], false),
            // The browser's word on it counts, whatever a proxy made of the names.
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
            assert_eq!(outcome.is_ok(), may, "{site:?} {origin:?}");
        }
    }

    #[test]
    fn a_token_needs_a_sign_that_no_other_page_can_give() {
        for (headers, outcome) in [
            // What `<img>` on another site sends by plain http, by the site's own choice of policy.
            (&[][..], Err(Denied::NoSign)),
            (&[("referer", "http://b.example/")], Err(Denied::NoSign)),
            (
                &[("referer", "http://b.example/?http://a.example/")],
                Err(Denied::NoSign),
            ),
            (
                &[("referer", "http://a.example.b.example/")],
                Err(Denied::NoSign),
            ),
            (
                &[("referer", "http://a.example@b.example/")],
                Err(Denied::NoSign),
            ),
            (
                &[
                    ("referer", "http://a.example/"),
                    ("referer", "http://a.example/"),
                ],
                Err(Denied::NoSign),
            ),
            // Our own page, the original's page, and programs.
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
            assert_eq!(check_signed(&caller(), &map), outcome, "{headers:?}");
        }
    }
}
