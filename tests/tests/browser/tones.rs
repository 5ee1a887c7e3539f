//! Each word of a recording is shown once and in order: words that are tones, so that each is
//! different from all others.

use inturn_tests::stage::Setting;

use crate::tone_story::Story;

#[tokio::test(flavor = "multi_thread")]
async fn each_word_of_a_recording_is_shown_once() {
    record(Setting::new().exact(), 50).await;
}

/// The words of the first second and a half wait for the token and for `Begin`.
#[tokio::test(flavor = "multi_thread")]
async fn no_word_is_lost_while_a_slow_service_begins() {
    record(Setting::new().exact().with_real_delays(), 20).await;
}

async fn record(setting: Setting, words: u32) {
    let story = Story::begin(setting, words).await;
    let received = story.finish().await;
    story.assert_no_hole(&received);
}
