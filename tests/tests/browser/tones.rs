//! Each word of a recording is shown once and in order: words that are tones, so that each is
//! different from all others.

use std::time::Duration;

use inturn_emulator::ToneSpeech;
use inturn_tests::{
    browser::{Browser, Engine, Microphone, PATIENCE},
    page::Page,
    sound::Sound,
    speech,
    stage::Setting,
};

#[tokio::test(flavor = "multi_thread")]
async fn each_word_of_a_recording_is_shown_once() {
    record_words(Setting::new(), 50).await;
}

/// The words of the first second and a half wait for the token and for `Begin`.
#[tokio::test(flavor = "multi_thread")]
async fn no_word_is_lost_while_a_slow_service_begins() {
    record_words(Setting::new().with_real_delays(), 12).await;
}

/// Records this many words, about two a second.
async fn record_words(setting: Setting, words: u32) {
    let stage = setting.with_tones().open().await;
    let rate_hz = Engine::Chromium.microphone_hz();
    let tones = ToneSpeech::new(0..words, rate_hz).with_turns_of(9, 1_500);
    // Chromium drops parts of a microphone's first 50 ms.
    let sound = Sound::silence(rate_hz, 0.5).then(&Sound::tone_words(&tones));
    let limit = Duration::from_secs_f64(sound.seconds()) + PATIENCE;
    let browser = Browser::open(&Microphone::Plays(sound)).await;
    let page = Page::load(browser, &stage.url).await;
    page.record().await;
    page.wait_for_words_within(limit, &format!("w{}", words - 1))
        .await;
    page.stop().await;

    assert_eq!(page.problem().await, None);
    let expected: Vec<String> = (0..words).map(|number| format!("w{number}")).collect();
    assert_eq!(speech::words(&page.text().await), expected);
}
