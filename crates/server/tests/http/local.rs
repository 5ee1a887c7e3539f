//! Without a key, the local service stands in.

use inturn_protocol::{LocalService, PageConfig, TokenReply};

use crate::support::{
    FakeUpstream, Reply, TOKEN, built_page, config, config_for, get, request, router,
};

#[tokio::test]
async fn its_tokens_come_with_a_relative_address() {
    let page = built_page();
    let router = router(&config(page.path(), &["--recogniser", "script"]));
    let answer = get(&router, "/token").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let reply = TokenReply::decode(&answer.text()).expect("a token reply");
    assert!(!reply.token.is_empty());
    assert_eq!(
        (reply.expires_in_seconds, reply.max_session_duration_seconds),
        (30, 10_800)
    );
    assert_eq!(
        reply.websocket_url,
        "local/v3/ws?speech_model=universal-3-6-pro&sample_rate=16000&encoding=pcm_s16le\
         &inactivity_timeout=30&format_turns=true"
    );
}

#[tokio::test]
async fn its_own_token_route_refuses_every_outsider() {
    let page = built_page();
    let router = router(&config(page.path(), &["--recogniser", "script"]));
    let path = "/local/v3/token?expires_in_seconds=60";
    for key in ["", "x", "self-hosted", "Bearer x"] {
        let answer = request(&router, "GET", path, &[("authorization", key)]).await;
        assert!(answer.status.is_client_error(), "{key}: {}", answer.status);
        assert!(!answer.text().contains("\"token\""), "{}", answer.text());
    }
    assert!(get(&router, path).await.status.is_client_error());
}

#[tokio::test]
async fn the_page_is_told_which_one_stands_in() {
    let page = built_page();
    let local = router(&config(page.path(), &["--recogniser", "script"]));
    let told = get(&local, "/config").await.text();
    let told = PageConfig::decode(&told).expect("a config");
    assert_eq!(told.local_service, Some(LocalService::Script));

    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let flags = [
        "--echo-cancellation=false",
        "--auto-gain-control",
        "no",
        "--chunk-ms",
        "50",
    ];
    let real = router(&config_for(&service, page.path(), &flags));
    let answer = get(&real, "/config").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let told = PageConfig::decode(&answer.text()).expect("a config");
    assert_eq!(told.local_service, None);
    assert_eq!(told.chunk_ms, 50);
    assert!(!told.capture.echo_cancellation && !told.capture.auto_gain_control);
    assert!(told.capture.noise_suppression);
    assert_eq!(service.calls(), 0);
}
