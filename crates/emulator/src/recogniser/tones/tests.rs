//! What the recogniser finds in generated speech, by way of voice detection and turns.

use inturn_protocol::ConnectionParameters;
use proptest::prelude::*;

use super::{TONE_WORDS, ToneSpeech, TonesSource, alphabet::WORD_MS};
use crate::{
    recogniser::{RecognisedWord, RecogniserSource},
    turns::{EngineResult, TurnEngine, TurnEvent, TurnPolicy},
};

/// A word as it was reported.
type Found = (String, u64, u64);

fn engine(rate_hz: u32, text: &str) -> TurnEngine {
    let recogniser = TonesSource::new(text)
        .open(rate_hz)
        .expect("tones always open");
    let policy = TurnPolicy::new(&ConnectionParameters::default());
    TurnEngine::new(policy, recogniser, rate_hz)
}

/// Returns the words of all ended turns.
fn ended(events: Vec<EngineResult>) -> Vec<Found> {
    let words = |event| match event {
        Ok(TurnEvent::End { words, .. }) => words,
        _ => Vec::new(),
    };
    events
        .into_iter()
        .flat_map(words)
        .inspect(|word: &RecognisedWord| assert!(word.settled, "{word:?}"))
        .map(|word| (word.text, word.start_ms, word.end_ms))
        .collect()
}

/// Recognises samples that are sent in chunks of these lengths, over and over.
fn recognise(engine: &mut TurnEngine, samples: &[i16], chunks: &[usize]) -> Vec<Found> {
    let mut events = Vec::new();
    let mut rest = samples;
    for length in chunks.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, after) = rest.split_at((*length).min(rest.len()));
        events.extend(engine.audio(chunk));
        rest = after;
    }
    events.extend(engine.finish());
    ended(events)
}

/// Converts to 16 bits, with noise of this amplitude.
fn to_int16(samples: &[f32], gain: f32, noise: f32) -> Vec<i16> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = || {
        // Marsaglia's xorshift64.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    samples
        .iter()
        .map(|sample| ((sample * gain + noise * random()) * 32_767.0).round() as i16)
        .collect()
}

/// Checks that each word that was heard for more than half was found at its time, in order, and
/// nothing else. `cut_ms` is the part of the speech that was heard.
fn check(speech: &ToneSpeech, cut_ms: std::ops::Range<f64>, found: &[Found]) {
    let mut found = found.iter().peekable();
    for word in speech.words() {
        let start_ms = (word.start_ms as f64).max(cut_ms.start);
        let end_ms = (word.end_ms as f64).min(cut_ms.end);
        let share = (end_ms - start_ms) / WORD_MS as f64;
        let text = format!("w{}", word.number);
        let next = found.next_if(|next| next.0 == text && share > 0.5 - TOLERANCE);
        let Some((_, found_start, found_end)) = next else {
            assert!(
                share < 0.5 + TOLERANCE,
                "{text} is missing before {found:?}"
            );
            continue;
        };
        let near = |found_ms: u64, ms: f64| (found_ms as f64 - (ms - cut_ms.start)).abs() <= 20.0;
        assert!(
            near(*found_start, start_ms) && near(*found_end, end_ms),
            "{text} at {found_start}..{found_end}, heard at {start_ms}..{end_ms}"
        );
    }
    assert_eq!(found.next(), None, "invented");
}

/// Two frames of a word's 28, at its ends, may count or not.
const TOLERANCE: f64 = 2.0 / 28.0;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn all_words_wholly_heard_are_found_and_none_are_invented(
        rate_hz in prop::sample::select(&RATES_HZ[..]),
        first in 0..TONE_WORDS,
        count in 1..14_u32,
        pause_ms in 80..200_u64,
        words_in_turn in 1..8_u32,
        gain in 0.05..1.0_f32,
        // Up to 40 dB under the tones.
        noise in 0.0..0.007_f32,
        cut in (0.0..0.5_f64, 0.6..1.0_f64),
        chunks in prop::collection::vec(1..9_000_usize, 1..5),
    ) {
        let speech = ToneSpeech::new(first..first + count, rate_hz)
            .with_pauses_of(pause_ms)
            .with_turns_of(words_in_turn, 1_600);
        let samples = to_int16(&speech.samples(), gain, noise * gain);
        let length = samples.len() as f64;
        let cut = (length * cut.0) as usize..(length * cut.1) as usize;
        let found = recognise(&mut engine(rate_hz, ""), &samples[cut.clone()], &chunks);
        let ms = |samples: usize| samples as f64 * 1_000.0 / f64::from(rate_hz);
        check(&speech, ms(cut.start)..ms(cut.end), &found);
    }
}

#[test]
fn all_thousand_words_are_told_apart() {
    let speech = ToneSpeech::new(0..TONE_WORDS, 16_000).with_turns_of(100, 1_500);
    let samples = to_int16(&speech.samples(), 0.5, 0.0);
    let found = recognise(&mut engine(16_000, ""), &samples, &[4_096]);
    assert_eq!(found.len(), TONE_WORDS as usize);
    check(&speech, 0.0..f64::MAX, &found);
}

/// 11,025 and 22,050 Hz have no whole number of samples in 10 ms.
#[test]
fn all_tones_are_told_apart_at_all_rates() {
    for rate_hz in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
        for digit in 0..10 {
            let speech = ToneSpeech::new(digit * 111..digit * 111 + 1, rate_hz);
            let samples = to_int16(&speech.samples(), 0.5, 0.0);
            let found = recognise(&mut engine(rate_hz, ""), &samples, &[4_096]);
            assert_eq!(found.len(), 1, "{rate_hz} Hz");
            check(&speech, 0.0..f64::MAX, &found);
        }
    }
}

/// Another sound than tones has no words: noise, and a voice-like sound with many harmonics.
#[test]
fn other_sounds_have_no_words() {
    let noise = to_int16(&vec![0.0; 160_000], 1.0, 0.5);
    assert_eq!(recognise(&mut engine(16_000, ""), &noise, &[1_600]), []);
    let buzz: Vec<f32> = (0..160_000)
        .map(|index| (index % 131) as f32 / 131.0 - 0.5)
        .collect();
    let buzz = to_int16(&buzz, 1.0, 0.0);
    assert_eq!(recognise(&mut engine(16_000, ""), &buzz, &[1_600]), []);
}

/// Two sessions that split a word: one has more of it than the other, or both have half.
#[test]
fn a_cut_word_is_reported_by_the_session_that_heard_half_of_it() {
    let speech = ToneSpeech::new(7..8, 16_000);
    let samples = to_int16(&speech.samples(), 0.5, 0.0);
    let halves = |at_ms: usize| {
        let (before, after) = samples.split_at(at_ms * 16);
        [before, after].map(|part| recognise(&mut engine(16_000, ""), part, &[1_600]))
    };
    let cut = |start_ms, end_ms| vec![("w7".to_owned(), start_ms, end_ms)];
    assert_eq!(halves(110), [vec![], cut(0, 170)]);
    assert_eq!(halves(140), [cut(0, 140), cut(0, 140)]);
    assert_eq!(halves(200), [cut(0, 200), vec![]]);
}

#[test]
fn a_word_with_a_short_hole_in_it_is_one_word() {
    let speech = ToneSpeech::new(7..9, 16_000);
    let mut samples = to_int16(&speech.samples(), 0.5, 0.0);
    samples[150 * 16..180 * 16].fill(0);
    // A repeated block, as browsers insert them.
    let block = samples[550 * 16..570 * 16].to_vec();
    samples.splice(570 * 16 + 5..570 * 16 + 5, block);
    let found = recognise(&mut engine(16_000, ""), &samples, &[1_600]);
    let expected = [("w7".to_owned(), 0, 280), ("w8".to_owned(), 400, 700)];
    assert_eq!(found, expected);
}

/// A turn of continuous speech ends after a minute, possibly within a word.
#[test]
fn a_word_across_two_turns_is_reported_once() {
    let samples = to_int16(&ToneSpeech::new(0..3, 16_000).samples(), 0.5, 0.0);
    for cut_ms in (0..1_200).step_by(10) {
        let mut engine = engine(16_000, "");
        let (before, after) = samples.split_at(cut_ms * 16);
        let mut events = engine.audio(before);
        events.extend(engine.force_end());
        let mut found = ended(events);
        found.extend(recognise(&mut engine, after, &[1_600]));
        let texts: Vec<&str> = found.iter().map(|(text, ..)| text.as_str()).collect();
        assert_eq!(texts, ["w0", "w1", "w2"], "ended after {cut_ms} ms");
    }
}

#[test]
fn words_of_a_text_are_found_by_their_number() {
    let samples = to_int16(&ToneSpeech::new(1..4, 16_000).samples(), 0.5, 0.0);
    let found = recognise(
        &mut engine(16_000, "A: zero one B: two"),
        &samples,
        &[1_600],
    );
    let texts: Vec<&str> = found.iter().map(|(text, ..)| text.as_str()).collect();
    assert_eq!(texts, ["one", "two", "w3"]);
}

#[test]
fn a_word_is_a_partial_once_half_of_it_was_heard() {
    let samples = to_int16(&ToneSpeech::new(5..6, 16_000).samples(), 0.5, 0.0);
    let mut recogniser = TonesSource::new("").open(16_000).expect("tones open");
    recogniser.begin_turn();
    let heard: Vec<usize> = samples
        .chunks_exact(160)
        .map(|frame| {
            recogniser.process(frame, true);
            recogniser
                .words()
                .expect("tones never fail")
                .iter()
                .filter(|word| !word.settled)
                .count()
        })
        .collect();
    let first = heard.iter().position(|words| *words == 1);
    assert_eq!(first, Some(13), "after 140 ms");
    assert!(
        recogniser.words().expect("tones never fail")[0].settled,
        "the pause has ended it"
    );
}

const RATES_HZ: [u32; 3] = [16_000, 44_100, 48_000];
