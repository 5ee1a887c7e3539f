//! Encodes turns as messages, in the form of the model's family.

mod labels;

use std::collections::VecDeque;

use inturn_protocol::{Family, ServerMessage, Silence, SpeakerRevision, SpeechStarted, Turn, Word};

use self::labels::SpeakerLabels;
use crate::{recogniser::RecognisedWord, text, turns::TurnEvent};

/// How the Universal-Streaming models format turns. The vendor's documents describe two ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FormattedForm {
    /// The end of a turn is sent twice: raw, then formatted.
    #[default]
    Classic,
    /// Every message is formatted, and the end is sent once.
    InModel,
}

/// Settings of one session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EncoderSettings {
    pub(crate) family: Family,
    pub(crate) format_turns: bool,
    pub(crate) form: FormattedForm,
    pub(crate) partials: bool,
    pub(crate) speaker_labels: bool,
    pub(crate) max_speakers: Option<u32>,
    pub(crate) revision_interval_ms: Option<u32>,
    /// Whether ended turns carry their language.
    pub(crate) report_language: bool,
    /// Fault: number of ended turns after which `turn_order` restarts at 0.
    pub(crate) restart_turn_order: Option<u32>,
    /// Fault: every end is sent twice.
    pub(crate) duplicate_final: bool,
    /// Fault: every end is sent only after the next turn's first partial.
    pub(crate) late_final: bool,
    /// Fault: the formatted end is sent only after the next turn's first partial.
    pub(crate) late_formatted_end: bool,
    /// Fault: an additional, empty end of turn before `Termination`.
    pub(crate) empty_final: bool,
}

/// Numbers the turns of one session and encodes them as messages.
pub(crate) struct TurnEncoder {
    settings: EncoderSettings,
    turn_order: u32,
    begun: bool,
    /// Universal-Streaming: final words of the open turn, which never change again.
    committed: Vec<RecognisedWord>,
    last_partial: Vec<Word>,
    /// `None` without `speaker_labels`.
    labels: Option<SpeakerLabels>,
    /// The ends held back by the faults `late_final` and `late_formatted_end`.
    delayed_ends: VecDeque<ServerMessage>,
    messages: VecDeque<ServerMessage>,
}

impl TurnEncoder {
    pub(crate) fn new(settings: EncoderSettings) -> Self {
        Self {
            settings,
            turn_order: 0,
            begun: false,
            committed: Vec::new(),
            last_partial: Vec::new(),
            labels: settings
                .speaker_labels
                .then(|| SpeakerLabels::new(settings.max_speakers, settings.revision_interval_ms)),
            delayed_ends: VecDeque::new(),
            messages: VecDeque::new(),
        }
    }

    pub(crate) fn set_format_turns(&mut self, format_turns: bool) {
        self.settings.format_turns = format_turns;
    }

    /// Encodes one event as messages.
    pub(crate) fn encode(&mut self, event: TurnEvent) -> impl Iterator<Item = ServerMessage> {
        let universal_3 = self.settings.family == Family::Universal3;
        match event {
            TurnEvent::Partial {
                onset_ms,
                words,
                confidence,
            } => {
                self.begin(onset_ms);
                if universal_3 {
                    self.push_whole_turn(&words, false, confidence);
                } else {
                    self.push_partial(words, confidence);
                }
                self.push_delayed_ends();
            }
            TurnEvent::End {
                onset_ms,
                words,
                confidence,
                ..
            } => {
                self.begin(onset_ms);
                self.push_delayed_ends();
                let end_ms = words.last().map(|word| word.end_ms);
                let before = self.messages.len();
                if universal_3 {
                    self.push_whole_turn(&words, true, confidence);
                } else {
                    self.push_end(words, confidence);
                }
                let ends = self.messages.split_off(before);
                self.push_ends(ends);
                self.turn_order += 1;
                if self.settings.restart_turn_order == Some(self.turn_order) {
                    self.turn_order = 0;
                    self.settings.restart_turn_order = None;
                }
                self.begun = false;
                self.committed.clear();
                self.last_partial.clear();
                let labels = self.labels.as_mut().zip(end_ms);
                let due = labels.and_then(|(labels, end_ms)| labels.take_due(end_ms));
                self.push_revision(due);
            }
            TurnEvent::Silence { start_ms, end_ms } => {
                let silence = Silence { start_ms, end_ms };
                self.messages.push_back(ServerMessage::Silence(silence));
            }
            TurnEvent::Flushed => {
                self.push_delayed_ends();
                if self.settings.empty_final {
                    self.push(Vec::new(), &[], true, self.settings.format_turns, 0.0);
                }
                let revision = self.labels.as_mut().and_then(SpeakerLabels::take_revision);
                self.push_revision(revision);
            }
        }
        self.messages.drain(..)
    }

    fn begin(&mut self, onset_ms: u64) {
        if !std::mem::replace(&mut self.begun, true) && self.settings.family == Family::Universal3 {
            self.messages
                .push_back(ServerMessage::SpeechStarted(SpeechStarted {
                    timestamp: onset_ms,
                    confidence: Some(0.9),
                }));
        }
    }

    /// Universal-3: every message has the whole turn, and no word is final before the end.
    fn push_whole_turn(&mut self, recognised: &[RecognisedWord], ended: bool, confidence: f64) {
        if !ended && !self.settings.partials {
            return;
        }
        let words = to_words(recognised, true, ended)
            .into_iter()
            .map(|word| Word {
                word_is_final: ended,
                ..word
            })
            .collect();
        self.push(words, recognised, ended, ended, confidence);
        if ended && let Some(ServerMessage::Turn(turn)) = self.messages.back_mut() {
            turn.utterance = turn.transcript.clone();
        }
    }

    /// Universal-Streaming: a partial has the final words, then at most one word that is not final.
    fn push_partial(&mut self, recognised: Vec<RecognisedWord>, confidence: f64) {
        let mut rest = self.after_committed(recognised).into_iter().peekable();
        while let Some(word) = rest.next_if(|word| word.settled) {
            self.committed.push(word);
        }
        if !self.settings.partials {
            return;
        }
        let mut shown = self.committed.clone();
        shown.extend(rest.next());
        let formatted = self.in_model();
        let words = to_words(&shown, formatted, false);
        if words != self.last_partial && !words.is_empty() {
            self.last_partial.clone_from(&words);
            self.push(words, &shown, false, formatted, confidence);
        }
    }

    fn push_end(&mut self, recognised: Vec<RecognisedWord>, confidence: f64) {
        let mut all = std::mem::take(&mut self.committed);
        self.committed.clone_from(&all);
        all.extend(self.after_committed(recognised));
        for word in &mut all {
            word.settled = true;
        }
        let formatted = to_words(&all, true, true);
        if self.in_model() {
            self.push(formatted, &all, true, true, confidence);
            return;
        }
        let utterance = joined(&formatted);
        let raw = to_words(&all, false, true);
        self.push(raw, &all, true, false, confidence);
        if let Some(ServerMessage::Turn(turn)) = self.messages.back_mut() {
            turn.utterance = utterance;
        }
        if !self.settings.format_turns {
            return;
        }
        self.push(formatted, &all, true, true, confidence);
    }

    /// Adds the messages of a turn's end: one, or a raw and a formatted one.
    fn push_ends(&mut self, mut ends: VecDeque<ServerMessage>) {
        let on_time = if self.settings.late_final {
            0
        } else if self.settings.late_formatted_end {
            ends.len().min(1)
        } else {
            ends.len()
        };
        let late = ends.split_off(on_time);
        let copies = if self.settings.duplicate_final { 2 } else { 1 };
        let copied = |message| std::iter::repeat_n(message, copies);
        self.messages.extend(ends.into_iter().flat_map(copied));
        self.delayed_ends.extend(late.into_iter().flat_map(copied));
    }

    /// Returns the recognised words after the committed ones.
    ///
    /// Committed words keep their text and times, even if the recogniser has changed them since.
    fn after_committed(&self, recognised: Vec<RecognisedWord>) -> Vec<RecognisedWord> {
        let Some(last) = self.committed.last() else {
            return recognised;
        };
        let committed_end_ms = last.end_ms;
        recognised
            .into_iter()
            .filter(|word| {
                (word.start_ms + word.end_ms) / 2 >= committed_end_ms
                    && word.end_ms > committed_end_ms
            })
            .map(|word| RecognisedWord {
                start_ms: word.start_ms.max(committed_end_ms),
                ..word
            })
            .collect()
    }

    fn in_model(&self) -> bool {
        self.settings.format_turns && self.settings.form == FormattedForm::InModel
    }

    fn push_delayed_ends(&mut self) {
        self.messages.append(&mut self.delayed_ends);
    }

    fn push_revision(&mut self, revision: Option<SpeakerRevision>) {
        let message = revision.map(ServerMessage::SpeakerRevision);
        self.messages.extend(message);
    }

    /// Adds a turn message. `recognised` are its words as the recogniser returned them.
    fn push(
        &mut self,
        words: Vec<Word>,
        recognised: &[RecognisedWord],
        ended: bool,
        formatted: bool,
        confidence: f64,
    ) {
        let universal_3 = self.settings.family == Family::Universal3;
        let transcript: Vec<&str> = words
            .iter()
            .filter(|word| universal_3 || word.word_is_final)
            .map(|word| word.text.as_str())
            .collect();
        let mut turn = Turn {
            turn_order: self.turn_order,
            end_of_turn: ended,
            turn_is_formatted: formatted,
            transcript: transcript.join(" "),
            end_of_turn_confidence: rounded(confidence),
            words,
            ..Turn::default()
        };
        // Measured: partials have neither labels nor a language.
        if ended && let Some(labels) = &mut self.labels {
            labels.label(&mut turn, recognised);
        }
        if ended
            && self.settings.report_language
            && let Some(first) = recognised.first()
        {
            let language = first.voice.language.as_deref();
            turn.language_code = Some(language.unwrap_or(DEFAULT_LANGUAGE).to_owned());
            turn.language_confidence = Some(LANGUAGE_CONFIDENCE);
        }
        self.messages.push_back(ServerMessage::Turn(turn));
    }
}

/// Converts recognised words to words of a message.
fn to_words(recognised: &[RecognisedWord], formatted: bool, ended: bool) -> Vec<Word> {
    let texts: Vec<&str> = recognised.iter().map(|word| word.text.as_str()).collect();
    let texts = if formatted {
        text::formatted(&texts, ended)
    } else {
        texts.into_iter().map(text::raw).collect()
    };
    recognised
        .iter()
        .zip(texts)
        .map(|(word, text)| Word {
            text,
            start: word.start_ms,
            end: word.end_ms,
            confidence: rounded(word.confidence),
            word_is_final: word.settled,
            ..Word::default()
        })
        .collect()
}

fn joined(words: &[Word]) -> String {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    texts.join(" ")
}

/// Rounds to four decimal places, as the real service does.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// Language of a word if the recogniser reports none.
const DEFAULT_LANGUAGE: &str = "en";
/// Measured for clear speech: 0.81 to 0.83.
const LANGUAGE_CONFIDENCE: f64 = 0.82;
