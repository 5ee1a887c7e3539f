//! Without an API key, the server uses the local service.

use inturn_protocol::{LocalService, PageConfig, TokenReply};

use crate::support::{
    FakeUpstream, Reply, TOKEN, built_page, config, config_for, get, request, router,
};

#[tokio::test]
async fn tokens_come_with_a_relative_socket_url() {
    let page = built_page();
    let router = router(&config(page.path(), &["--recogniser", "script"]));
    let response = get(&router, "/token").await;
    assert_eq!(response.status, 200, "{}", response.text());
    let reply = TokenReply::decode(&response.text()).expect("a token reply");
    assert!(!reply.token.is_empty());
    assert_eq!(
        (reply.expires_in_seconds, reply.max_session_duration_seconds),
        (30, 10_800)
    );
    assert_eq!(
        reply.websocket_url,
        "local/v3/ws?speech_model=universal-3-6-pro&sample_rate=16000&encoding=pcm_s16le\
         &inactivity_timeout=30&session_heartbeat=true&format_turns=true"
    );
}

#[tokio::test]
async fn its_token_route_refuses_every_client() {
    let page = built_page();
    let router = router(&config(page.path(), &["--recogniser", "script"]));
    let path = "/local/v3/token?expires_in_seconds=60";
    for key in ["", "x", "self-hosted", "Bearer x"] {
        let response = request(&router, "GET", path, &[("authorization", key)]).await;
        assert!(
            response.status.is_client_error(),
            "{key}: {}",
            response.status
        );
        assert!(
            !response.text().contains("\"token\""),
            "{}",
            response.text()
        );
    }
    assert!(get(&router, path).await.status.is_client_error());
}

#[tokio::test]
async fn the_config_names_the_local_service() {
    let page = built_page();
    let local = router(&config(page.path(), &["--recogniser", "script"]));
    let page_config = get(&local, "/config").await.text();
    let page_config = PageConfig::decode(&page_config).expect("a config");
    assert_eq!(page_config.local_service, Some(LocalService::Script));

    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let flags = [
        "--echo-cancellation=false",
        "--auto-gain-control",
        "no",
        "--chunk-ms",
        "50",
    ];
    let real = router(&config_for(&service, page.path(), &flags));
    let response = get(&real, "/config").await;
    assert_eq!(response.header("cache-control"), "private, no-cache");
    let page_config = PageConfig::decode(&response.text()).expect("a config");
    assert_eq!(page_config.local_service, None);
    assert_eq!(page_config.chunk_ms, 50);
    assert!(!page_config.capture.echo_cancellation && !page_config.capture.auto_gain_control);
    assert!(page_config.capture.noise_suppression);
    assert_eq!(service.calls(), 0);
}
