//! `/healthz` and `/readyz`: their responses, and their calls to the service.

use inturn_server::{AppState, app};

use crate::support::{
    FakeUpstream, KEY, Reply, ServerProgram, TOKEN, built_page, config, config_for, get, request,
    router,
};

#[tokio::test]
async fn readiness_probes_the_service_rarely_and_without_the_key() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let router = router(&config_for(&service, page.path(), &[]));
    for _ in 0..10 {
        let response = get(&router, "/readyz").await;
        assert_eq!(
            (response.status.as_u16(), &*response.text()),
            (200, "ready\n")
        );
        assert_eq!(response.header("cache-control"), "no-store");
    }
    assert_eq!(service.calls(), 1);
    let head = service.last_head();
    assert!(head.starts_with("HEAD / HTTP/1.1\r\n"), "{head}");
    assert!(!head.contains(KEY), "{head}");
}

#[tokio::test]
async fn any_response_of_the_service_counts_as_ready() {
    for status in ["404 Not Found", "500 Internal Server Error"] {
        let service = FakeUpstream::start(Reply::Answer(status, "", Vec::new())).await;
        let page = built_page();
        let router = router(&config_for(&service, page.path(), &[]));
        assert_eq!(get(&router, "/readyz").await.status, 200, "{status}");
    }
}

#[tokio::test]
async fn without_the_service_the_server_is_healthy_but_not_ready() {
    let hanging = FakeUpstream::start(Reply::Hang).await;
    let page = built_page();
    let away = config(page.path(), &["--service-url", "http://127.0.0.1:9"]);
    for mut config in [config_for(&hanging, page.path(), &[]), away] {
        config.key = inturn_service::ApiKey::parse(KEY).expect("a key");
        let router = router(&config);
        let response = get(&router, "/readyz").await;
        assert_eq!(response.status, 503);
        assert_eq!(response.text(), "the speech service can't be reached\n");
        let response = get(&router, "/healthz").await;
        assert_eq!((response.status.as_u16(), &*response.text()), (200, "ok\n"));
    }
}

#[tokio::test]
async fn without_redis_the_server_is_ready_only_in_mode_open() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let redis = format!("--limits-redis=redis://{address}/0");
    for (mode, token, ready) in [("closed", 503, 503), ("open", 200, 200)] {
        let mode = format!("--limits-when-redis-is-away={mode}");
        let router = router(&config_for(&service, page.path(), &[&redis, &mode]));
        assert_eq!(get(&router, "/token").await.status, token, "{mode}");
        let response = get(&router, "/readyz").await;
        assert_eq!(response.status, ready, "{mode}");
        assert_eq!(response.text().contains("Redis"), ready == 503, "{mode}");
    }
}

#[tokio::test]
async fn the_local_service_is_always_ready() {
    let page = built_page();
    let router = router(&config(page.path(), &["--recogniser=script"]));
    assert_eq!(get(&router, "/readyz").await.status, 200);
}

#[tokio::test]
async fn probes_accept_any_host_name() {
    let page = built_page();
    let router = router(&config(page.path(), &["--recogniser=script"]));
    for path in ["/healthz", "/readyz"] {
        let response = request(&router, "GET", path, &[("host", "10.1.2.3:8000")]).await;
        assert_eq!(response.status, 200, "{path}");
    }
    let response = request(&router, "GET", "/", &[("host", "10.1.2.3:8000")]).await;
    assert_eq!(response.status, 403);
}

#[tokio::test]
async fn a_stopping_server_is_not_ready() {
    let page = built_page();
    let state = AppState::new(&config(page.path(), &["--recogniser=script"])).expect("a state");
    let router = app(state.clone());
    assert_eq!(get(&router, "/readyz").await.status, 200);
    state.mark_stopping();
    let response = get(&router, "/readyz").await;
    assert_eq!(
        (response.status.as_u16(), &*response.text()),
        (503, "stopping\n")
    );
}

#[tokio::test]
async fn a_stopping_server_serves_requests_during_the_shutdown_delay() {
    let page = built_page();
    let dir = page.path().to_str().expect("UTF-8");
    let args = [
        "--client-dir",
        dir,
        "--listen",
        "127.0.0.1:0",
        "--recogniser=script",
        "--shutdown-delay-seconds=300",
    ];
    let mut program = ServerProgram::start(page.path(), &args, &[]).await;
    program.terminate();
    program.wait_for_log("stopping").await;
    let url = |path: &str| format!("http://{}{path}", program.address);
    for (path, status) in [("/readyz", 503), ("/healthz", 200), ("/token", 200)] {
        let response = reqwest::get(url(path)).await.expect("a response");
        assert_eq!(response.status(), status, "{path}");
    }
    program.terminate();
    assert!(
        !program.finish().await.0,
        "the second signal ends the program"
    );
}
