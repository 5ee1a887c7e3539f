//! The timeout of a call, on a paused clock that jumps to the next timer when all tasks are idle.

use std::time::Duration;

use inturn_service::{CALL_TIMEOUT, CONNECT_TIMEOUT, ServiceClient, ServiceError};
use tokio::time::Instant;

use crate::support::{REQUEST, Reply, Stub};

/// Starts a call to a service that sends only `bytes`, and asserts that it ends at its timeout.
async fn ends_at_its_deadline(
    bytes: &str,
    call: impl AsyncFnOnce(ServiceClient) -> Option<ServiceError>,
) {
    let service = Stub::start(vec![Reply::Bytes(bytes.into())]).await;
    let client = service.client();
    let begun = Instant::now();
    let waiting = async {
        service.called().await;
        tokio::time::pause();
        Instant::now()
    };
    let (error, paused) = tokio::join!(call(client), waiting);
    assert_eq!(error, Some(ServiceError::TimedOut));
    assert!(begun.elapsed() >= CALL_TIMEOUT, "too early");
    // The call began before the clock was paused. Tokio's timers round up to a millisecond.
    let latest = CALL_TIMEOUT + Duration::from_millis(2);
    assert!(paused.elapsed() <= latest, "too late");
}

#[tokio::test]
async fn a_call_to_a_service_that_does_not_answer_times_out() {
    ends_at_its_deadline("", async |client| {
        client.mint(&REQUEST, CALL_TIMEOUT).await.err()
    })
    .await;
}

#[tokio::test]
async fn a_call_whose_body_stops_times_out() {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"token\":\"half";
    ends_at_its_deadline(half, async |client| {
        client.mint(&REQUEST, CALL_TIMEOUT).await.err()
    })
    .await;
}

#[tokio::test]
async fn a_probe_times_out() {
    ends_at_its_deadline("", async |client| client.probe(CALL_TIMEOUT).await.err()).await;
}

#[test]
fn the_timeout_of_a_call_leaves_room_for_a_second_connection() {
    assert!(CALL_TIMEOUT > 2 * CONNECT_TIMEOUT);
}
