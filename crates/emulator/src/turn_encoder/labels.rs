//! Speaker labels of ended turns, and their revisions.

use inturn_protocol::{SpeakerRevision, Turn, TurnRevision, Word};

use crate::recogniser::RecognisedWord;

/// Labels the turns of one session and collects the revisions of their labels.
pub(super) struct SpeakerLabels {
    max_speakers: Option<u32>,
    /// Interval of revisions in mid-session, in milliseconds of audio. `None` revises only at the
    /// end.
    interval_ms: Option<u64>,
    next_revision_ms: u64,
    revisions: Vec<TurnRevision>,
}

impl SpeakerLabels {
    pub(super) fn new(max_speakers: Option<u32>, interval_ms: Option<u32>) -> Self {
        let interval_ms = interval_ms
            .filter(|ms| *ms > 0)
            .map(|ms| u64::from(ms).clamp(SHORTEST_INTERVAL_MS, LONGEST_INTERVAL_MS));
        Self {
            max_speakers,
            interval_ms,
            next_revision_ms: interval_ms.unwrap_or_default(),
            revisions: Vec::new(),
        }
    }

    /// Labels an ended turn. `recognised` has one word for each word of the message.
    pub(super) fn label(&mut self, turn: &mut Turn, recognised: &[RecognisedWord]) {
        let (Some(first), Some(last)) = (recognised.first(), recognised.last()) else {
            return;
        };
        let first_labels: Vec<char> = self.speakers(recognised, |word| word.voice.speaker);
        let revised: Vec<char> = self.speakers(recognised, |word| {
            word.voice.revised_speaker.or(word.voice.speaker)
        });
        let short = last.end_ms - first.start_ms < SHORT_TURN_MS;
        self.revisions
            .retain(|revision| revision.turn_order != turn.turn_order);
        if short || first_labels != revised {
            self.revisions.push(TurnRevision {
                turn_order: turn.turn_order,
                speaker_label: Some(most_frequent(&revised)),
                words: with_speakers(&turn.words, &revised, None),
            });
        }
        if short {
            turn.speaker_label = Some(PENDING.to_owned());
            turn.speaker_confidence = Some(0.0);
        } else {
            turn.speaker_label = Some(most_frequent(&first_labels));
            turn.speaker_confidence = Some(CONFIDENCE);
            turn.words = with_speakers(&turn.words, &first_labels, Some(CONFIDENCE));
        }
    }

    /// Takes the collected revisions if the interval has passed at this position of the audio.
    pub(super) fn take_due(&mut self, audio_ms: u64) -> Option<SpeakerRevision> {
        let interval_ms = self.interval_ms?;
        if audio_ms < self.next_revision_ms {
            return None;
        }
        self.next_revision_ms = audio_ms + interval_ms;
        self.take_revision()
    }

    /// Takes the collected revisions.
    pub(super) fn take_revision(&mut self) -> Option<SpeakerRevision> {
        let revisions = std::mem::take(&mut self.revisions);
        (!revisions.is_empty()).then_some(SpeakerRevision { revisions })
    }

    fn speakers(
        &self,
        recognised: &[RecognisedWord],
        speaker: impl Fn(&RecognisedWord) -> Option<char>,
    ) -> Vec<char> {
        // The parameter's bounds allow at most 10 speakers.
        let last = self.max_speakers.map_or('Z', |count| {
            char::from(b'A' + u8::try_from(count.clamp(1, 26) - 1).unwrap_or_default())
        });
        recognised
            .iter()
            .map(|word| speaker(word).unwrap_or('A').min(last))
            .collect()
    }
}

fn with_speakers(words: &[Word], speakers: &[char], confidence: Option<f64>) -> Vec<Word> {
    words
        .iter()
        .zip(speakers)
        .map(|(word, speaker)| Word {
            speaker: Some(speaker.to_string()),
            speaker_confidence: confidence,
            ..word.clone()
        })
        .collect()
}

/// Returns the speaker of most words; of several, the one who speaks first.
fn most_frequent(speakers: &[char]) -> String {
    let count = |speaker: &char| speakers.iter().filter(|other| *other == speaker).count();
    let most = speakers.iter().map(count).max();
    speakers
        .iter()
        .find(|speaker| Some(count(speaker)) == most)
        .map(char::to_string)
        .unwrap_or_default()
}

/// The service identifies no speaker in a shorter turn.
const SHORT_TURN_MS: u64 = 1_000;
/// Label of a short turn, since June 2026.
const PENDING: &str = "PENDING";
/// Measured: 0.89.
const CONFIDENCE: f64 = 0.9;
/// Shorter intervals are raised to this.
const SHORTEST_INTERVAL_MS: u64 = 120_000;
/// Longer intervals are lowered to this. Source: the JavaScript SDK; one table of the docs differs.
const LONGEST_INTERVAL_MS: u64 = 300_000;
