//! A test whose sessions were lost fails, even if it expects nothing of them.

use inturn_tests::stage::{KEY, Setting};
use serde_json::json;
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest};

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "its connection was lost")]
async fn a_test_with_a_lost_session_fails() {
    lose_a_session(&json!([])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_with_a_fault_may_be_lost() {
    lose_a_session(&json!([{ "fault": "extra_fields" }])).await;
}

/// Opens a session, drops its connection without a close frame, and ends the stage.
async fn lose_a_session(faults: &serde_json::Value) {
    let stage = Setting::new().open().await;
    stage.set_faults(faults);
    let url = format!("{}/v3/ws", stage.service_url.replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("the URL is valid");
    let key = KEY.parse().expect("the key is a valid header value");
    request.headers_mut().insert("authorization", key);
    let (socket, _) = connect_async(request)
        .await
        .expect("the service accepts the connection");
    drop(socket);
    stage.no_session_is_open().await;
}
