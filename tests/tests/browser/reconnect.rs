//! A lost connection loses no word: the recording goes on by itself, and the page says so
//! meanwhile.
//!
//! Each word of the microphone is a different tone, so a word that is missing, repeated or in the
//! wrong place shows.

use std::time::Duration;

use inturn_emulator::ToneSpeech;
use inturn_tests::{
    browser::{Browser, Engine, Microphone, PATIENCE},
    network::{Network, Speed},
    page::Page,
    sound::Sound,
    speech,
    stage::{Setting, Stage},
};
use serde_json::json;

/// The missing part is heard again before the live words.
#[tokio::test(flavor = "multi_thread")]
async fn a_short_interruption_loses_no_word() {
    let mut story = Story::begin(Setting::new(), 30).await;
    story.page.wait_for_words("w5").await;
    story.interrupt(Duration::from_secs(2)).await;
    story.finish().await;
    let statuses = story.statuses().await;
    assert!(
        statuses.iter().any(|it| it.starts_with("Reconnecting 0:0")),
        "{statuses:?}"
    );
    assert!(
        !statuses.iter().any(|it| it.starts_with("Live, ")),
        "{statuses:?}"
    );
}

/// The live words come first, and a second session transcribes the missing part meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_interruption_loses_no_word_and_the_live_words_come_first() {
    let mut story = Story::begin(Setting::new(), 75).await;
    story.page.wait_for_words("w5").await;
    story.interrupt(Duration::from_secs(20)).await;
    // The first new word is one that was just spoken.
    let words = "(document.getElementById('transcript').textContent.match(/w\\d+/g) ?? [])";
    let newest = format!("Math.max(...{words}.map((word) => +word.slice(1))) >= 40 && {words}");
    let shown = story.page.browser.wait_for(&newest).await;
    let shown: Vec<String> = serde_json::from_value(shown).expect("a list of words");
    assert!(
        !shown.contains(&"w20".to_owned()),
        "the interruption was filled before the live words: {shown:?}"
    );
    story.finish().await;
    let statuses = story.statuses().await;
    for beginning in ["Reconnecting 0:1", "Live, "] {
        assert!(
            statuses.iter().any(|it| it.starts_with(beginning)),
            "no {beginning:?} in {statuses:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_during_an_interruption_finishes_what_is_kept() {
    let mut story = Story::begin(Setting::new(), 20).await;
    story.page.wait_for_words("w5").await;
    story.stage.stop_service().await;
    story.page.wait_for_state("reconnecting").await;
    story.wait_until_spoken().await;
    story.page.click().await;
    story.page.wait_for_state("finishing").await;
    assert!(!story.page.microphone_is_on().await);
    story.stage.start_service().await;
    story.assert_each_word_once().await;
}

/// The network passes nothing on, and no connection is closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_network_is_noticed_and_loses_no_word() {
    let network = Network::new();
    let to_service = network.relay();
    let story = Story::open(Setting::new().with_relay(&to_service.url), 75).await;
    to_service.set_target(&story.stage.service_url);
    story.record().await;
    story.page.wait_for_words("w5").await;
    network.set(Speed::Stalled);
    story.page.wait_for_state("reconnecting").await;
    network.set(Speed::Free);
    story.page.wait_for_state("listening").await;
    let statuses = story.statuses().await;
    // The page noticed it after 3 s without words.
    let live = statuses
        .iter()
        .position(|it| it == "Live")
        .expect("it was live");
    assert_eq!(
        statuses[live + 1],
        "3 s behind, nothing lost",
        "{statuses:?}"
    );
    story.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_and_the_service_interrupts_and_loses_nothing() {
    let mut story = Story::begin(Setting::new(), 40).await;
    story.page.wait_for_words("w5").await;
    story.stage.stop_server().await;
    story.stage.stop_service().await;
    let offline = "document.getElementById('status').textContent.startsWith('Offline 0:')";
    story.page.browser.wait_for(offline).await;
    let title: String = story.page.browser.value("document.title").await;
    assert!(title.starts_with("○ Offline 0:"), "{title}");
    story.stage.start_service().await;
    story.stage.start_server().await;
    story.page.wait_for_state("listening").await;
    assert_eq!(story.page.problem().await, None);
    story.finish().await;
}

/// The browser reports no network although there is one: the recording reconnects at once.
#[tokio::test(flavor = "multi_thread")]
async fn the_browsers_network_events_reach_the_recorder() {
    let mut story = Story::begin(Setting::new(), 25).await;
    story.page.wait_for_words("w5").await;
    story.stage.stop_service().await;
    let event = |name: &str| format!("void window.dispatchEvent(new Event({name:?}))");
    story.page.browser.value::<()>(&event("offline")).await;
    let offline = "document.getElementById('status').textContent.startsWith('Offline ')";
    story.page.browser.wait_for(offline).await;
    story.stage.start_service().await;
    story.page.browser.value::<()>(&event("online")).await;
    story.page.wait_for_state("listening").await;
    story.finish().await;
}

/// A session may last 60 s. The page opens the next one 10 s before.
#[tokio::test(flavor = "multi_thread")]
async fn hand_overs_lose_no_word() {
    let setting = Setting::new().with_flag("--max-session-duration-seconds", "60");
    let mut story = Story::begin(setting, 200).await;
    story
        .stage
        .disturb("two sessions hear the same second at a hand-over");
    story.finish().await;
    let sessions = story.stage.service.sessions();
    assert_eq!(sessions.len(), 3, "{sessions:#?}");
    assert!(sessions.iter().all(|log| log.terminated), "{sessions:#?}");
    let statuses = story.statuses().await;
    let is_interrupted = |it: &String| it.starts_with("Reconnecting");
    assert!(!statuses.iter().any(is_interrupted), "{statuses:?}");
}

/// The service keeps the connection open and sends nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_falls_silent_is_replaced() {
    let story = Story::open(Setting::new(), 60).await;
    story
        .stage
        .set_faults(&json!([{ "fault": "silent", "after_audio_ms": 0, "times": 1 }]));
    story.record().await;
    let noticed = "window.statuses.some((it) => it.startsWith('Reconnecting'))";
    story.page.browser.wait_within(story.spoken, noticed).await;
    story.finish().await;
}

/// A page that records words as tones.
struct Story {
    stage: Stage,
    page: Page,
    words: u32,
    /// The length of the microphone's sound.
    spoken: Duration,
}

impl Story {
    /// Opens a page whose microphone plays this many words, about two a second.
    async fn open(setting: Setting, words: u32) -> Self {
        let stage = setting.with_tones().open().await;
        let rate_hz = Engine::Chromium.microphone_hz();
        let tones = ToneSpeech::new(0..words, rate_hz).with_turns_of(9, 1_500);
        // Chromium drops parts of a microphone's first 50 ms.
        let sound = Sound::silence(rate_hz, 0.5).then(&Sound::tone_words(&tones));
        let spoken = Duration::from_secs_f64(sound.seconds());
        let browser = Browser::open(&Microphone::Plays(sound)).await;
        let page = Page::load(browser, &stage.url).await;
        page.browser.value::<()>(RECORD_STATUSES).await;
        Self {
            stage,
            page,
            words,
            spoken,
        }
    }

    /// Opens a page and starts its recording.
    async fn begin(setting: Setting, words: u32) -> Self {
        let story = Self::open(setting, words).await;
        story.record().await;
        story
    }

    async fn record(&self) {
        self.page.record().await;
    }

    /// Stops the service for a time, which cuts its sessions.
    async fn interrupt(&mut self, time: Duration) {
        self.stage.stop_service().await;
        self.page.wait_for_state("reconnecting").await;
        let secs = time.as_secs();
        let missed = format!(
            "(([, secs]) => +secs >= {secs})(
                document.getElementById('status').textContent.match(/0:(\\d\\d)/) ?? [])"
        );
        self.page
            .browser
            .wait_within(time + PATIENCE, &missed)
            .await;
        self.stage.start_service().await;
        self.page.wait_for_state("listening").await;
    }

    /// Waits until the microphone has played all words.
    async fn wait_until_spoken(&self) {
        self.page.wait_until_recorded(self.spoken).await;
    }

    /// Waits for the last word, stops the recording, and asserts that each word is shown once.
    async fn finish(&self) {
        let last = format!("w{}", self.words - 1);
        self.page
            .wait_for_words_within(self.spoken + PATIENCE, &last)
            .await;
        self.page.click().await;
        self.assert_each_word_once().await;
    }

    /// Waits for the end of the recording.
    async fn assert_each_word_once(&self) {
        let idle = "document.getElementById('status').dataset.state === 'idle'";
        self.page
            .browser
            .wait_within(self.spoken + PATIENCE, idle)
            .await;
        assert_eq!(self.page.problem().await, None);
        let expected: Vec<String> = (0..self.words).map(|number| format!("w{number}")).collect();
        assert_eq!(speech::words(&self.page.text().await), expected);
        self.stage.no_session_is_open().await;
    }

    /// Returns all statuses that the page has shown.
    async fn statuses(&self) -> Vec<String> {
        self.page.browser.value("window.statuses").await
    }
}

/// Collects all texts of the status line.
const RECORD_STATUSES: &str = "void ((status) => {
    window.statuses = [];
    new MutationObserver(() => window.statuses.push(status.textContent))
        .observe(status, { childList: true, characterData: true, subtree: true });
})(document.getElementById('status'))";
