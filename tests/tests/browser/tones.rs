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
    let stage = Setting::new().with_tones().open().await;
    let rate_hz = Engine::Chromium.microphone_hz();
    let tones = ToneSpeech::new(0..WORDS, rate_hz).with_turns_of(9, 1_500);
    // Chromium drops parts of a microphone's first 50 ms.
    let sound = Sound::silence(rate_hz, 0.5).then(&Sound::tone_words(&tones));
    let browser = Browser::open(&Microphone::Plays(sound.clone())).await;
    let page = Page::load(browser, &stage.url).await;
    page.record().await;
    let limit = Duration::from_secs_f64(sound.seconds()) + PATIENCE;
    page.wait_for_words_within(limit, &format!("w{}", WORDS - 1))
        .await;
    page.stop().await;

    assert_eq!(page.problem().await, None);
    let expected: Vec<String> = (0..WORDS).map(|number| format!("w{number}")).collect();
    assert_eq!(speech::words(&page.text().await), expected);
}

/// 25 s of speech and pauses.
const WORDS: u32 = 50;
