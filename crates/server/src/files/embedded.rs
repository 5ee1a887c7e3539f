//! Serves the page that is embedded in the program.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../dist"]
struct Page;

/// Returns the page's HTML. Empty if the program was built without a page, which shows at once.
pub(super) fn index() -> String {
    let file = Page::get("index.html");
    file.map_or_else(String::new, |file| {
        String::from_utf8_lossy(&file.data).into_owned()
    })
}

/// Serves a file, compressed if accepted, or 304.
pub(super) fn respond(request: &Request) -> Response {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let name = path.trim_start_matches('/');
    let Some((file, encoding)) = find(name, request.headers()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = format!(
        "\"{}\"",
        URL_SAFE_NO_PAD.encode(&file.metadata.sha256_hash()[..12])
    );
    let is_cached = is_cached(request.headers(), &etag);
    let mut response = Response::new(if is_cached || request.method() == Method::HEAD {
        Body::empty()
    } else {
        Body::from(file.data.clone())
    });
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    if is_cached {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(content_type(name)),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.data.len()));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn find(name: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    // A request for `name.br` itself gets that file as it is.
    let plain = Page::get(name)?;
    for (encoding, extension) in [("br", "br"), ("gzip", "gz")] {
        if accepts(headers, encoding)
            && let Some(compressed) = Page::get(&format!("{name}.{extension}"))
        {
            return Some((compressed, Some(encoding)));
        }
    }
    Some((plain, None))
}

/// Whether `Accept-Encoding` contains the encoding with a weight above 0.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|part| {
            let mut words = part.split(';').map(str::trim);
            words
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case(encoding))
                && !words.any(|word| {
                    let weight = word
                        .strip_prefix("q=")
                        .and_then(|it| it.parse::<f32>().ok());
                    weight == Some(0.0)
                })
        })
}

/// Whether `If-None-Match` contains the file's tag, so that the client has it in its cache.
fn is_cached(headers: &HeaderMap, etag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == etag)
}

/// Returns the type for the extension. A build contains no other extensions.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_accepted_if_its_weight_is_above_zero() {
        for (line, expected) in [
            ("br", true),
            ("gzip, deflate, br", true),
            ("gzip;q=1.0, BR;q=0.5", true),
            ("br;q=0", false),
            ("br; q=0.000", false),
            ("gzip", false),
            ("brotli", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(line));
            assert_eq!(accepts(&headers, "br"), expected, "{line}");
        }
    }
}
