//! The capture device is closed whenever the page shows that the microphone is off.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    sound::Sound,
    stage::Setting,
};
use serde_json::json;

use crate::support::for_engines;

for_engines!(the_device_is_closed_unless_recording: Chromium, Firefox, WebKit);

async fn the_device_is_closed_unless_recording(engine: Engine) {
    let stage = Setting::new().open().await;
    let microphone = Microphone::Captures(Sound::noise(48_000, 6_000, 60.0), 48_000);
    let page = Page::load(Browser::open_in(engine, &microphone).await, &stage.url).await;
    page.browser.device_is_open(false).await;

    // After Stop.
    page.record().await;
    page.browser.device_is_open(true).await;
    page.stop().await;
    page.browser.device_is_open(false).await;

    // While the last words are awaited.
    stage.set_faults(&json!([{ "fault": "hold_final", "ms": 60_000 }]));
    page.record().await;
    page.browser.device_is_open(true).await;
    page.click().await;
    page.wait_for_state("finishing").await;
    page.browser.device_is_open(false).await;
    page.press().await;
    page.wait_for_state("idle").await;

    // After a failure.
    stage.set_faults(
        &json!([{ "fault": "close", "after_audio_ms": 300, "code": 1009, "times": 1 }]),
    );
    page.press().await;
    page.browser.device_is_open(true).await;
    assert_eq!(page.wait_for_problem().await.kind, "frame-too-big");
    page.browser.device_is_open(false).await;

    // After leaving the page.
    page.record().await;
    page.browser.device_is_open(true).await;
    page.browser.go_to("about:blank").await;
    page.browser.device_is_open(false).await;
    stage.no_session_is_open().await;
}
