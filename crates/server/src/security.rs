//! The security headers of every response.
//!
//! They allow only what the page does: fetch from its own origin, compile WebAssembly, run one
//! module worker and one audio worklet, open a WebSocket to the configured service, and use the
//! microphone. Scripts get them too, because a worker uses the policy of its own script's response.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::digest::{SHA256, digest};

use crate::{caller::Caller, html, route_table::Route};

/// The settings that the headers depend on.
pub(crate) struct Security {
    sockets: Sockets,
    hsts: Option<HeaderValue>,
    error_page: Option<HeaderValue>,
}

/// The WebSocket origins that the page can connect to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Sockets {
    /// The origin of the configured service.
    Origin(String),
    /// This server, because the local service is in use.
    SameHost,
}

impl Security {
    pub(crate) fn new(sockets: Sockets, hsts_seconds: u32) -> Self {
        // `max-age=0` would delete the HSTS setting of another server on this host.
        let hsts = (hsts_seconds > 0)
            .then(|| HeaderValue::try_from(format!("max-age={hsts_seconds}")).ok());
        Self {
            sockets,
            hsts: hsts.flatten(),
            error_page: HeaderValue::try_from(error_page_policy()).ok(),
        }
    }

    fn policy(&self, host: Option<&str>, forms: &str) -> Option<HeaderValue> {
        let connect = match &self.sockets {
            Sockets::Origin(origin) => format!(" {origin}"),
            // In Safari before 15.4 and Firefox before 106, 'self' does not include WebSockets.
            Sockets::SameHost => {
                host.map_or_else(String::new, |host| format!(" ws://{host} wss://{host}"))
            }
        };
        let policy = format!(
            "default-src 'none'; \
             script-src 'self' 'wasm-unsafe-eval' '{START_SCRIPT_HASH}'; \
             worker-src 'self'; \
             connect-src 'self'{connect}; \
             style-src 'self'; \
             img-src 'self'; \
             font-src 'self'; \
             manifest-src 'self'; \
             base-uri 'none'; \
             form-action {forms}; \
             frame-ancestors 'none'"
        );
        HeaderValue::try_from(policy).ok()
    }
}

/// The security headers for the response to one request.
pub(crate) struct SecurityHeaders {
    policy: Option<HeaderValue>,
    hsts: Option<HeaderValue>,
    error_page: Option<HeaderValue>,
}

impl SecurityHeaders {
    pub(crate) fn of(security: &Security, route: &Route, request: &Request) -> Self {
        let caller = request.extensions().get::<Caller>();
        let host = caller
            .and_then(|it| it.host.as_deref())
            .and_then(plain_host);
        let forms = if route.has_form { "'self'" } else { "'none'" };
        // Browsers ignore HSTS over plain http.
        let is_secure = caller.is_some_and(|it| it.is_secure);
        Self {
            policy: security.policy(host, forms),
            hsts: security.hsts.clone().filter(|_| is_secure),
            error_page: security.error_page.clone(),
        }
    }

    /// Adds the headers to the response.
    pub(crate) fn apply(self, response: &mut Response) {
        let policy = match response.extensions().get() {
            Some(html::ErrorPage) => self.error_page,
            None => self.policy,
        };
        let headers = response.headers_mut();
        // Reserve once, because the map moves all entries each time it grows.
        headers.reserve(FIXED.len() + ROOM_FOR_OTHERS);
        for (name, value) in FIXED {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Some(hsts) = self.hsts {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
        }
        if let Some(policy) = policy {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// Returns the policy of error pages: it allows only their inline style.
fn error_page_policy() -> String {
    let style = hash(html::STYLE);
    format!(
        "default-src 'none'; \
         style-src '{style}'; \
         base-uri 'none'; \
         form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// Returns the hash of an inline script or style for the policy. Browsers compute it with `\n` line
/// endings.
fn hash(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let hash = STANDARD.encode(digest(&SHA256, text.as_bytes()));
    format!("sha256-{hash}")
}

/// Returns the `Host` if it is only a host and an optional port.
///
/// Any other text could add sources to the policy.
fn plain_host(host: &str) -> Option<&str> {
    let (name, port) = match host.strip_prefix('[') {
        // An IPv6 address in its brackets.
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            (
                None,
                port.strip_prefix(':')
                    .or_else(|| port.is_empty().then_some("0")),
            )
        }
        None => match host.split_once(':') {
            Some((name, port)) => (Some(name), Some(port)),
            None => (Some(host), Some("0")),
        },
    };
    port?.parse::<u16>().ok()?;
    let is_name = |name: &str| {
        !name.is_empty()
            && name.len() <= 253
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    name.is_none_or(is_name).then_some(host)
}

/// The hash of the inline script that starts the page (in `public/index.html`). The
/// policy allows only this script; `'unsafe-inline'` would allow any.
const START_SCRIPT_HASH: &str = "sha256-OLjhECOfzluTPCAbv9bbpG43Lvsl8AF/nt4rmwsaV0M=";

/// Policy, HSTS, the request id, and the date that hyper adds.
const ROOM_FOR_OTHERS: usize = 4;

/// The headers that never change.
const FIXED: [(HeaderName, &str); 5] = [
    // The page needs the microphone and no other device.
    (
        HeaderName::from_static("permissions-policy"),
        "microphone=(self), camera=(), display-capture=(), geolocation=(), hid=(), midi=(), \
         payment=(), serial=(), usb=()",
    ),
    // Browsers must not guess a type other than `Content-Type`.
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // No other site gets the address of the page. Our own server must get it: under `no-referrer`,
    // the `Origin` of a form is `null`, and over plain http no other header shows which page sent
    // it. https://fetch.spec.whatwg.org/#append-a-request-origin-header
    (header::REFERRER_POLICY, "same-origin"),
    // No window that opened the page, or was opened by it, can access it.
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    // No other site can embed the files, or read `/token` through a side channel.
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowed_script_is_the_one_of_the_build() {
        let build = include_str!("../../../public/index.html");
        let script = build.split_once("<script type=\"module\">");
        let script = script.and_then(|(_, rest)| rest.split_once("</script>"));
        let (script, _) = script.expect("the build has a script");
        assert_eq!(hash(script), START_SCRIPT_HASH);
    }

    #[test]
    fn the_hash_equals_the_browsers_hash() {
        // `printf "alert('Hello, world.');" | openssl dgst -sha256 -binary | base64`, the example
        // of the policy's specification.
        let expected = "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=";
        assert_eq!(hash("alert('Hello, world.');"), expected);
        assert_eq!(hash("a\r\nb"), hash("a\nb"));
    }

    #[test]
    fn only_a_plain_host_reaches_the_policy() {
        for (text, plain) in [
            ("127.0.0.1:8000", true),
            ("localhost", true),
            ("scribe.example.org:443", true),
            ("[::1]:8000", true),
            ("[::1]", true),
            ("", false),
            ("a b", false),
            ("a;script-src", false),
            ("a,b", false),
            ("*", false),
            ("*.example.org", false),
            ("a:b", false),
            ("a:1:2", false),
            ("a:70000", false),
            ("me@a", false),
            ("a/b", false),
            ("[::1", false),
            ("[::1]x", false),
            ("[zz]:1", false),
            ("'self'", false),
        ] {
            assert_eq!(plain_host(text).is_some(), plain, "{text:?}");
        }
    }
}
