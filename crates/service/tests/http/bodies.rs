//! How much of a body is read.

use inturn_service::{CALL_TIMEOUT, InvalidReply, MAX_REPLY_BYTES, ServiceError};

use crate::support::{REQUEST, Reply, Stub};

#[tokio::test]
async fn an_endless_body_is_not_read_to_the_end() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n",
        // Without a length the body lasts until the connection closes.
        "HTTP/1.1 200 OK\r\n\r\n",
    ] {
        let service = Stub::start(vec![Reply::Flood(head.into())]).await;
        let minted = service.client().mint(&REQUEST, CALL_TIMEOUT).await;
        let expected = ServiceError::InvalidReply(InvalidReply::TooLarge);
        assert_eq!(minted.err(), Some(expected), "{head}");
        // The socket buffers of both sides hold some more.
        let flooded = service.flooded().await;
        assert!(flooded < 64 * 1024 * 1024, "{flooded}");
    }
}

#[tokio::test]
async fn the_longest_body_is_read_and_one_byte_more_is_not() {
    let padded = |length: usize| {
        let json = r#"{"token":"t"}"#;
        format!("{json}{}", " ".repeat(length - json.len()))
    };
    let body = padded(MAX_REPLY_BYTES);
    let service = Stub::start(vec![Reply::whole("200 OK", "", &body)]).await;
    assert!(service.client().mint(&REQUEST, CALL_TIMEOUT).await.is_ok());

    let body = padded(MAX_REPLY_BYTES + 1);
    let service = Stub::start(vec![Reply::whole("200 OK", "", &body)]).await;
    let minted = service.client().mint(&REQUEST, CALL_TIMEOUT).await;
    let expected = ServiceError::InvalidReply(InvalidReply::TooLarge);
    assert_eq!(minted.err(), Some(expected));
}

#[tokio::test]
async fn an_errors_body_is_not_read() {
    let head = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 100000000000\r\n\r\n";
    let service = Stub::start(vec![Reply::Flood(head.into())]).await;
    let minted = service.client().mint(&REQUEST, CALL_TIMEOUT).await;
    assert_eq!(minted.err(), Some(ServiceError::KeyRefused));
}

#[tokio::test]
async fn a_body_that_ends_early_is_an_error() {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"token\":\"half";
    let service = Stub::start(vec![Reply::Last(half.into())]).await;
    let error = service.client().mint(&REQUEST, CALL_TIMEOUT).await;
    let error = error.expect_err("half a body");
    assert!(matches!(error, ServiceError::Unreachable { .. }), "{error}");
}
