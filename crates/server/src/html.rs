//! Error pages: a browser that displays the response gets HTML, a program gets JSON.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};

use crate::error::ErrorMessage;

/// Whether a browser will display the response. Browsers accept HTML when they load a page or send
/// a form; `fetch`, images and programs don't ask for it.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|kind| kind.split(';').next())
        .any(|kind| kind.trim().eq_ignore_ascii_case("text/html"))
}

/// Response extension that marks an error page, for the content security policy of its inline
/// style.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorPage;

/// Replaces the JSON body of an error by a page. Status and other headers stay as they are.
pub(crate) fn as_html(response: &mut Response) {
    let Some(ErrorMessage(message)) = response.extensions().get() else {
        return;
    };
    let page = error_page(message);
    response.extensions_mut().insert(ErrorPage);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    *response.body_mut() = Body::from(page);
}

/// Returns a page that shows one message. It loads no other file, because that request could be
/// refused too.
pub(crate) fn error_page(message: &str) -> String {
    PAGE.replace("{style}", STYLE)
        .replace("{message}", &escaped(message))
}

/// Escapes text for HTML between tags.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The style of all pages that the server generates, with the colours of the built page.
pub(crate) const STYLE: &str = concat!(
    include_str!("../../../public/tokens.css"),
    include_str!("html/style.css")
);

const PAGE: &str = include_str!("html/error.html");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_browsers_that_load_a_page_get_html() {
        for (accept, wanted) in [
            // Chromium, Firefox, WebKit.
            (
                &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"][..],
                true,
            ),
            (&["application/json", "Text/HTML; q=0.1"], true),
            (&["*/*"], false),
            (&["application/json"], false),
            (&["image/avif,image/webp,*/*;q=0.8"], false),
            (&["text/html5"], false),
            (&[], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in accept {
                headers.append(header::ACCEPT, HeaderValue::from_static(value));
            }
            assert_eq!(is_wanted(&headers), wanted, "{accept:?}");
        }
    }
}
