//! One session of the speech service: it recognises the words of a [`Script`] in the audio that it
//! receives, and reports them as the real service does.

use std::{fmt::Write as _, rc::Rc};

use inturn_protocol::Family;

use super::{
    random::Random,
    script::{SAMPLES_PER_MS, Stretch, Word},
};

/// The interval of partials, in samples of audio: 1.2 s.
const PARTIAL_INTERVAL: u64 = 1_200 * SAMPLES_PER_MS;
/// The first partial of a turn comes after this much audio: 1 s.
const FIRST_PARTIAL: u64 = 1_000 * SAMPLES_PER_MS;
/// The longest turn: 20 s.
const LONGEST_TURN: u64 = 20_000 * SAMPLES_PER_MS;
/// How wrong the time of a word may be, in milliseconds.
pub(crate) const TIME_ERROR_MS: u64 = 60;

/// How the service behaves, for all sessions of a recording.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    pub(crate) family: Family,
    /// The silence that ends a turn, in milliseconds.
    pub(crate) end_silence_ms: u64,
    /// Delay of the formatted copy of an end, in milliseconds. `None` if the end itself is
    /// formatted.
    pub(crate) formatted_after_ms: Option<u64>,
    pub(crate) has_heartbeats: bool,
    /// The longest session, in seconds.
    pub(crate) cap_secs: u64,
}

/// A message with its delay, in milliseconds.
pub(crate) type Reply = (u64, String);

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    script: Rc<Vec<Word>>,
    behaviour: Behaviour,
    random: Random,
    /// Number of samples received.
    samples: u64,
    /// The word being spoken: its code, and where it was heard.
    current: Option<(u64, u64, u64)>,
    /// The words of the turn.
    words: Vec<Heard>,
    turn: u32,
    /// Where the turn began.
    turn_start: Option<u64>,
    last_partial: Option<u64>,
}

/// A word of a turn, with its times as the service believes them.
#[derive(Clone, Debug)]
struct Heard {
    code: u64,
    start_ms: u64,
    end_ms: u64,
    end_sample: u64,
    is_final: bool,
}

impl Session {
    pub(crate) fn new(script: Rc<Vec<Word>>, behaviour: Behaviour, random: Random) -> Self {
        Self {
            script,
            behaviour,
            random,
            samples: 0,
            current: None,
            words: Vec::new(),
            turn: 0,
            turn_start: None,
            last_partial: None,
        }
    }

    /// Takes audio.
    pub(crate) fn hear(&mut self, audio: &[Stretch]) -> Vec<Reply> {
        let mut replies = Vec::new();
        for stretch in audio {
            let from = self.samples;
            self.samples += stretch.samples;
            match (&mut self.current, stretch.code) {
                (Some((code, _, end)), Some(next)) if *code == next => *end = self.samples,
                (_, next) => {
                    self.end_word();
                    self.current = next.map(|code| (code, from, self.samples));
                    if next.is_some() {
                        self.turn_start.get_or_insert(from);
                    }
                }
            }
            self.advance(&mut replies);
        }
        replies
    }

    /// Reports what is left, and the end.
    pub(crate) fn terminate(&mut self) -> Vec<Reply> {
        let mut replies = Vec::new();
        self.end_word();
        self.end_turn(&mut replies);
        let secs = self.samples / SAMPLES_PER_MS / 1_000;
        let delay = 500 + self.random.range(0, 400);
        let delay = delay + self.behaviour.formatted_after_ms.unwrap_or(0);
        let text = format!(
            r#"{{"type":"Termination","audio_duration_seconds":{secs},
                "session_duration_seconds":{secs}}}"#
        );
        replies.push((delay, text));
        replies
    }

    pub(crate) fn heartbeat(&self) -> String {
        format!(
            r#"{{"type":"Heartbeat","total_audio_received_ms":{},"total_duration_ms":0,
                "realtime_factor":1,"max_speech_probability":0.5}}"#,
            self.samples / SAMPLES_PER_MS
        )
    }

    fn advance(&mut self, replies: &mut Vec<Reply>) {
        let Some(start) = self.turn_start else {
            return;
        };
        let silence = match (&self.current, self.words.last()) {
            (None, Some(last)) => self.samples - last.end_sample,
            _ => 0,
        };
        let is_long = self.current.is_none() && self.samples - start >= LONGEST_TURN;
        if silence >= self.behaviour.end_silence_ms * SAMPLES_PER_MS || is_long {
            self.end_turn(replies);
            return;
        }
        let is_due = match self.last_partial {
            None => self.samples - start >= FIRST_PARTIAL,
            Some(last) => self.samples - last >= PARTIAL_INTERVAL,
        };
        if is_due {
            let mut words = self.words.clone();
            words.extend(self.current_word());
            if !words.is_empty() {
                self.last_partial = Some(self.samples);
                let delay = self.random.range(150, 400);
                let text = self.message(&words, false, false);
                replies.push((delay, text));
            }
        }
    }

    fn end_word(&mut self) {
        if let Some(mut word) = self.current_word() {
            word.is_final = self.behaviour.family == Family::UniversalStreaming;
            self.words.push(word);
        }
        self.current = None;
        if self.words.is_empty() {
            self.turn_start = None;
        }
    }

    /// Returns the word being spoken, if at least half of it was heard.
    fn current_word(&mut self) -> Option<Heard> {
        let (code, start, end) = self.current?;
        // The edges of a word may sound like others.
        let whole = self.script.get(code as usize).map(Word::samples)?;
        if (end - start) * 2 < whole {
            return None;
        }
        let mut time = |sample: u64| {
            let error = self.random.range(0, 2 * TIME_ERROR_MS);
            (sample / SAMPLES_PER_MS + error).saturating_sub(TIME_ERROR_MS)
        };
        let (start_ms, end_ms) = (time(start), time(end));
        Some(Heard {
            code,
            start_ms,
            end_ms: end_ms.max(start_ms),
            end_sample: end,
            is_final: false,
        })
    }

    fn end_turn(&mut self, replies: &mut Vec<Reply>) {
        let words = std::mem::take(&mut self.words);
        self.turn_start = self.current.map(|(_, start, _)| start);
        self.last_partial = None;
        if words.is_empty() {
            return;
        }
        let delay = self.random.range(150, 400);
        let later = self.behaviour.formatted_after_ms;
        replies.push((delay, self.message(&words, true, later.is_none())));
        if let Some(later) = later {
            replies.push((delay + later, self.message(&words, true, true)));
        }
        self.turn += 1;
    }

    fn message(&self, words: &[Heard], is_end: bool, is_formatted: bool) -> String {
        let is_final = |word: &Heard| is_end || word.is_final;
        let settles = self.behaviour.family == Family::UniversalStreaming;
        let shown = words.iter().filter(|it| is_final(it) || !settles);
        let shown: Vec<String> = shown.map(|it| name(it.code)).collect();
        let mut items = String::new();
        for word in words {
            let separator = if items.is_empty() { "" } else { "," };
            let _ = write!(
                items,
                r#"{separator}{{"text":"{}","start":{},"end":{},"confidence":0.9,
                    "word_is_final":{}}}"#,
                name(word.code),
                word.start_ms,
                word.end_ms,
                is_final(word),
            );
        }
        format!(
            r#"{{"type":"Turn","turn_order":{},"end_of_turn":{is_end},"turn_is_formatted":{},
                "transcript":"{}","words":[{items}]}}"#,
            self.turn,
            is_formatted || !settles,
            shown.join(" "),
        )
    }
}

/// Returns the text of a word.
pub(crate) fn name(code: u64) -> String {
    format!("w{code}")
}
