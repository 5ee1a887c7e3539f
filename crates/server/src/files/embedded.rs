//! The built page inside the program.

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

/// The text of the page itself; nothing where a folder without a page was built in, which the
/// program's builder sees at once.
pub(super) fn index() -> String {
    let file = Page::get("index.html");
    file.map_or_else(String::new, |file| {
        String::from_utf8_lossy(&file.data).into_owned()
    })
}

/// A file, made small for whoever takes that, or the news that it is the one they have.
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
    let has_it = has(request.headers(), &etag);
    let mut response = Response::new(if has_it || request.method() == Method::HEAD {
        Body::empty()
    } else {
        Body::from(file.data.clone())
    });
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    if has_it {
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
    // What is asked for by its own name is sent as it is.
    let plain = Page::get(name)?;
    for (encoding, extension) in [("br", "br"), ("gzip", "gz")] {
        if takes(headers, encoding)
            && let Some(small) = Page::get(&format!("{name}.{extension}"))
        {
            return Some((small, Some(encoding)));
        }
    }
    Some((plain, None))
}

/// Whether `Accept-Encoding` names the encoding, and not with a weight of nothing.
fn takes(headers: &HeaderMap, encoding: &str) -> bool {
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

/// Whether the client says that it has this very file.
fn has(headers: &HeaderMap, etag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == etag)
}

/// By the extension: a build makes no others.
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
    fn an_encoding_is_taken_if_it_is_named_and_weighs_something() {
        for (line, takes_it) in [
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
            assert_eq!(takes(&headers, "br"), takes_it, "{line}");
        }
    }
}
