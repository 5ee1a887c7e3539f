//! The next sockets are refused, then they are accepted again.

use tokio_tungstenite::tungstenite::Error;

use crate::client::start_faulty;

#[tokio::test]
async fn the_next_upgrades_are_refused_with_a_status() {
    let faults = r#"[{"fault": "refuse_upgrade", "status": 503, "times": 2}]"#;
    let emulator = start_faulty(faults).await;
    for _ in 0..2 {
        let refused = emulator
            .try_connect("/v3/ws", &[("authorization", "a-key")])
            .await;
        let Err(Error::Http(response)) = refused.map(drop) else {
            panic!("expected an HTTP status");
        };
        assert_eq!(response.status(), 503);
    }
    emulator.begin_session("").await.finish().await;
}

#[tokio::test]
async fn the_next_sockets_are_refused_with_an_error() {
    let text = "Unauthorized Connection: Too many concurrent sessions";
    let faults = format!(r#"[{{"fault": "refuse", "code": 1008, "text": "{text}", "times": 2}}]"#);
    let emulator = start_faulty(&faults).await;
    for _ in 0..2 {
        emulator.open("").await.expect_refused(1008, text).await;
    }
    emulator.begin_session("").await.finish().await;
}
