//! Signs that a request came through a proxy, trusted or not.

use axum::http::{HeaderMap, HeaderName, Version};

/// Returns the first sign of a proxy: the name of a header, or `HTTP/1.0`.
pub(crate) fn find_sign(version: Version, headers: &HeaderMap) -> Option<&str> {
    let header = headers.keys().map(HeaderName::as_str).find(|name| {
        HEADERS.contains(name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    });
    // The default of nginx before 1.29.7. Browsers have not used it for twenty years.
    // https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version
    let version = (version < Version::HTTP_11).then_some("HTTP/1.0");
    header.or(version)
}

/// Returns the name of the first header with which a proxy describes its client.
pub(crate) fn forwarding_header(headers: &HeaderMap) -> Option<&'static str> {
    FORWARDING
        .into_iter()
        .find(|name| headers.contains_key(*name))
}

/// Headers of proxies, and of the load balancers and networks of large providers.
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
    fn headers_of_proxies_are_recognised() {
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
            let found = find_sign(Version::HTTP_11, &headers);
            assert_eq!(found, is_sign.then_some(name.as_str()), "{name}");
        }
        assert_eq!(
            find_sign(Version::HTTP_10, &HeaderMap::new()),
            Some("HTTP/1.0")
        );
    }
}
