//! If the microphone is lost in a recording, another one is opened, and the gap is marked.

use inturn_tests::stage::Setting;

use crate::tone_story::{Story, assert_gap_between, later_words};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_microphone_is_opened_again_and_the_gap_is_marked() {
    let story = Story::begin(Setting::new(), 60).await;
    story.wait_for_word(5).await;
    lose(&story).await;
    finish(&story).await;
}

/// There is no microphone for some seconds, until one is connected.
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_waits_for_a_microphone_and_goes_on_with_it() {
    let story = Story::begin(Setting::new(), 60).await;
    story.wait_for_word(5).await;
    let browser = &story.page.browser;
    browser.value::<()>(DISCONNECT).await;
    lose(&story).await;
    let searching =
        "document.getElementById('status').textContent.startsWith('No microphone 0:03')";
    browser.wait_for(searching).await;
    let title: String = browser.value("document.title").await;
    assert_eq!(title, "○ No microphone 0:03 · Inturn");
    let problem = story.page.problem().await.expect("a problem is shown");
    assert_eq!(problem.kind, "microphone-lost");
    browser.value::<()>(CONNECT).await;
    finish(&story).await;
}

/// Ends the microphone's track as if its device were disconnected. The one that is opened next says
/// other words.
async fn lose(story: &Story) {
    let browser = &story.page.browser;
    browser.set_sound(&later_words(100..115));
    let lost = "void inturnMicrophone.getTracks()[0].dispatchEvent(new Event('ended'))";
    browser.value::<()>(lost).await;
    // It may last a tenth of a second.
    let noticed = "window.statuses.some((it) => it.startsWith('No microphone 0:0'))";
    browser.wait_for(noticed).await;
}

/// Waits for the words of the second microphone, and stops the recording.
async fn finish(story: &Story) {
    story.wait_for_word(112).await;
    assert_eq!(story.page.problem().await, None);
    story.page.stop().await;
    let rows = story.page.rows().await;
    assert_gap_between(&rows, "(not transcribed: no sound)", 100..115);
    // The session has gone on meanwhile.
    let log = story.stage.closed_session(1).await;
    assert!(log.terminated && log.error.is_none(), "{log:#?}");
}

/// Lets the browser find no microphone.
const DISCONNECT: &str = "void (navigator.mediaDevices.getUserMedia =
    async () => { throw new DOMException('', 'NotFoundError'); })";

/// Lets the browser find the microphone again, and report that.
const CONNECT: &str = "void (delete navigator.mediaDevices.getUserMedia,
    navigator.mediaDevices.dispatchEvent(new Event('devicechange')))";
