//! An audio thread that is always late, so that it is still rendering when Stop is pressed.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    stage::Setting,
};

use crate::support;

/// WebKit crashed in this situation, in one recording of a few.
#[tokio::test(flavor = "multi_thread")]
async fn webkit_does_not_crash_at_the_end_of_a_recording() {
    let client = tempfile::tempdir().expect("a temporary folder");
    support::copy_client(client.path(), |name, text| {
        if name == "audio-processor.js" {
            let first = "process([input,late],[output]){";
            assert!(
                text.contains(first),
                "the processor's code has changed: {text}"
            );
            let slow = format!("{first} for (const end = Date.now() + 4; Date.now() < end; );");
            *text = text.replace(first, &slow);
        }
        true
    });
    // The thread takes a whole processor, so the page's would have to wait at a low priority.
    let stage = Setting::new()
        .exact()
        .with_client(client.path())
        .open()
        .await;
    let browser = Browser::open_in(Engine::WebKit, &Microphone::Mock).await;
    let page = Page::load(browser, &stage.url).await;
    for count in 1..=10 {
        page.record().await;
        page.browser.wait_for("window.watch.microphoneIsOn()").await;
        page.stop().await;
        assert!(stage.closed_session(count).await.terminated);
    }
    assert_eq!(page.problem().await, None);
}
