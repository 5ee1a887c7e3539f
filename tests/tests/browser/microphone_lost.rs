//! If the microphone is lost in a recording, another one is opened, and the gap is marked.

use inturn_tests::{browser::Engine, stage::Setting};

use crate::{
    support::for_engines,
    tone_story::{Story, assert_gap_between, later_words, numbers},
};

// Firefox lists the monitor of the speakers as a device, and stays with it.
for_engines!(a_recording_survives_a_disconnected_device: Chromium, WebKit);

/// The system's only microphone is disconnected until the page says so. The sound system then gives
/// the browser a silent device, without an event.
async fn a_recording_survives_a_disconnected_device(engine: Engine) {
    let story = Story::begin_with_device(engine, 90).await;
    story.wait_for_word(5).await;
    let browser = &story.page.browser;
    // If the device is opened again, it says these words.
    browser.set_sound(&later_words(100..130));
    browser.sound_system().disconnect_microphone();
    let noticed = "/^No (sound|microphone)/.test(document.getElementById('status').textContent)";
    browser.wait_for(noticed).await;
    let before: usize = browser.value("window.appeared.length").await;
    browser.sound_system().connect_microphone();
    let goes_on = format!("window.appeared.length >= {before} + 10");
    browser.wait_for(&goes_on).await;
    story.page.wait_for_state("listening").await;
    assert_eq!(story.page.problem().await, None);
    story.page.stop().await;
    let shown = numbers(&story.page.text().await);
    let is_rising = shown.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(is_rising, "{shown:?}");
    let log = story.stage.closed_session(1).await;
    assert!(log.terminated && log.error.is_none(), "{log:#?}");
}

/// The next microphone is there at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_microphone_is_opened_again() {
    let story = Story::begin(Setting::new(), 60).await;
    story.wait_for_word(5).await;
    lose(&story).await;
    let rows = finish(&story).await;
    // A gap of less than a second is not marked; a busy machine may need longer.
    let gaps = rows.iter().filter(|row| *row == GAP).count();
    assert!(gaps <= 1, "{rows:?}");
    let shown = numbers(&rows.join(" "));
    assert!(shown.windows(2).all(|pair| pair[0] < pair[1]), "{shown:?}");
    assert!(shown.contains(&5) && shown.contains(&112), "{shown:?}");
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
    let rows = finish(&story).await;
    assert_gap_between(&rows, GAP, 100..115);
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

/// Waits for the words of the second microphone, and stops the recording. Returns the rows.
async fn finish(story: &Story) -> Vec<String> {
    story.wait_for_word(112).await;
    assert_eq!(story.page.problem().await, None);
    story.page.stop().await;
    // The session has gone on meanwhile.
    let log = story.stage.closed_session(1).await;
    assert!(log.terminated && log.error.is_none(), "{log:#?}");
    story.page.rows().await
}

/// The remark of a part without a microphone.
const GAP: &str = "(not transcribed: no sound)";

/// Lets the browser find no microphone.
const DISCONNECT: &str = "void (navigator.mediaDevices.getUserMedia =
    async () => { throw new DOMException('', 'NotFoundError'); })";

/// Lets the browser find the microphone again, and report that.
const CONNECT: &str = "void (delete navigator.mediaDevices.getUserMedia,
    navigator.mediaDevices.dispatchEvent(new Event('devicechange')))";
