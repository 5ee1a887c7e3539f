//! Speaker labels: who says each word of an ended turn, and what a later look makes of it.

use inturn_protocol::{SpeakerRevision, Turn, TurnRevision, Word};

use crate::recogniser::HeardWord;

/// Labels the turns of one session and remembers which of them are to be revised.
pub(super) struct SpeakerLabels {
    max_speakers: Option<u32>,
    /// How often labels are revised in mid-session, in milliseconds of audio; `None` is at the end.
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

    /// Labels an ended turn. `heard` are its words, one for each word of the message.
    pub(super) fn label(&mut self, turn: &mut Turn, heard: &[HeardWord]) {
        let (Some(first), Some(last)) = (heard.first(), heard.last()) else {
            return;
        };
        let now: Vec<char> = self.speakers(heard, |word| word.voice.speaker);
        let later: Vec<char> = self.speakers(heard, |word| {
            word.voice.revised_speaker.or(word.voice.speaker)
        });
        let short = last.end_ms - first.start_ms < SHORT_TURN_MS;
        self.revisions
            .retain(|revision| revision.turn_order != turn.turn_order);
        if short || now != later {
            self.revisions.push(TurnRevision {
                turn_order: turn.turn_order,
                speaker_label: Some(most_frequent(&later)),
                words: spoken_by(&turn.words, &later, None),
            });
        }
        if short {
            turn.speaker_label = Some(NOT_YET_KNOWN.to_owned());
            turn.speaker_confidence = Some(0.0);
        } else {
            turn.speaker_label = Some(most_frequent(&now));
            turn.speaker_confidence = Some(CONFIDENCE);
            turn.words = spoken_by(&turn.words, &now, Some(CONFIDENCE));
        }
    }

    /// The revision that is due once this much audio has been transcribed.
    pub(super) fn due(&mut self, audio_ms: u64) -> Option<SpeakerRevision> {
        let interval_ms = self.interval_ms?;
        if audio_ms < self.next_revision_ms {
            return None;
        }
        self.next_revision_ms = audio_ms + interval_ms;
        self.rest()
    }

    /// The revision at the end of the session.
    pub(super) fn rest(&mut self) -> Option<SpeakerRevision> {
        let revisions = std::mem::take(&mut self.revisions);
        (!revisions.is_empty()).then_some(SpeakerRevision { revisions })
    }

    fn speakers(
        &self,
        heard: &[HeardWord],
        speaker: impl Fn(&HeardWord) -> Option<char>,
    ) -> Vec<char> {
        // At most 10 speakers, as the parameter's own bounds say.
        let last = self.max_speakers.map_or('Z', |count| {
            char::from(b'A' + u8::try_from(count.clamp(1, 26) - 1).unwrap_or_default())
        });
        heard
            .iter()
            .map(|word| speaker(word).unwrap_or('A').min(last))
            .collect()
    }
}

fn spoken_by(words: &[Word], speakers: &[char], confidence: Option<f64>) -> Vec<Word> {
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

/// The speaker of most words; of equal ones, the one who speaks first.
fn most_frequent(speakers: &[char]) -> String {
    let count = |speaker: &char| speakers.iter().filter(|other| *other == speaker).count();
    let most = speakers.iter().map(count).max();
    speakers
        .iter()
        .find(|speaker| Some(count(speaker)) == most)
        .map(char::to_string)
        .unwrap_or_default()
}

/// The service does not tell speakers apart by less speech.
const SHORT_TURN_MS: u64 = 1_000;
/// The label of such a turn since June 2026.
const NOT_YET_KNOWN: &str = "PENDING";
/// Near what was measured: 0.89.
const CONFIDENCE: f64 = 0.9;
/// A shorter interval is raised to this.
const SHORTEST_INTERVAL_MS: u64 = 120_000;
/// A longer one is lowered to this, as the JavaScript SDK says; one table of the docs disagrees.
const LONGEST_INTERVAL_MS: u64 = 300_000;
