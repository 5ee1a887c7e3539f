//! The caller of a request, determined once: the client's address, and what a trusted proxy adds.

pub(crate) mod proxy_signs;
mod untrusted;

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};

pub(crate) use self::untrusted::{UntrustedProxies, consequence};
use crate::config::{Network, plain_prefix};

/// The peer of the connection. `serve` attaches it to each request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The caller of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Caller {
    /// The client's address, as far back as trusted proxies report it.
    pub(crate) address: IpAddr,
    /// Whether a trusted proxy forwarded the request.
    pub(crate) through_proxy: bool,
    /// Whether the browser used https, as reported by a trusted proxy.
    pub(crate) is_secure: bool,
    /// The path prefix in the browser: `/`, or for example `/team/scribe/`.
    pub(crate) prefix: String,
    /// The host in the browser, from a trusted proxy or from the request's `Host`.
    pub(crate) host: Option<String>,
}

impl Caller {
    /// Determines the caller from the connection and the headers. Forwarding headers count only if
    /// the peer is a trusted proxy.
    pub(crate) fn of(
        peer: IpAddr,
        headers: &HeaderMap,
        trusted: &[Network],
        base_path: &str,
    ) -> Self {
        let peer = peer.to_canonical();
        let through_proxy = trusts(trusted, peer);
        let forwarded = |name: &HeaderName| {
            let value = through_proxy.then(|| single_value(headers, name));
            value.flatten().map(str::trim)
        };
        let prefix = forwarded(&X_FORWARDED_PREFIX).and_then(plain_prefix);
        let host = forwarded(&X_FORWARDED_HOST).or_else(|| single_value(headers, &header::HOST));
        let proto = forwarded(&X_FORWARDED_PROTO);
        Self {
            address: client_address(peer, headers, trusted),
            through_proxy,
            is_secure: proto.is_some_and(|it| it.eq_ignore_ascii_case("https")),
            prefix: prefix.unwrap_or_else(|| base_path.to_owned()),
            host: host.map(str::to_owned),
        }
    }
}

/// Attaches the [`Caller`] to a request, for all later layers and handlers.
pub(crate) fn attach_caller(request: &mut Request, trusted: &[Network], base_path: &str) {
    // A test that calls the app without a connection has no peer. No network contains this address.
    let peer = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let caller = Caller::of(peer, request.headers(), trusted, base_path);
    request.extensions_mut().insert(caller);
}

/// Logs a warning if the request came through a proxy that is not trusted, once for each proxy.
pub(crate) fn warn_if_untrusted(proxies: &UntrustedProxies, request: &Request) {
    let caller = request.extensions().get::<Caller>();
    if let Some(caller) = caller.filter(|caller| !caller.through_proxy) {
        proxies.check(caller.address, request.headers());
    }
}

/// Returns the client's address: the peer's, unless the peer is a trusted proxy; then the rightmost
/// address in `X-Forwarded-For` that is not a trusted proxy.
///
/// Each proxy appends the address of its peer. So trusted proxies wrote the entries on the right,
/// and the rightmost untrusted address is the peer of one of them. The client can forge everything
/// to the left of it.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let mut client = peer;
    let lines = headers.get_all(X_FORWARDED_FOR).iter();
    // Several header lines are one list, in their order.
    let mut lines: Vec<&HeaderValue> = lines.collect();
    lines.reverse();
    let entries = lines
        .into_iter()
        .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for entry in entries {
        if !trusts(trusted, client) {
            break;
        }
        // An invalid entry ends the search: the entries to the left of it can't be trusted.
        let Some(address) = entry_address(entry) else {
            break;
        };
        client = address;
    }
    client
}

/// Parses the address of one entry. Some proxies add a port, and some put IPv6 in brackets.
fn entry_address(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim();
    let address = match entry.parse::<IpAddr>() {
        Ok(address) => address,
        Err(_) => match entry.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            Some(bare) => IpAddr::V6(bare.parse().ok()?),
            None => entry.parse::<SocketAddr>().ok()?.ip(),
        },
    };
    Some(address.to_canonical())
}

fn trusts(trusted: &[Network], address: IpAddr) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// Returns a header's text if there is exactly one such header. Of two, one may be forged by the
/// client.
pub(crate) fn single_value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Like [`single_value`], but decodes UTF-8, or Latin-1 if the value is not UTF-8. Most proxies
/// send names of people in UTF-8, some in Latin-1; HTTP specifies neither.
/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.5>
pub(crate) fn single_decoded_value<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Option<Cow<'a, str>> {
    let mut all = headers.get_all(name).iter();
    let bytes = match (all.next(), all.next()) {
        (Some(value), None) => value.as_bytes(),
        _ => return None,
    };
    Some(match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    })
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(text: &str) -> Vec<Network> {
        let texts = text.split(',').filter(|it| !it.is_empty());
        texts.map(|it| it.parse().expect("a network")).collect()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            headers.append(*name, value);
        }
        headers
    }

    #[test]
    fn the_client_is_the_rightmost_address_that_is_not_a_trusted_proxy() {
        for (case, trusted, peer, lines, address) in [
            (
                "no proxy is trusted by default",
                "",
                "10.0.0.1",
                &["1.2.3.4"][..],
                "10.0.0.1",
            ),
            (
                "an untrusted peer",
                "10.0.0.0/8",
                "9.9.9.9",
                &["1.2.3.4"],
                "9.9.9.9",
            ),
            (
                "a trusted proxy",
                "10.0.0.0/8",
                "10.0.0.1",
                &["1.2.3.4"],
                "1.2.3.4",
            ),
            ("no header", "10.0.0.0/8", "10.0.0.1", &[], "10.0.0.1"),
            (
                "an address that the client forged",
                "10.0.0.0/8",
                "10.0.0.1",
                &["8.8.8.8, 1.2.3.4"],
                "1.2.3.4",
            ),
            (
                "a forged trusted address",
                "10.0.0.0/8",
                "10.0.0.1",
                &["10.0.0.9, 1.2.3.4"],
                "1.2.3.4",
            ),
            (
                "two proxies",
                "10.0.0.0/8",
                "10.0.0.1",
                &["8.8.8.8, 1.2.3.4, 10.0.0.2"],
                "1.2.3.4",
            ),
            (
                "two header lines",
                "10.0.0.0/8",
                "10.0.0.1",
                &["8.8.8.8", "1.2.3.4, 10.0.0.2"],
                "1.2.3.4",
            ),
            (
                "two header lines in reverse order",
                "10.0.0.0/8",
                "10.0.0.1",
                &["1.2.3.4, 10.0.0.2", "8.8.8.8"],
                "8.8.8.8",
            ),
            (
                "only trusted addresses",
                "10.0.0.0/8",
                "10.0.0.1",
                &["10.0.0.3, 10.0.0.2"],
                "10.0.0.3",
            ),
            (
                "space around it",
                "10.0.0.0/8",
                "10.0.0.1",
                &["  1.2.3.4\t"],
                "1.2.3.4",
            ),
            (
                "a port",
                "10.0.0.0/8",
                "10.0.0.1",
                &["1.2.3.4:5678"],
                "1.2.3.4",
            ),
            (
                "IPv6",
                "fd00::/8",
                "fd00::1",
                &["2001:db8::1"],
                "2001:db8::1",
            ),
            (
                "IPv6 in brackets",
                "fd00::/8",
                "fd00::1",
                &["[2001:db8::1]"],
                "2001:db8::1",
            ),
            (
                "IPv6 with a port",
                "fd00::/8",
                "fd00::1",
                &["[2001:db8::1]:80"],
                "2001:db8::1",
            ),
            (
                "a mapped peer",
                "10.0.0.0/8",
                "::ffff:10.0.0.1",
                &["1.2.3.4"],
                "1.2.3.4",
            ),
            (
                "a mapped entry",
                "10.0.0.0/8",
                "10.0.0.1",
                &["::ffff:1.2.3.4"],
                "1.2.3.4",
            ),
            (
                "a mapped proxy",
                "10.0.0.0/8",
                "10.0.0.1",
                &["1.2.3.4, ::ffff:10.0.0.2"],
                "1.2.3.4",
            ),
            (
                "an invalid entry",
                "10.0.0.0/8",
                "10.0.0.1",
                &["unknown"],
                "10.0.0.1",
            ),
            (
                "an invalid entry behind a proxy",
                "10.0.0.0/8",
                "10.0.0.1",
                &["1.2.3.4, x, 10.0.0.2"],
                "10.0.0.2",
            ),
            (
                "empty entries",
                "10.0.0.0/8",
                "10.0.0.1",
                &["1.2.3.4,,"],
                "10.0.0.1",
            ),
            ("an empty line", "10.0.0.0/8", "10.0.0.1", &[""], "10.0.0.1"),
            (
                "bytes outside ASCII",
                "10.0.0.0/8",
                "10.0.0.1",
                &["\u{e4}"],
                "10.0.0.1",
            ),
            (
                "a host name",
                "10.0.0.0/8",
                "10.0.0.1",
                &["evil.example"],
                "10.0.0.1",
            ),
        ] {
            let lines: Vec<_> = lines.iter().map(|it| ("x-forwarded-for", *it)).collect();
            let caller = Caller::of(
                peer.parse().expect("an address"),
                &headers(&lines),
                &networks(trusted),
                "/",
            );
            assert_eq!(caller.address.to_string(), address, "{case}");
        }
    }

    #[test]
    fn forwarding_headers_count_only_from_a_trusted_proxy() {
        let headers = headers(&[
            ("host", "127.0.0.1:8000"),
            ("x-forwarded-host", "scribe.example.org"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-prefix", "/team/scribe"),
        ]);
        let peer = "10.0.0.1".parse().expect("an address");
        let trusted = Caller::of(peer, &headers, &networks("10.0.0.1"), "/x/");
        assert!(trusted.through_proxy && trusted.is_secure);
        assert_eq!(trusted.prefix, "/team/scribe/");
        assert_eq!(trusted.host.as_deref(), Some("scribe.example.org"));

        let untrusted = Caller::of(peer, &headers, &networks("10.0.0.2"), "/x/");
        assert!(!untrusted.through_proxy && !untrusted.is_secure);
        assert_eq!(untrusted.prefix, "/x/");
        assert_eq!(untrusted.host.as_deref(), Some("127.0.0.1:8000"));
    }

    #[test]
    fn a_repeated_header_is_ignored() {
        let headers = headers(&[
            ("x-forwarded-prefix", "/a"),
            ("x-forwarded-prefix", "/b"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-proto", "http"),
        ]);
        let peer = "10.0.0.1".parse().expect("an address");
        let caller = Caller::of(peer, &headers, &networks("10.0.0.1"), "/");
        assert_eq!((caller.prefix.as_str(), caller.is_secure), ("/", false));
    }
}
