//! A recording that is over makes room for the next one, however it ended.

use std::time::Duration;

use inturn_tests::{
    browser::Engine,
    stage::{Setting, Stage},
};
use tokio::time::{sleep, timeout};

use crate::support::{Scene, played_in, speaking_in};

played_in!(stop_makes_room: Chromium, Firefox);
played_in!(leaving_makes_room: Chromium);
played_in!(a_session_that_begins_is_told_with_its_model: Chromium, Firefox);

/// Whoever ends one can start one, though there may be one at a time and nobody told the server by
/// any other way.
async fn stop_makes_room(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, one_at_once()).await;
    for _ in 0..2 {
        page.record().await;
        assert_eq!(status(&stage).await, 429);
        page.stop().await;
        wait_for_room(&stage).await;
    }
}

async fn leaving_makes_room(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, one_at_once()).await;
    page.record().await;
    assert_eq!(status(&stage).await, 429);
    page.browser.go_to("about:blank").await;
    wait_for_room(&stage).await;
}

/// Otherwise the recording would count no longer than its token lives.
async fn a_session_that_begins_is_told_with_its_model(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, one_at_once()).await;
    for sessions in 1..=2 {
        page.record().await;
        let told = format!("inturn_sessions_begun_total{{model=\"asked\"}} {sessions}");
        let counted = async {
            while !stage.metrics().await.lines().any(|line| line == told) {
                // Nothing tells that the page's word has come but this.
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, counted)
            .await
            .expect("it is told in time");
        page.stop().await;
        wait_for_room(&stage).await;
    }
}

fn one_at_once() -> Setting {
    Setting::new().with_flag("--person-recordings-at-once", "1")
}

/// How the server answers somebody else at the same address.
async fn status(stage: &Stage) -> u16 {
    let answer = reqwest::get(format!("{}token", stage.url)).await;
    answer.expect("the server answers").status().as_u16()
}

/// Waits until there is room, and leaves it as it was.
async fn wait_for_room(stage: &Stage) {
    let answered = async {
        loop {
            let answer = reqwest::get(format!("{}token", stage.url)).await;
            let answer = answer.expect("the server answers");
            if answer.status() == 200 {
                return answer;
            }
            // Nothing tells that the page's last word has come but this.
            sleep(Duration::from_millis(20)).await;
        }
    };
    let answer = timeout(PATIENCE, answered)
        .await
        .expect("there is room in time");
    let reply: serde_json::Value = answer.json().await.expect("a reply");
    let id = reply["recording"].as_str().expect("a recording");
    let ended = reqwest::Client::new()
        .post(format!("{}recordings/{id}/end", stage.url))
        .send();
    assert_eq!(ended.await.expect("the server answers").status(), 204);
}

/// Far more than a page takes to end: what it does not give back lasts three hours.
const PATIENCE: Duration = Duration::from_secs(30);
