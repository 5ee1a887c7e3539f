//! Errors and `Debug` never contain the key or a token, whatever the service sends.

use std::error::Error;

use inturn_service::{CALL_TIMEOUT, InvalidReply, ServiceError};

use crate::support::{KEY, REQUEST, Reply, Stub, TOKEN};

/// Everything that a log could print of an error.
fn printed(error: &ServiceError) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        text += &format!(" {inner} {inner:?}");
        source = inner.source();
    }
    text
}

#[tokio::test]
async fn errors_never_contain_text_from_the_service() {
    let body = format!(r#"{{"error":"{KEY} body-marker","token":"{TOKEN}"}}"#);
    let headers = format!("Location: /{KEY}\r\nX-Key: {KEY}\r\nRetry-After: {KEY}\r\n");
    let broken = format!("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{body}");
    let no_http = format!("{KEY} {TOKEN} body-marker\r\n\r\n");
    let mut replies = vec![
        Reply::Last(broken.into_bytes()),
        Reply::Last(no_http.into_bytes()),
        Reply::Last(Vec::new()),
        Reply::whole("200 OK", &headers, &format!("{KEY} {TOKEN} body-marker")),
        Reply::whole("200 OK", &headers, &format!(r#"{{"token":"{KEY}"}}"#)),
    ];
    for status in [301, 400, 401, 402, 403, 404, 422, 429, 500, 503] {
        replies.push(Reply::whole(&format!("{status} {KEY}"), &headers, &body));
    }
    for reply in replies {
        let service = Stub::start(vec![reply]).await;
        let minted = service.client().mint(&REQUEST, CALL_TIMEOUT).await;
        let printed = printed(&minted.expect_err("no token"));
        for secret in [KEY, TOKEN, "body-marker", "expires_in_seconds="] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

#[tokio::test]
async fn a_token_that_contains_the_key_is_refused() {
    for token in [KEY.to_owned(), format!("v3.{KEY}.sig")] {
        let body = format!(r#"{{"token":"{token}"}}"#);
        let service = Stub::start(vec![Reply::whole("200 OK", "", &body)]).await;
        let minted = service.client().mint(&REQUEST, CALL_TIMEOUT).await;
        let expected = ServiceError::InvalidReply(InvalidReply::ContainsKey);
        assert_eq!(minted.err(), Some(expected));
    }
}

#[tokio::test]
async fn debug_output_hides_key_and_token() {
    let service = Stub::start(vec![Reply::token()]).await;
    let client = service.client();
    let minted = client.mint(&REQUEST, CALL_TIMEOUT).await.expect("a token");
    let printed = format!("{client:?} {client:#?} {minted:?} {minted:#?}");
    assert!(printed.contains(service.url()), "{printed}");
    for secret in [KEY, TOKEN] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
