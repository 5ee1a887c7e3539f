//! The script recogniser: returns the words of a text, one for every [`WORD_MS`] of voice.
//!
//! It evaluates only the audio's energy. It is for tests, and for systems without a recogniser. A
//! program that shows its words must say that they come from a script.
//!
//! Marks between the words apply until the next mark of the same kind. `B:` sets the speaker,
//! `B>A:` a speaker who is first labelled B and later revised to A, `[es]` the language.

use std::sync::Arc;

use super::interface::{RecognisedWord, Recogniser, RecogniserKind, RecogniserSource, Voice};

/// The text of a script.
pub(crate) struct ScriptSource {
    words: Arc<[ScriptWord]>,
}

/// A word of a text, with the marks that apply to it.
#[derive(Clone, Debug, Default)]
pub(super) struct ScriptWord {
    pub(super) text: String,
    pub(super) voice: Voice,
}

impl ScriptSource {
    pub(crate) fn new(text: &str) -> Self {
        let mut words = parse(text);
        if words.is_empty() {
            words = parse(DEFAULT_TEXT);
        }
        Self {
            words: words.into(),
        }
    }
}

/// Parses a text to words, each with the marks that apply to it.
pub(super) fn parse(text: &str) -> Vec<ScriptWord> {
    let mut voice = Voice::default();
    let mut words = Vec::new();
    for token in text.split_whitespace() {
        if let Some((speaker, revised_speaker)) = speaker_mark(token) {
            voice.speaker = Some(speaker);
            voice.revised_speaker = revised_speaker;
        } else if let Some(language) = language_mark(token) {
            voice.language = Some(language.into());
        } else {
            words.push(ScriptWord {
                text: token.to_owned(),
                voice: voice.clone(),
            });
        }
    }
    words
}

fn speaker_mark(token: &str) -> Option<(char, Option<char>)> {
    match *token.strip_suffix(':')?.as_bytes() {
        [speaker @ b'A'..=b'Z'] => Some((speaker.into(), None)),
        [speaker @ b'A'..=b'Z', b'>', revised @ b'A'..=b'Z'] => {
            Some((speaker.into(), Some(revised.into())))
        }
        _ => None,
    }
}

fn language_mark(token: &str) -> Option<&str> {
    let code = token.strip_prefix('[')?.strip_suffix(']')?;
    let lower = code.bytes().all(|byte| byte.is_ascii_lowercase());
    (lower && matches!(code.len(), 2 | 3)).then_some(code)
}

impl RecogniserSource for ScriptSource {
    fn kind(&self) -> RecogniserKind {
        RecogniserKind::Script
    }

    fn open(&self, rate_hz: u32) -> Result<Box<dyn Recogniser>, String> {
        Ok(Box::new(ScriptRecogniser {
            words: Arc::clone(&self.words),
            rate_hz: u64::from(rate_hz),
            next: 0,
            turn_samples: 0,
            voiced_samples: 0,
            turn: Vec::new(),
        }))
    }

    fn needs_thread(&self) -> bool {
        false
    }
}

/// The recogniser of one session. It restarts the text at its end.
struct ScriptRecogniser {
    words: Arc<[ScriptWord]>,
    rate_hz: u64,
    /// Index of the next word. It counts on when the text restarts.
    next: usize,
    /// Samples of this turn so far.
    turn_samples: u64,
    /// Voiced samples of this turn so far.
    voiced_samples: u64,
    turn: Vec<RecognisedWord>,
}

impl ScriptRecogniser {
    fn ms(&self, samples: u64) -> u64 {
        samples * 1_000 / self.rate_hz
    }

    fn begin_word(&mut self, start_ms: u64) {
        let ScriptWord { text, voice } = self.words[self.next % self.words.len()].clone();
        self.next += 1;
        self.turn.push(RecognisedWord {
            text,
            voice,
            start_ms,
            end_ms: start_ms,
            confidence: 0.6,
            settled: false,
        });
    }

    /// Makes the last word final.
    fn settle_last(&mut self) {
        if let Some(word) = self.turn.last_mut() {
            word.settled = true;
            word.confidence = 0.95;
        }
    }
}

impl Recogniser for ScriptRecogniser {
    fn begin_turn(&mut self) {
        self.turn_samples = 0;
        self.voiced_samples = 0;
        self.turn.clear();
    }

    fn process(&mut self, samples: &[i16], voiced: bool) {
        let start_ms = self.ms(self.turn_samples);
        self.turn_samples += samples.len() as u64;
        if !voiced {
            return;
        }
        self.voiced_samples += samples.len() as u64;
        let due = self.ms(self.voiced_samples).div_ceil(WORD_MS) as usize;
        if due > self.turn.len() {
            self.settle_last();
            self.begin_word(start_ms);
        }
        let end_ms = self.ms(self.turn_samples);
        if let Some(word) = self.turn.last_mut() {
            word.end_ms = end_ms;
        }
    }

    fn words(&mut self) -> Result<Vec<RecognisedWord>, String> {
        Ok(self.turn.clone())
    }

    fn finish_turn(&mut self) -> Result<Vec<RecognisedWord>, String> {
        self.settle_last();
        Ok(std::mem::take(&mut self.turn))
    }
}

/// About the rate of calm speech: three words a second.
const WORD_MS: u64 = 320;

/// Used without a text, or with an empty one.
const DEFAULT_TEXT: &str = "\
A: The kettle is on and the window is open. \
B: A ferry leaves the harbour at noon, and it is never late. \
A: Nothing here was spoken; these words stand in for yours. \
A>B: When you hear a gull, count to three before you answer.";

#[cfg(test)]
mod tests {
    use super::*;

    fn recognise(text: &str, voiced_frames: usize) -> Vec<RecognisedWord> {
        let mut recogniser = ScriptSource::new(text)
            .open(16_000)
            .expect("a script always opens");
        recogniser.begin_turn();
        for _ in 0..voiced_frames {
            recogniser.process(&[0; 160], true);
        }
        recogniser.finish_turn().expect("a script never fails")
    }

    #[test]
    fn a_word_comes_for_every_320_ms_of_voice() {
        let words = recognise("one two three four", 80);
        let seen: Vec<(&str, u64, u64)> = words
            .iter()
            .map(|word| (word.text.as_str(), word.start_ms, word.end_ms))
            .collect();
        assert_eq!(
            seen,
            [("one", 0, 320), ("two", 320, 640), ("three", 640, 800)]
        );
        assert!(words.iter().all(|word| word.settled));
    }

    #[test]
    fn the_text_restarts_at_its_end() {
        let words = recognise("a b", 80);
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["a", "b", "a"]);
    }

    #[test]
    fn an_empty_text_selects_the_built_in_text() {
        assert_eq!(recognise(" \n", 1)[0].text, "The");
        assert_eq!(
            recognise("A: [en]", 1)[0].text,
            "The",
            "marks are not words"
        );
    }

    #[test]
    fn marks_set_speaker_and_language() {
        let words = parse("hm A: yes B>C: [es] no D: [sic] Z");
        let seen: Vec<_> = words
            .iter()
            .map(|word| {
                let voice = &word.voice;
                let language = voice.language.as_deref();
                (&*word.text, voice.speaker, voice.revised_speaker, language)
            })
            .collect();
        let expected = [
            ("hm", None, None, None),
            ("yes", Some('A'), None, None),
            ("no", Some('B'), Some('C'), Some("es")),
            ("Z", Some('D'), None, Some("sic")),
        ];
        assert_eq!(seen, expected);
    }
}
