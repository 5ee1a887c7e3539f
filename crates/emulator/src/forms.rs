//! From turns to messages, in the form the model's family gives them.

mod labels;

use std::collections::VecDeque;

use inturn_protocol::{Family, ServerMessage, Silence, SpeakerRevision, SpeechStarted, Turn, Word};

use crate::recogniser::HeardWord;
use crate::text;
use crate::turns::TurnEvent;
use labels::SpeakerLabels;

/// How the Universal-Streaming models format, where the vendor's papers know two ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FormattedForm {
    /// The end comes twice: raw, then formatted.
    #[default]
    Classic,
    /// Every message is formatted, and one of them is the end.
    InModel,
}

/// What a session asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FormSettings {
    pub(crate) family: Family,
    pub(crate) format_turns: bool,
    pub(crate) form: FormattedForm,
    pub(crate) partials: bool,
    pub(crate) speaker_labels: bool,
    pub(crate) max_speakers: Option<u32>,
    pub(crate) revision_interval_ms: Option<u32>,
    /// Whether ended turns say which language they are in.
    pub(crate) report_language: bool,
    /// Fault: the formatted end comes only after the next turn's first partial.
    pub(crate) late_formatted_end: bool,
    /// Option: one more, empty end before `Termination`.
    pub(crate) empty_final: bool,
}

/// Numbers the turns of one session and words them.
pub(crate) struct Forms {
    settings: FormSettings,
    turn_order: u32,
    begun: bool,
    /// Universal-Streaming: words of the open turn that may never change again.
    committed: Vec<HeardWord>,
    last_partial: Vec<Word>,
    /// `None` unless they were asked for.
    labels: Option<SpeakerLabels>,
    held_back: Option<Turn>,
    messages: VecDeque<ServerMessage>,
}

impl Forms {
    pub(crate) fn new(settings: FormSettings) -> Self {
        Self {
            settings,
            turn_order: 0,
            begun: false,
            committed: Vec::new(),
            last_partial: Vec::new(),
            labels: settings
                .speaker_labels
                .then(|| SpeakerLabels::new(settings.max_speakers, settings.revision_interval_ms)),
            held_back: None,
            messages: VecDeque::new(),
        }
    }

    pub(crate) fn set_format_turns(&mut self, format_turns: bool) {
        self.settings.format_turns = format_turns;
    }

    /// Words one event.
    pub(crate) fn tell(&mut self, event: TurnEvent) -> impl Iterator<Item = ServerMessage> {
        let universal_3 = self.settings.family == Family::Universal3;
        match event {
            TurnEvent::Partial {
                onset_ms,
                words,
                confidence,
            } => {
                self.begin(onset_ms);
                if universal_3 {
                    self.whole_turn(&words, false, confidence);
                } else {
                    self.growing_turn(words, confidence);
                }
                self.release();
            }
            TurnEvent::End {
                onset_ms,
                words,
                confidence,
                ..
            } => {
                self.begin(onset_ms);
                self.release();
                let end_ms = words.last().map(|word| word.end_ms);
                if universal_3 {
                    self.whole_turn(&words, true, confidence);
                } else {
                    self.ended_turn(words, confidence);
                }
                self.turn_order += 1;
                self.begun = false;
                self.committed.clear();
                self.last_partial.clear();
                let labels = self.labels.as_mut().zip(end_ms);
                let due = labels.and_then(|(labels, end_ms)| labels.due(end_ms));
                self.revise(due);
            }
            TurnEvent::Silence { start_ms, end_ms } => {
                let silence = Silence { start_ms, end_ms };
                self.messages.push_back(ServerMessage::Silence(silence));
            }
            TurnEvent::Flushed => {
                self.release();
                if self.settings.empty_final {
                    self.push(Vec::new(), &[], true, self.settings.format_turns, 0.0);
                }
                let rest = self.labels.as_mut().and_then(SpeakerLabels::rest);
                self.revise(rest);
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

    /// Universal-3: the whole turn anew, nothing final before the end.
    fn whole_turn(&mut self, heard: &[HeardWord], ended: bool, confidence: f64) {
        if !ended && !self.settings.partials {
            return;
        }
        let words = spelt(heard, true, ended)
            .into_iter()
            .map(|word| Word {
                word_is_final: ended,
                ..word
            })
            .collect();
        self.push(words, heard, ended, ended, confidence);
        if ended && let Some(ServerMessage::Turn(turn)) = self.messages.back_mut() {
            turn.utterance = turn.transcript.clone();
        }
    }

    /// Universal-Streaming: final words, then at most one that is not.
    fn growing_turn(&mut self, heard: Vec<HeardWord>, confidence: f64) {
        let mut rest = self.after_committed(heard).into_iter().peekable();
        while let Some(word) = rest.next_if(|word| word.settled) {
            self.committed.push(word);
        }
        if !self.settings.partials {
            return;
        }
        let mut shown = self.committed.clone();
        shown.extend(rest.next());
        let formatted = self.in_model();
        let words = spelt(&shown, formatted, false);
        if words != self.last_partial && !words.is_empty() {
            self.last_partial.clone_from(&words);
            self.push(words, &shown, false, formatted, confidence);
        }
    }

    fn ended_turn(&mut self, heard: Vec<HeardWord>, confidence: f64) {
        let mut all = std::mem::take(&mut self.committed);
        self.committed.clone_from(&all);
        all.extend(self.after_committed(heard));
        for word in &mut all {
            word.settled = true;
        }
        let formatted = spelt(&all, true, true);
        if self.in_model() {
            self.push(formatted, &all, true, true, confidence);
            return;
        }
        let utterance = joined(&formatted);
        let raw = spelt(&all, false, true);
        self.push(raw, &all, true, false, confidence);
        if let Some(ServerMessage::Turn(turn)) = self.messages.back_mut() {
            turn.utterance = utterance;
        }
        if !self.settings.format_turns {
            return;
        }
        self.push(formatted, &all, true, true, confidence);
        if self.settings.late_formatted_end
            && let Some(ServerMessage::Turn(turn)) = self.messages.pop_back()
        {
            self.held_back = Some(turn);
        }
    }

    /// The words that follow the committed ones, whose text and times must stand whatever the
    /// recogniser thinks of them now.
    fn after_committed(&self, heard: Vec<HeardWord>) -> Vec<HeardWord> {
        let Some(last) = self.committed.last() else {
            return heard;
        };
        let border_ms = last.end_ms;
        heard
            .into_iter()
            .filter(|word| {
                (word.start_ms + word.end_ms) / 2 >= border_ms && word.end_ms > border_ms
            })
            .map(|word| HeardWord {
                start_ms: word.start_ms.max(border_ms),
                ..word
            })
            .collect()
    }

    fn in_model(&self) -> bool {
        self.settings.format_turns && self.settings.form == FormattedForm::InModel
    }

    fn release(&mut self) {
        if let Some(turn) = self.held_back.take() {
            self.messages.push_back(ServerMessage::Turn(turn));
        }
    }

    fn revise(&mut self, revision: Option<SpeakerRevision>) {
        let message = revision.map(ServerMessage::SpeakerRevision);
        self.messages.extend(message);
    }

    /// Words a turn; `heard` are its words as the recogniser gave them.
    fn push(
        &mut self,
        words: Vec<Word>,
        heard: &[HeardWord],
        ended: bool,
        formatted: bool,
        confidence: f64,
    ) {
        let whole = self.settings.family == Family::Universal3;
        let said: Vec<&str> = words
            .iter()
            .filter(|word| whole || word.word_is_final)
            .map(|word| word.text.as_str())
            .collect();
        let mut turn = Turn {
            turn_order: self.turn_order,
            end_of_turn: ended,
            turn_is_formatted: formatted,
            transcript: said.join(" "),
            end_of_turn_confidence: rounded(confidence),
            words,
            ..Turn::default()
        };
        // Partials carry neither when measured.
        if ended && let Some(labels) = &mut self.labels {
            labels.label(&mut turn, heard);
        }
        if ended
            && self.settings.report_language
            && let Some(first) = heard.first()
        {
            let language = first.voice.language.as_deref();
            turn.language_code = Some(language.unwrap_or(DEFAULT_LANGUAGE).to_owned());
            turn.language_confidence = Some(LANGUAGE_CONFIDENCE);
        }
        self.messages.push_back(ServerMessage::Turn(turn));
    }
}

fn spelt(heard: &[HeardWord], formatted: bool, ended: bool) -> Vec<Word> {
    let said: Vec<&str> = heard.iter().map(|word| word.text.as_str()).collect();
    let texts = if formatted {
        text::formatted(&said, ended)
    } else {
        said.into_iter().map(text::raw).collect()
    };
    heard
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

/// Four places, as on the wire of the real service.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// What a recogniser that cannot tell is taken to hear.
const DEFAULT_LANGUAGE: &str = "en";
/// Near what was measured for clear speech: 0.81 to 0.83.
const LANGUAGE_CONFIDENCE: f64 = 0.82;
