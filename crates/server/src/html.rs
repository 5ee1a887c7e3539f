//! Answers for people: a browser that shows the answer itself gets a page, and programs get JSON.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};

use crate::error::Sentence;

/// Whether a person will see the answer as it is. Browsers ask for HTML where they load a page or send a
/// form; `fetch`, images and programs don't.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|kind| kind.split(';').next())
        .any(|kind| kind.trim().eq_ignore_ascii_case("text/html"))
}

/// Goes with a response that is an error page, to get the policy that allows its style.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorPage;

/// Makes a page of an error's JSON. Status and other headers stay as they are.
pub(crate) fn dress(response: &mut Response) {
    let Some(Sentence(sentence)) = response.extensions().get() else {
        return;
    };
    let page = error_page(sentence);
    response.extensions_mut().insert(ErrorPage);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    *response.body_mut() = Body::from(page);
}

/// A page that shows one sentence. It needs no other file, since the next request may be refused as well.
pub(crate) fn error_page(sentence: &str) -> String {
    PAGE.replace("{style}", STYLE)
        .replace("{sentence}", &escaped(sentence))
}

/// Text that may stand between tags.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The style of all pages that the server makes itself, in the colours of the built page.
pub(crate) const STYLE: &str = concat!(
    include_str!("../../../public/tokens.css"),
    include_str!("html/style.css")
);

const PAGE: &str = include_str!("html/error.html");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_that_load_a_page_want_html_and_nobody_else() {
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
