//! An ended recording no longer counts for the limit, no matter how it ended.

use std::time::Duration;

use inturn_tests::{
    browser::Engine,
    stage::{Setting, Stage},
};
use tokio::time::{sleep, timeout};

use crate::support::{Scene, for_engines, speaking_in};

for_engines!(stop_releases_the_lease: Chromium, Firefox);
for_engines!(leaving_releases_the_lease: Chromium);
for_engines!(the_server_counts_each_begun_session_with_its_model: Chromium, Firefox);

/// With a limit of one recording at a time, Stop releases the lease.
async fn stop_releases_the_lease(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, one_at_once()).await;
    for _ in 0..2 {
        page.record().await;
        assert_eq!(status(&stage).await, 429);
        page.stop().await;
        wait_for_free_lease(&stage).await;
    }
}

async fn leaving_releases_the_lease(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, one_at_once()).await;
    page.record().await;
    assert_eq!(status(&stage).await, 429);
    page.browser.go_to("about:blank").await;
    wait_for_free_lease(&stage).await;
}

/// The page reports `Begin` to the server. Without that, the lease would end with its token.
async fn the_server_counts_each_begun_session_with_its_model(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, one_at_once()).await;
    for sessions in 1..=2 {
        page.record().await;
        let expected = format!("inturn_sessions_begun_total{{model=\"asked\"}} {sessions}");
        let counted = async {
            while !stage.metrics().await.lines().any(|line| line == expected) {
                // The metrics are the only sign that the page's request has arrived.
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, counted)
            .await
            .expect("the session is counted in time");
        page.stop().await;
        wait_for_free_lease(&stage).await;
    }
}

fn one_at_once() -> Setting {
    Setting::new().with_flag("--person-recordings-at-once", "1")
}

/// Returns the status of a token request of another client at the same address.
async fn status(stage: &Stage) -> u16 {
    let answer = reqwest::get(format!("{}token", stage.url)).await;
    answer.expect("the server answers").status().as_u16()
}

/// Waits until a token is granted, and releases its lease.
async fn wait_for_free_lease(stage: &Stage) {
    let answered = async {
        loop {
            let answer = reqwest::get(format!("{}token", stage.url)).await;
            let answer = answer.expect("the server answers");
            if answer.status() == 200 {
                return answer;
            }
            // A granted token is the only sign that the page's request has arrived.
            sleep(Duration::from_millis(20)).await;
        }
    };
    let answer = timeout(PATIENCE, answered)
        .await
        .expect("a token is granted in time");
    let reply: serde_json::Value = answer.json().await.expect("a reply");
    let id = reply["recording"].as_str().expect("a recording");
    let ended = reqwest::Client::new()
        .post(format!("{}recordings/{id}/end", stage.url))
        .send();
    assert_eq!(ended.await.expect("the server answers").status(), 204);
}

/// Timeout, far above the usual time. A lease that is not released lasts three hours.
const PATIENCE: Duration = Duration::from_secs(30);
