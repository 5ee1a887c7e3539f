//! The next tokens are refused, then they are issued again.

use crate::client::{http_client, start_faulty};

#[tokio::test]
async fn the_next_tokens_are_refused() {
    let faults = r#"[{"fault": "token_status", "status": 503, "times": 3}]"#;
    let emulator = start_faulty(faults).await;
    for _ in 0..3 {
        let reply = http_client()
            .get(emulator.url("/v3/token?expires_in_seconds=60"))
            .header("authorization", "a-key")
            .send()
            .await
            .expect("the emulator responds");
        assert_eq!(reply.status(), 503);
    }
    emulator.begin_session("").await.finish().await;
}
