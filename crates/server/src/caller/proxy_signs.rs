//! What a request looks like that came through a proxy, whoever runs the proxy.

use axum::http::{HeaderMap, HeaderName, Version};

/// The first sign of a proxy that a request has: the name of a header, or its old version of HTTP.
pub(crate) fn sign(version: Version, headers: &HeaderMap) -> Option<&str> {
    let header = headers.keys().map(HeaderName::as_str).find(|name| {
        HEADERS.contains(name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    });
    // The default of nginx before 1.29.7. Browsers have not spoken it for twenty years.
    // https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version
    let version = (version < Version::HTTP_11).then_some("HTTP/1.0");
    header.or(version)
}

/// A header by which a proxy says for whom it asks.
pub(crate) fn forwarding_header(headers: &HeaderMap) -> Option<&'static str> {
    FORWARDING
        .into_iter()
        .find(|name| headers.contains_key(*name))
}

/// Of the proxies themselves, and of the balancers and networks that big providers put in front.
const HEADERS: [&str; 8] = [
    "via",
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "fastly-client-ip",
    "x-amzn-trace-id",
];

const PREFIXES: [&str; 4] = ["x-forwarded-", "cf-", "x-envoy-", "x-original-"];

const FORWARDING: [&str; 6] = [
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-prefix",
    "forwarded",
    "x-real-ip",
];

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn every_proxy_gives_itself_away_that_says_anything() {
        for (name, is_sign) in [
            ("Via", true),
            ("Forwarded", true),
            ("X-Forwarded-For", true),
            ("X-Forwarded-Proto", true),
            ("X-Forwarded-Anything", true),
            ("X-Real-IP", true),
            ("CF-Connecting-IP", true),
            ("CF-Ray", true),
            ("X-Envoy-External-Address", true),
            ("X-Request-Id", false),
            ("Sec-Fetch-Site", false),
            ("Referer", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("accept", HeaderValue::from_static("*/*"));
            let name: HeaderName = name.parse().expect("a name");
            headers.insert(&name, HeaderValue::from_static(""));
            let found = sign(Version::HTTP_11, &headers);
            assert_eq!(found, is_sign.then_some(name.as_str()), "{name}");
        }
        assert_eq!(sign(Version::HTTP_10, &HeaderMap::new()), Some("HTTP/1.0"));
    }
}
