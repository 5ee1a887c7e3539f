//! Who calls, decided once for each request: the address, and what a trusted proxy adds to it.

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

/// The other end of the connection; put on each request by whoever accepted it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Who calls.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Caller {
    /// Where the request comes from, as far back as trusted proxies tell.
    pub(crate) address: IpAddr,
    /// Whether a trusted proxy passed it on.
    pub(crate) through_proxy: bool,
    /// Whether the person's browser came by https, as the trusted proxy says.
    pub(crate) is_secure: bool,
    /// What the browser has before our paths: `/`, or `/team/scribe/`.
    pub(crate) prefix: String,
    /// The host that the browser asked for: the proxy's word, or the request's own.
    pub(crate) host: Option<String>,
}

impl Caller {
    /// Decides it from the connection and the headers. Nothing that a stranger writes is believed.
    pub(crate) fn of(
        peer: IpAddr,
        headers: &HeaderMap,
        trusted: &[Network],
        base_path: &str,
    ) -> Self {
        let peer = peer.to_canonical();
        let through_proxy = trusts(trusted, peer);
        let told = |name: &HeaderName| {
            let told = through_proxy.then(|| one(headers, name)).flatten();
            told.map(str::trim)
        };
        let prefix = told(&X_FORWARDED_PREFIX).and_then(plain_prefix);
        let host = told(&X_FORWARDED_HOST).or_else(|| one(headers, &header::HOST));
        Self {
            address: client_address(peer, headers, trusted),
            through_proxy,
            is_secure: told(&X_FORWARDED_PROTO).is_some_and(|it| it.eq_ignore_ascii_case("https")),
            prefix: prefix.unwrap_or_else(|| base_path.to_owned()),
            host: host.map(str::to_owned),
        }
    }
}

/// Notes who calls, for everything that comes after.
pub(crate) fn note(request: &mut Request, trusted: &[Network], base_path: &str) {
    // Called without a socket there is nobody, whom no network holds.
    let peer = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let caller = Caller::of(peer, request.headers(), trusted, base_path);
    request.extensions_mut().insert(caller);
}

/// Logs once that a proxy is not trusted, if the request came through one.
pub(crate) fn warn_of_untrusted(proxies: &UntrustedProxies, request: &Request) {
    let caller = request.extensions().get::<Caller>();
    if let Some(caller) = caller.filter(|caller| !caller.through_proxy) {
        proxies.look(caller.address, request.headers());
    }
}

/// The client's address: the peer's own, unless that is a trusted proxy; otherwise the first one from
/// the right in `X-Forwarded-For` that is not.
///
/// Each proxy appends the address that it was called from. So what stands to the right was written
/// by those whom we trust, and the first stranger from the right is the last whom one of them saw:
/// everything to the left of it is the stranger's own invention.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let mut client = peer;
    let lines = headers.get_all(X_FORWARDED_FOR).iter();
    // Several lines are one list, in the order in which they came.
    let mut lines: Vec<&HeaderValue> = lines.collect();
    lines.reverse();
    let entries = lines
        .into_iter()
        .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for entry in entries {
        if !trusts(trusted, client) {
            break;
        }
        // What can't be read was not written by a proxy as it should be: the last address that could
        // is as far as anybody's word goes.
        let Some(address) = entry_address(entry) else {
            break;
        };
        client = address;
    }
    client
}

/// The address of one entry, which some proxies write with a port, and IPv6 in brackets.
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

/// A header's text if there is exactly one of it: of two, one may be a stranger's.
pub(crate) fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// As [`one`], of whatever bytes: names of people are UTF-8 at most proxies, and Latin-1 at some.
/// HTTP itself says neither. <https://www.rfc-editor.org/rfc/rfc9110#section-5.5>
pub(crate) fn one_decoded<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Cow<'a, str>> {
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
    fn the_address_is_the_last_one_that_somebody_trusted_saw() {
        for (case, trusted, peer, lines, address) in [
            (
                "nobody is trusted by default",
                "",
                "10.0.0.1",
                &["1.2.3.4"][..],
                "10.0.0.1",
            ),
            (
                "a stranger's word",
                "10.0.0.0/8",
                "9.9.9.9",
                &["1.2.3.4"],
                "9.9.9.9",
            ),
            (
                "a proxy's word",
                "10.0.0.0/8",
                "10.0.0.1",
                &["1.2.3.4"],
                "1.2.3.4",
            ),
            ("no word", "10.0.0.0/8", "10.0.0.1", &[], "10.0.0.1"),
            (
                "what the client forged",
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
                "lines are one list",
                "10.0.0.0/8",
                "10.0.0.1",
                &["8.8.8.8", "1.2.3.4, 10.0.0.2"],
                "1.2.3.4",
            ),
            (
                "the other way round",
                "10.0.0.0/8",
                "10.0.0.1",
                &["1.2.3.4, 10.0.0.2", "8.8.8.8"],
                "8.8.8.8",
            ),
            (
                "all of it is ours",
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
                "nonsense",
                "10.0.0.0/8",
                "10.0.0.1",
                &["unknown"],
                "10.0.0.1",
            ),
            (
                "nonsense behind a proxy",
                "10.0.0.0/8",
                "10.0.0.1",
                &["1.2.3.4, x, 10.0.0.2"],
                "10.0.0.2",
            ),
            (
                "nothing between commas",
                "10.0.0.0/8",
                "10.0.0.1",
                &["1.2.3.4,,"],
                "10.0.0.1",
            ),
            ("an empty line", "10.0.0.0/8", "10.0.0.1", &[""], "10.0.0.1"),
            (
                "bytes that are no text",
                "10.0.0.0/8",
                "10.0.0.1",
                &["\u{e4}"],
                "10.0.0.1",
            ),
            (
                "a name",
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
    fn only_a_trusted_proxy_says_more_than_an_address() {
        let told = headers(&[
            ("host", "127.0.0.1:8000"),
            ("x-forwarded-host", "scribe.example.org"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-prefix", "/team/scribe"),
        ]);
        let peer = "10.0.0.1".parse().expect("an address");
        let believed = Caller::of(peer, &told, &networks("10.0.0.1"), "/x/");
        assert!(believed.through_proxy && believed.is_secure);
        assert_eq!(believed.prefix, "/team/scribe/");
        assert_eq!(believed.host.as_deref(), Some("scribe.example.org"));

        let stranger = Caller::of(peer, &told, &networks("10.0.0.2"), "/x/");
        assert!(!stranger.through_proxy && !stranger.is_secure);
        assert_eq!(stranger.prefix, "/x/");
        assert_eq!(stranger.host.as_deref(), Some("127.0.0.1:8000"));
    }

    #[test]
    fn of_two_words_none_is_believed() {
        let told = headers(&[
            ("x-forwarded-prefix", "/a"),
            ("x-forwarded-prefix", "/b"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-proto", "http"),
        ]);
        let peer = "10.0.0.1".parse().expect("an address");
        let caller = Caller::of(peer, &told, &networks("10.0.0.1"), "/");
        assert_eq!((caller.prefix.as_str(), caller.is_secure), ("/", false));
    }
}
