//! The connection pool, changing the key, and calls without the key.

use inturn_service::{ApiKey, CALL_TIMEOUT, ServiceError};

use crate::support::{KEY, REQUEST, Reply, Stub};

#[tokio::test]
async fn one_connection_serves_many_calls() {
    let service = Stub::start(vec![Reply::token()]).await;
    let client = service.client();
    for _ in 0..5 {
        client.mint(&REQUEST, CALL_TIMEOUT).await.expect("a token");
    }
    assert_eq!((service.heads().len(), service.connections()), (5, 1));
}

#[tokio::test]
async fn a_pooled_connection_that_closes_without_a_response_is_retried_once() {
    let closes = Reply::Last(Vec::new());
    let service = Stub::start(vec![Reply::token(), closes.clone(), Reply::token()]).await;
    let client = service.client();
    for _ in 0..2 {
        client.mint(&REQUEST, CALL_TIMEOUT).await.expect("a token");
    }
    assert_eq!((service.heads().len(), service.connections()), (3, 2));

    let service = Stub::start(vec![closes]).await;
    let error = service.client().mint(&REQUEST, CALL_TIMEOUT).await;
    let error = error.expect_err("no answer");
    assert!(matches!(error, ServiceError::Unreachable { .. }), "{error}");
    assert_eq!(service.heads().len(), 2);
}

#[tokio::test]
async fn a_new_key_is_used_for_later_calls() {
    let service = Stub::start(vec![Reply::token()]).await;
    let client = service.client();
    client.mint(&REQUEST, CALL_TIMEOUT).await.expect("a token");
    client.use_key(&ApiKey::parse("second-key").expect("a key").expect("one"));
    client.mint(&REQUEST, CALL_TIMEOUT).await.expect("a token");
    let heads = service.heads();
    assert!(heads[0].contains(KEY) && !heads[0].contains("second-key"));
    assert!(heads[1].contains("second-key") && !heads[1].contains(KEY));
}

#[tokio::test]
async fn a_probe_accepts_any_response_and_sends_no_key() {
    let date = "Date: Mon, 12 Jan 1970 13:46:40 GMT\r\n";
    let service = Stub::start(vec![Reply::whole("404 Not Found", date, "")]).await;
    let found = service
        .client()
        .probe(CALL_TIMEOUT)
        .await
        .expect("reachable");
    assert_eq!(found.expect("a date"), "Mon, 12 Jan 1970 13:46:40 GMT");
    let head = service.heads().concat();
    assert!(head.starts_with("HEAD / HTTP/1.1\r\n"), "{head}");
    assert!(!head.contains(KEY), "{head}");
}
