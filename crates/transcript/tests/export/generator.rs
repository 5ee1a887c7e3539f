//! Generates documents with all that makes exports difficult.

use inturn_transcript::{
    Change, Correction, Document, DocumentChange, Gap, GapReason, RecordingId, RecordingInfo,
    Session, SessionEnd, SpeakerName, Turn, TurnId, TurnSpeakers, TurnState, Word, Words,
};

use super::random::Random;

/// Returns `count` documents, each with its seed: one to three recordings, sessions that overlap,
/// turns in any state.
pub(crate) fn documents(count: u64) -> impl Iterator<Item = (u64, Document)> {
    (0..count).map(|seed| (seed, document(&mut Random::new(seed))))
}

fn document(random: &mut Random) -> Document {
    let mut document = Document::default();
    let title = random.pick(&["", "Harbour & <ferries> --> \"notes\"\n#1"]);
    document.apply(&DocumentChange::Titled(title.to_owned()));
    for at in 0..random.range(1, 3) {
        let recording = RecordingId(u128::from(at) + 7);
        document.apply(&DocumentChange::RecordingBegan(RecordingInfo {
            id: recording,
            started_unix_ms: 1_795_561_500_000 - u64::from(at) * 4_000_000,
            utc_offset_min: random.pick(&[0, 60, -570]),
        }));
        for _ in 0..random.range(0, 24) {
            let change = change(random);
            document.apply(&DocumentChange::Transcript { recording, change });
        }
        if random.chance(50) {
            document.apply(&DocumentChange::RecordingEnded {
                recording,
                length_ms: 90_000,
            });
        }
    }
    document
}

fn change(random: &mut Random) -> Change {
    let session = random.range(1, 3);
    match random.range(0, 19) {
        0 => Change::SessionBegan(Session {
            number: session,
            start_ms: random.range(0, 60_000),
            end_ms: None,
        }),
        1 => {
            let from_ms = random.range(0, 9) * 10_000;
            Change::Gap(Gap {
                from_ms,
                to_ms: from_ms + random.range(1, 30_000),
                reason: random.pick(&[
                    GapReason::Disconnected,
                    GapReason::NoAudio,
                    GapReason::Paused,
                ]),
            })
        }
        2 => Change::SessionEnded {
            session,
            end: random.pick(&[SessionEnd::Clean, SessionEnd::BrokenOff]),
        },
        3 | 4 => Change::Corrected {
            turn: turn_id(random),
            corrections: vec![correction(random)],
        },
        5 => Change::SpeakerNamed(SpeakerName {
            session: random.maybe(|it| it.range(1, 3)),
            label: random.pick(&["A", "B"]).to_owned(),
            name: random.letters(&['A', 'z', '<', '&', 'é', '語', ' ', '>', ':'], 0, 60),
        }),
        6 => Change::Speakers(TurnSpeakers {
            turn: turn_id(random),
            speaker: speaker(random),
            words: words(random),
        }),
        _ => Change::Turn(turn(random)),
    }
}

fn turn_id(random: &mut Random) -> TurnId {
    TurnId {
        session: random.range(1, 3),
        turn: random.range(0, 5),
    }
}

fn turn(random: &mut Random) -> Turn {
    let id = turn_id(random);
    let words = words(random);
    let text: Option<String> = match random.range(0, 9) {
        0 | 1 => Some(words.iter().map(|it| it.text).collect()),
        2 => Some(random.letters(OTHER_TEXT, 0, 120)),
        _ => None,
    };
    Turn {
        state: random.pick(&[
            TurnState::Open,
            TurnState::Unfinished,
            TurnState::Raw,
            TurnState::Formatted,
        ]),
        start_ms: words.start_ms().unwrap_or(id.turn * 5_000),
        firm_words: 1,
        text: text.filter(|it| it != words.text()),
        words,
        speaker: speaker(random),
        language: random.maybe(|it| it.pick(&["en", "en_us", "ja"]).to_owned()),
        ..Turn::new(id)
    }
}

fn speaker(random: &mut Random) -> Option<String> {
    random.maybe(|it| it.pick(&["A", "B", "PENDING"]).to_owned())
}

fn correction(random: &mut Random) -> Correction {
    let start_ms = random.range(0, 40_000);
    Correction {
        first: random.range(0, 5),
        count: random.range(0, 3),
        original: word(random),
        start_ms,
        end_ms: start_ms + random.range(0, 3_000),
        text: match random.range(0, 3) {
            0 => String::new(),
            1 => [word(random), word(random), word(random)].join(" "),
            _ => word(random),
        },
    }
}

/// Returns words that often follow each other, but may also overlap, run backwards, and be of no
/// length or far too long.
fn words(random: &mut Random) -> Words {
    let mut words = Words::default();
    let mut at_ms = random.range(0, 60_000);
    for _ in 0..random.range(0, 24) {
        let start_ms = match random.range(0, 7) {
            0 => at_ms.saturating_sub(random.range(0, 4_000)),
            1 => at_ms + random.range(0, 9_000),
            _ => at_ms + random.range(0, 300),
        };
        let length_ms = match random.range(0, 8) {
            0 | 1 => 0,
            2 => random.range(0, 20_000),
            _ => random.range(50, 600),
        };
        let speaker = speaker(random);
        words.push(Word {
            text: &word(random),
            start_ms,
            end_ms: start_ms + length_ms,
            confidence: random.range(0, 100) as f32 / 100.0,
            is_final: random.chance(50),
            speaker: speaker.as_deref(),
        });
        at_ms = start_ms + length_ms;
    }
    words
}

/// Returns a word of any script, or something that is markup in one of the formats.
pub(crate) fn word(random: &mut Random) -> String {
    match random.range(0, 19) {
        0 => random.letters(JAPANESE, 60, 120),
        1 | 2 => random.letters(JAPANESE, 1, 20),
        3 | 4 => random.letters(ARABIC, 1, 8),
        5 => random.letters(THAI, 1, 70),
        6 => random.letters(HANGUL, 1, 8),
        7 => random.letters(LATIN, 200, 200),
        8 => random.letters(ACCENTED, 200, 250),
        9 | 10 => random.pick(ODD).to_owned(),
        _ => {
            let word = random.letters(LATIN, 1, 10);
            word + random.pick(&["", "", "", ".", ",", "?"])
        }
    }
}

const LATIN: &[char] = &['a', 'b', 'e', 'o', 'r', 's', 't', 'W', 'I', 'é', '-', '\''];
const ACCENTED: &[char] = &['a', 'e', 'o', '\u{301}', '\u{308}', 'ñ'];
const JAPANESE: &[char] = &[
    '今', '日', 'は', '、', '。', 'ー', 'っ', 'フ', 'ｶ', '」', '！', '港',
];
const ARABIC: &[char] = &['م', 'ر', 'ح', 'ب', 'ا', 'ل', '\u{64e}', '،', '؟', 'ﻻ'];
const THAI: &[char] = &['ก', 'ท', 'ี', '่', 'เ', 'ำ', 'น', 'ๆ'];
const HANGUL: &[char] = &['가', '힣', 'ᄒ', 'ᅡ', 'ᆫ'];
const OTHER_TEXT: &[char] = &[
    'a', 'b', ' ', ' ', '9', '天', '。', '👍', '\u{301}', '<', '&', '\n',
];
const ODD: &[&str] = &[
    "👩‍👩‍👧‍👦",
    "🇳🇴🇯🇵",
    "👍🏽",
    "❤️",
    "<i>",
    "&amp;",
    "-->",
    "00:00:01,000",
    "7",
    "{\\an8}",
    "WEBVTT",
    "NOTE",
    "\u{200b}",
    "\u{301}",
    "New\n\nYork",
    "a\tb",
    "\u{202e}ab",
    "ﷺ",
    "*_`#",
];
