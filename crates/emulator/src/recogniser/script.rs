//! The script: words of a text, one for every [`WORD_MS`] of voice.
//!
//! It hears nothing but energy. It is for tests, and for machines without a recogniser; whoever shows
//! its words must say that they are a script.
//!
//! Marks between the words hold until the next mark of their kind. `B:` names the speaker, `B>A:` a
//! speaker who is taken for B and later found to be A, `[es]` the language.

use std::sync::Arc;

use super::interface::{HeardWord, Recogniser, RecogniserKind, RecogniserSource, Voice};

/// A text to be read out.
pub(crate) struct Script {
    words: Arc<[ScriptWord]>,
}

#[derive(Clone, Debug)]
struct ScriptWord {
    text: String,
    voice: Voice,
}

impl Script {
    pub(crate) fn new(text: &str) -> Self {
        let mut words = read(text);
        if words.is_empty() {
            words = read(DEFAULT_TEXT);
        }
        Self {
            words: words.into(),
        }
    }
}

/// The words of a text, each with the marks before it.
fn read(text: &str) -> Vec<ScriptWord> {
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

impl RecogniserSource for Script {
    fn kind(&self) -> RecogniserKind {
        RecogniserKind::Script
    }

    fn open(&self, rate_hz: u32) -> Result<Box<dyn Recogniser>, String> {
        Ok(Box::new(Reading {
            words: Arc::clone(&self.words),
            rate_hz: u64::from(rate_hz),
            next: 0,
            heard: 0,
            voiced: 0,
            turn: Vec::new(),
        }))
    }

    fn is_heavy(&self) -> bool {
        false
    }
}

/// One session's reading of the text, which starts anew at its end.
struct Reading {
    words: Arc<[ScriptWord]>,
    rate_hz: u64,
    next: usize,
    /// Samples of this turn.
    heard: u64,
    /// Those of them that were voiced.
    voiced: u64,
    turn: Vec<HeardWord>,
}

impl Reading {
    fn ms(&self, samples: u64) -> u64 {
        samples * 1_000 / self.rate_hz
    }

    fn begin_word(&mut self, start_ms: u64) {
        let ScriptWord { text, voice } = self.words[self.next % self.words.len()].clone();
        self.next += 1;
        self.turn.push(HeardWord {
            text,
            voice,
            start_ms,
            end_ms: start_ms,
            confidence: 0.6,
            settled: false,
        });
    }

    fn settle_last(&mut self) {
        if let Some(word) = self.turn.last_mut() {
            word.settled = true;
            word.confidence = 0.95;
        }
    }
}

impl Recogniser for Reading {
    fn begin_turn(&mut self) {
        self.heard = 0;
        self.voiced = 0;
        self.turn.clear();
    }

    fn hear(&mut self, samples: &[i16], voiced: bool) {
        let start_ms = self.ms(self.heard);
        self.heard += samples.len() as u64;
        if !voiced {
            return;
        }
        self.voiced += samples.len() as u64;
        let due = self.ms(self.voiced).div_ceil(WORD_MS) as usize;
        if due > self.turn.len() {
            self.settle_last();
            self.begin_word(start_ms);
        }
        let end_ms = self.ms(self.heard);
        if let Some(word) = self.turn.last_mut() {
            word.end_ms = end_ms;
        }
    }

    fn words(&mut self) -> Vec<HeardWord> {
        self.turn.clone()
    }

    fn finish_turn(&mut self) -> Vec<HeardWord> {
        self.settle_last();
        std::mem::take(&mut self.turn)
    }
}

/// Near the pace of calm speech: three words a second.
const WORD_MS: u64 = 320;

/// Used when no text is given, or an empty one.
const DEFAULT_TEXT: &str = "\
A: The kettle is on and the window is open. \
B: A ferry leaves the harbour at noon, and it is never late. \
A: Nobody has spoken these words; they stand in for yours. \
A>B: When you hear a gull, count to three before you answer.";

#[cfg(test)]
mod tests {
    use super::*;

    fn read_out(text: &str, voiced_frames: usize) -> Vec<HeardWord> {
        let mut reading = Script::new(text)
            .open(16_000)
            .expect("a script is always there");
        reading.begin_turn();
        for _ in 0..voiced_frames {
            reading.hear(&[0; 160], true);
        }
        reading.finish_turn()
    }

    #[test]
    fn a_word_comes_for_every_320_ms_of_voice() {
        let words = read_out("one two three four", 80);
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
    fn the_text_starts_anew_at_its_end() {
        let words = read_out("a b", 80);
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["a", "b", "a"]);
    }

    #[test]
    fn an_empty_text_gives_the_built_in_one() {
        assert_eq!(read_out(" \n", 1)[0].text, "The");
        assert_eq!(read_out("A: [en]", 1)[0].text, "The", "marks are no words");
    }

    #[test]
    fn marks_say_who_speaks_and_in_which_language() {
        let words = read("hm A: yes B>C: [es] no D: [sic] Z");
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
