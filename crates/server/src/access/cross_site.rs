//! Whether another site's page asks in the name of the person who looks at it.

use axum::http::{HeaderMap, HeaderName, header};

use super::Denied;
use crate::caller::{Caller, one};

/// Refuses what a page of another site asks.
///
/// Current browsers say whose page asks, in a header that no page can write. Older ones name at least
/// the page's origin where that is another one. What says neither is no page.
pub(super) fn check(caller: &Caller, headers: &HeaderMap) -> Result<(), Denied> {
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
    let origin = one(headers, &header::ORIGIN).and_then(authority);
    match (origin, caller.host.as_deref()) {
        (Some(origin), Some(host)) if is_same(origin, host) => Ok(()),
        _ => Err(Denied::CrossSite),
    }
}

/// Host and port of an origin; `null`, and what is no origin of the web, has none.
fn authority(origin: &str) -> Option<(&str, &'static str)> {
    let http = origin.strip_prefix("http://").map(|it| (it, ":80"));
    http.or_else(|| origin.strip_prefix("https://").map(|it| (it, ":443")))
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
            let caller = Caller {
                address: IpAddr::V4(Ipv4Addr::LOCALHOST),
                through_proxy: false,
                is_secure: false,
                prefix: "/".to_owned(),
                host: Some("a.example".to_owned()),
            };
            let mut headers = HeaderMap::new();
            for value in site {
                headers.append(SEC_FETCH_SITE, HeaderValue::from_static(value));
            }
            for value in origin {
                headers.append(header::ORIGIN, HeaderValue::from_static(value));
            }
            assert_eq!(check(&caller, &headers).is_ok(), may, "{site:?} {origin:?}");
        }
    }
}
