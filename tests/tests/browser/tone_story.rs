//! Recordings whose words are tones: each word is different, so one that is missing, repeated or in
//! the wrong place shows.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use inturn_emulator::{SessionLog, ToneSpeech, ToneWord};
use inturn_tests::{
    browser::{Browser, Engine, Microphone, PATIENCE},
    page::Page,
    sound::Sound,
    speech,
    stage::{Setting, Stage},
};

/// A page that records words as tones.
pub(crate) struct Story {
    pub(crate) stage: Stage,
    pub(crate) page: Page,
    /// The length of the microphone's sound.
    pub(crate) spoken: Duration,
    words: Vec<ToneWord>,
}

/// What the service received in a session.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) log: SessionLog,
    /// The words in its audio.
    pub(crate) words: Vec<ToneWord>,
}

impl Story {
    /// Opens a page whose microphone plays this many words, about two a second.
    pub(crate) async fn open(setting: Setting, words: u32) -> Self {
        Self::open_with_pauses(setting, words, SENTENCE_PAUSE_MS).await
    }

    /// Like [`Self::open`], with a pause of this length after each sentence of [`SENTENCE_WORDS`].
    pub(crate) async fn open_with_pauses(setting: Setting, words: u32, pause_ms: u64) -> Self {
        let stage = setting.with_tones().open().await;
        let tones = speech_of(0..words, pause_ms);
        let sound = sound_of(&tones);
        let browser = Browser::open(&Microphone::Plays(sound.clone())).await;
        Self::load(stage, browser, &tones, &sound).await
    }

    /// Like [`Self::begin`], in any browser, with a capture device that can be disconnected.
    pub(crate) async fn begin_with_device(engine: Engine, words: u32) -> Self {
        let stage = Setting::new().with_tones().open().await;
        let tones = speech_of(0..words, SENTENCE_PAUSE_MS);
        let sound = sound_of(&tones);
        let microphone = Microphone::Captures(sound.clone(), DEVICE_HZ);
        let browser = Browser::open_in(engine, &microphone).await;
        let story = Self::load(stage, browser, &tones, &sound).await;
        story.page.record().await;
        story
    }

    async fn load(stage: Stage, browser: Browser, tones: &ToneSpeech, sound: &Sound) -> Self {
        let page = Page::load(browser, &stage.url).await;
        page.browser.value::<()>(WATCH).await;
        Self {
            stage,
            page,
            spoken: Duration::from_secs_f64(sound.seconds()),
            words: tones.words(),
        }
    }

    /// Opens a page and starts its recording.
    pub(crate) async fn begin(setting: Setting, words: u32) -> Self {
        let story = Self::open(setting, words).await;
        story.page.record().await;
        story
    }

    /// Waits until the page shows this word, or a later one.
    pub(crate) async fn wait_for_word(&self, number: u32) {
        self.wait_for_word_within(PATIENCE, number).await;
    }

    /// Like [`Self::wait_for_word`], with another timeout.
    pub(crate) async fn wait_for_word_within(&self, limit: Duration, number: u32) {
        let condition = format!("window.appeared.some((it) => it >= {number})");
        self.page.browser.wait_within(limit, &condition).await;
    }

    /// Waits until a word in the middle of a sentence has just appeared.
    pub(crate) async fn wait_for_mid_sentence(&self) {
        let condition = format!("window.appeared.at(-1) % {SENTENCE_WORDS} === 4");
        self.page.browser.wait_for(&condition).await;
    }

    /// Stops the service until the page has shown an outage of this length. The service's sessions
    /// are cut. Returns the number of words that had appeared before.
    pub(crate) async fn interrupt(&mut self, time: Duration) -> usize {
        self.stage.stop_service().await;
        self.page.wait_for_state("reconnecting").await;
        self.wait_for_outage_of(time).await;
        let appeared = self.appeared().await.len();
        self.stage.start_service().await;
        let listening = "document.getElementById('status').dataset.state === 'listening'";
        let browser = &self.page.browser;
        browser
            .wait_within(LONGEST_RETRY + PATIENCE, listening)
            .await;
        appeared
    }

    /// Waits until the page shows that the connection has been missing for this time.
    pub(crate) async fn wait_for_outage_of(&self, time: Duration) {
        let missing = format!(
            "(([, minutes, secs]) => +minutes * 60 + +secs >= {})(
                document.getElementById('status').textContent.match(/ (\\d+):(\\d\\d)/) ?? [])",
            time.as_secs()
        );
        let browser = &self.page.browser;
        browser.wait_within(time + PATIENCE, &missing).await;
    }

    /// Waits until the microphone has played all words.
    pub(crate) async fn wait_until_spoken(&self) {
        self.page.wait_until_recorded(self.spoken + LAG).await;
    }

    /// Waits for the last words, stops the recording, and checks it as
    /// [`Self::assert_each_word_once`] does.
    pub(crate) async fn finish(&self) -> Vec<Received> {
        let almost_last = self.words.len() as u32 - MAX_GARBLED_AT_END;
        let limit = self.spoken + PATIENCE;
        self.wait_for_word_within(limit, almost_last).await;
        self.wait_until_spoken().await;
        self.page.click().await;
        self.assert_each_word_once().await
    }

    /// Waits for the end of the recording. Asserts that the page shows each word that the service
    /// received once and in order. Returns what each session received.
    ///
    /// A busy browser loses parts of a microphone's sound, or adds silence, before the page gets
    /// it. So a word may be garbled.
    pub(crate) async fn assert_each_word_once(&self) -> Vec<Received> {
        let idle = "document.getElementById('status').dataset.state === 'idle'";
        let limit = self.spoken + PATIENCE;
        self.page.browser.wait_within(limit, idle).await;
        assert_eq!(self.page.problem().await, None);
        self.stage.no_session_is_open().await;
        let received = self.received().await;
        for Received { log, .. } in &received {
            let code = log.error.as_ref().map(|it| it.code);
            assert_ne!(code, Some(BAD_FRAME), "{log:#?}");
        }

        let sessions = received.iter().map(|it| &it.words[..]);
        let heard = heard(&Vec::from_iter(sessions));
        let shown = numbers(&self.page.text().await);
        assert_eq!(shown, heard, "shown, received: {received:?}");
        let garbled = self.words.len() - heard.len();
        println!("{garbled} of {} words garbled", self.words.len());
        assert!(garbled <= self.words.len() / 20, "{heard:?}");
        let last = self.words.len() as u32 - MAX_GARBLED_AT_END;
        assert!(
            heard[0] < MAX_GARBLED_AT_END && heard.last() >= Some(&last),
            "{heard:?}"
        );
        received
    }

    /// Asserts that the service received the whole sound, in one session or another: what lies
    /// between two words was received as long as it was spoken.
    pub(crate) fn assert_no_hole(&self, received: &[Received]) {
        let sessions = received.iter().map(|it| &it.words[..]);
        let mut holes = holes(&self.words, &Vec::from_iter(sessions));
        holes.retain(|pair| {
            let ends = received.iter();
            let ends: Vec<_> = ends.map(|it| (it.log.audio_ms, &it.words[..])).collect();
            !meet_in_a_pause(&self.words, &ends, *pair)
        });
        assert!(holes.is_empty(), "holes: {holes:?}, received: {received:?}");
    }

    /// Returns the words in the recorded audio of each session. They are found by sending it to the
    /// service once more, so they do not depend on the messages of the session itself.
    async fn received(&self) -> Vec<Received> {
        let mut received = Vec::new();
        for log in self.stage.sessions() {
            if log.samples > 0 {
                let audio = self.stage.recording(&log);
                let words = speech::tones_found(&self.stage.service_url, &audio).await;
                received.push(Received { log, words });
            }
        }
        received
    }

    /// Returns the times of a word in the microphone's speech.
    pub(crate) fn word(&self, number: u32) -> ToneWord {
        self.words[number as usize]
    }

    /// Returns the numbers of the words in the order in which they appeared on the page.
    pub(crate) async fn appeared(&self) -> Vec<u32> {
        self.page.browser.value("window.appeared").await
    }

    /// Returns all statuses that the page has shown.
    pub(crate) async fn statuses(&self) -> Vec<String> {
        self.page.browser.value("window.statuses").await
    }
}

/// Returns a microphone's sound. Chromium drops parts of its first 50 ms.
fn sound_of(tones: &ToneSpeech) -> Sound {
    Sound::silence(tones.rate_hz(), 0.5).then(&Sound::tone_words(tones))
}

/// Returns the words with these numbers, for a microphone that is opened in mid-recording. They
/// begin so late that a turn of earlier words has ended.
pub(crate) fn later_words(numbers: Range<u32>) -> Sound {
    let tones = speech_of(numbers, SENTENCE_PAUSE_MS);
    Sound::silence(tones.rate_hz(), 3.0).then(&Sound::tone_words(&tones))
}

fn speech_of(numbers: Range<u32>, pause_ms: u64) -> ToneSpeech {
    let rate_hz = Engine::Chromium.microphone_hz();
    ToneSpeech::new(numbers, rate_hz).with_turns_of(SENTENCE_WORDS, pause_ms)
}

/// Returns the numbers of all words that the sessions heard.
fn heard(sessions: &[&[ToneWord]]) -> Vec<u32> {
    let numbers: BTreeSet<u32> = sessions.concat().iter().map(|word| word.number).collect();
    Vec::from_iter(numbers)
}

/// Returns the words, each with the next one, between which something was lost: no session heard
/// both as far apart as they were spoken.
fn holes(spoken: &[ToneWord], sessions: &[&[ToneWord]]) -> Vec<(u32, u32)> {
    let whole: BTreeSet<(u32, u32)> = sessions
        .iter()
        .flat_map(|words| words.windows(2))
        .filter(|pair| is_whole(spoken, pair[0], pair[1]))
        .map(|pair| (pair[0].number, pair[1].number))
        .collect();
    heard(sessions)
        .windows(2)
        .map(|pair| (pair[0], pair[1]))
        .filter(|pair| !whole.contains(pair))
        .collect()
}

/// Returns `true` if everything between the beginnings of two words was received.
fn is_whole(spoken: &[ToneWord], word: ToneWord, next: ToneWord) -> bool {
    if next.number <= word.number {
        return false;
    }
    next.start_ms - word.start_ms >= shortest_ms(spoken, word.number, next.number)
}

/// Returns `true` if the first word is the last one of a session, the second one is the first one
/// of another session, and both sessions together received everything between their beginnings.
/// The sessions have their lengths, in milliseconds.
fn meet_in_a_pause(
    spoken: &[ToneWord],
    sessions: &[(u64, &[ToneWord])],
    (word, next): (u32, u32),
) -> bool {
    let after = sessions.iter().filter_map(|(length_ms, words)| {
        let last = words.last().filter(|it| it.number == word)?;
        length_ms.checked_sub(last.start_ms)
    });
    let before = sessions.iter().filter_map(|(_, words)| {
        let first = words.first().filter(|it| it.number == next)?;
        Some(first.start_ms)
    });
    let received_ms = after.max().zip(before.max()).map(|(a, b)| a + b);
    received_ms.is_some_and(|it| it >= shortest_ms(spoken, word, next))
}

/// Returns the least time between the beginnings of two words if nothing is lost, in milliseconds.
fn shortest_ms(spoken: &[ToneWord], word: u32, next: u32) -> u64 {
    let between = &spoken[word as usize..=next as usize];
    let each = between.windows(2).map(|pair| {
        let (word, next) = (pair[0], pair[1]);
        let pause_ms = next.start_ms - word.end_ms;
        word.end_ms - word.start_ms + pause_ms.min(KEPT_SILENCE_MS) - TOLERANCE_MS
    });
    each.sum()
}

/// Returns the numbers of the words in a text.
pub(crate) fn numbers(text: &str) -> Vec<u32> {
    let number = |word: &String| word.strip_prefix('w')?.parse().ok();
    speech::words(text).iter().filter_map(number).collect()
}

/// Asserts that one gap with this remark is between the words before and the later ones, and that
/// both are shown once and in order. Few may be missing: a busy browser garbles some.
pub(crate) fn assert_gap_between(rows: &[String], remark: &str, later: Range<u32>) {
    let gaps: Vec<usize> = (0..rows.len())
        .filter(|&index| rows[index] == remark)
        .collect();
    let [gap] = gaps[..] else {
        panic!("not one gap: {rows:?}");
    };
    let (before, after) = rows.split_at(gap);
    let before = numbers(&before.join(" "));
    let first = 0..before.last().map_or(0, |last| last + 1);
    for (found, expected) in [(before, first), (numbers(&after.join(" ")), later)] {
        let is_rising = found.windows(2).all(|pair| pair[0] < pair[1]);
        let is_inside = found.iter().all(|number| expected.contains(number));
        let is_complete = found.len() + expected.len() / 10 >= expected.len();
        assert!(
            !found.is_empty() && is_rising && is_inside && is_complete,
            "{found:?} of {expected:?} in {rows:?}"
        );
    }
}

/// The rate of a capture device; most real ones have it.
const DEVICE_HZ: u32 = 48_000;

/// Collects all texts of the status line, the words in the order of their appearance, and how many
/// there were when each gap appeared.
const WATCH: &str = "void ((status, transcript) => {
    const changes = { childList: true, characterData: true, subtree: true };
    window.statuses = [];
    new MutationObserver(() => window.statuses.push(status.textContent)).observe(status, changes);
    window.appeared = [];
    window.gaps = [];
    const seen = new Set();
    new MutationObserver(() => {
        for (const text of transcript.querySelectorAll('.text'))
            for (const [, number] of text.textContent.matchAll(/w(\\d+)/gi))
                if (!seen.has(number)) {
                    seen.add(number);
                    window.appeared.push(+number);
                }
        const gaps = transcript.querySelectorAll('.turn:not([data-turn])').length;
        while (window.gaps.length < gaps) window.gaps.push(window.appeared.length);
    }).observe(transcript, changes);
})(document.getElementById('status'), document.getElementById('transcript'))";

/// Words in a sentence: four seconds.
pub(crate) const SENTENCE_WORDS: u32 = 9;

/// The pause after a sentence. The service ends a turn in it.
const SENTENCE_PAUSE_MS: u64 = 1_500;

/// How much may be missing from a word to the next: on a busy machine, Chromium's fake devices drop
/// up to 0.2 s at once before the page gets it, and some percent of all sound. That the page sends
/// each sample that it gets is what `every_sample.rs` tests.
const TOLERANCE_MS: u64 = 250;

/// How many of the first or last words may be garbled.
const MAX_GARBLED_AT_END: u32 = 4;

/// How much later than by the clock a busy browser plays the microphone's sound.
const LAG: Duration = Duration::from_secs(1);

/// Silence that is sent again after an interruption. The rest of a longer silence is left out.
const KEPT_SILENCE_MS: u64 = 500;

/// The recorder's longest wait between two attempts (30 s), with 20 % for its jitter.
const LONGEST_RETRY: Duration = Duration::from_secs(36);

/// The service's code for frames of a wrong size.
const BAD_FRAME: u16 = 3007;

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty words, as a session hears them that begins at the first one.
    fn spoken() -> Vec<ToneWord> {
        speech_of(0..20, SENTENCE_PAUSE_MS).words()
    }

    /// These words, this much earlier.
    fn earlier(words: &[ToneWord], ms: u64) -> Vec<ToneWord> {
        words
            .iter()
            .map(|word| ToneWord {
                start_ms: word.start_ms - ms,
                end_ms: word.end_ms - ms,
                ..*word
            })
            .collect()
    }

    #[test]
    fn sessions_that_overlap_by_a_word_have_no_hole() {
        let all = spoken();
        assert_eq!(holes(&all, &[&all]), []);
        let second = earlier(&all[7..], all[7].start_ms);
        assert_eq!(holes(&all, &[&all[..8], &second]), []);
        assert_eq!(holes(&all, &[&all[..8], &second[1..]]), [(7, 8)]);
    }

    #[test]
    fn sessions_may_meet_in_a_pause() {
        let all = spoken();
        // The pause after the ninth word, and the words around it.
        let (before, after) = (&all[..9], earlier(&all[9..], all[9].start_ms - 200));
        let end_ms = all[8].end_ms;
        let meet = |length_ms| {
            let sessions = [(length_ms, before), (60_000, &after[..])];
            meet_in_a_pause(&all, &sessions, (8, 9))
        };
        assert!(meet(end_ms + 300));
        assert!(!meet(end_ms - 100));
        let sessions = [(end_ms + 300, before), (60_000, &after[1..])];
        assert!(!meet_in_a_pause(&all, &sessions, (8, 9)));
    }

    #[test]
    fn a_lost_part_is_a_hole_and_a_garbled_word_or_left_out_silence_is_not() {
        let all = spoken();
        for (lost_ms, expected) in [(200, &[][..]), (300, &[(11, 12)][..])] {
            let words = [&all[..12], &earlier(&all[12..], lost_ms)].concat();
            assert_eq!(holes(&all, &[&words]), expected, "{lost_ms} ms");
        }
        let garbled = [&all[..12], &all[13..]].concat();
        assert_eq!(holes(&all, &[&garbled]), []);
        // The pause after the ninth word.
        let shortened = [&all[..9], &earlier(&all[9..], 1_000)].concat();
        assert_eq!(holes(&all, &[&shortened]), []);
        let lost = [&all[..9], &earlier(&all[9..], 1_300)].concat();
        assert_eq!(holes(&all, &[&lost]), [(8, 9)]);
    }
}
