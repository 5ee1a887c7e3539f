use proptest::prelude::*;

use super::{
    piece::{FRAME_SAMPLES, PAUSE_FRAMES},
    *,
};

/// A word of the test's audio: its samples have its number as their value.
#[derive(Clone, Copy, Debug)]
struct Spoken {
    frames: usize,
    /// Silence after it.
    silence: usize,
}

fn speech() -> impl Strategy<Value = Vec<Spoken>> {
    let silence = prop_oneof![6 => Just(2_usize), 2 => 5_usize..25, 1 => 30_usize..90];
    let word = (15_usize..60, silence).prop_map(|(frames, silence)| Spoken { frames, silence });
    prop::collection::vec(word, 1..150)
}

/// Recognises the test's audio as the library does: a line for each stretch of speech. A word that
/// is cut off at the end reads differently.
fn recognise(samples: &[i16]) -> Vec<Line> {
    let frames: Vec<i16> = samples
        .chunks(FRAME_SAMPLES)
        .map(|frame| frame[0])
        .collect();
    let mut lines: Vec<Line> = Vec::new();
    let mut start = 0;
    let mut quiet = usize::MAX;
    for run in frames.chunk_by(|a, b| a == b) {
        let end = start + run.len();
        if run[0] == 0 {
            quiet = run.len();
        } else {
            let is_cut = end == frames.len() && run.len() < 15;
            let text = if is_cut {
                "Hm".to_owned()
            } else {
                format!("w{},", run[0])
            };
            match lines.last_mut().filter(|_| quiet < PAUSE_FRAMES) {
                Some(line) => {
                    line.text = format!("{} {text}", line.text);
                    line.end_ms = 10 * end as u32;
                }
                None => lines.push(Line {
                    text,
                    start_ms: 10 * start as u32,
                    end_ms: 10 * end as u32,
                }),
            }
        }
        start = end;
    }
    lines
}

/// What a turn did.
#[derive(Default)]
struct Log {
    longest: usize,
    recognised: usize,
    calls: usize,
    heard: usize,
}

/// Passes the audio to a turn, and asks for the words every 100 ms. Checks that a settled word
/// stays as it is.
fn run(turn: &mut Turn, speech: &[Spoken]) -> (Vec<RecognisedWord>, Log) {
    let mut log = Log::default();
    let mut settled: Vec<RecognisedWord> = Vec::new();
    turn.begin();
    let mut frame = 0;
    for (index, word) in speech.iter().enumerate() {
        let value = index as i16 + 1;
        let voiced = [value].into_iter().cycle().take(word.frames);
        for value in voiced.chain([0].into_iter().cycle().take(word.silence)) {
            turn.push(&[value; FRAME_SAMPLES], value != 0);
            log.heard += FRAME_SAMPLES;
            frame += 1;
            if frame % 10 == 0 {
                let words = turn
                    .words(|piece| Ok(record(&mut log, piece)))
                    .expect("words");
                let now: Vec<_> = words.into_iter().take_while(|word| word.settled).collect();
                assert_eq!(now[..settled.len()], settled, "settled words have changed");
                settled = now;
            }
        }
    }
    let words = turn
        .finish(|piece| Ok(record(&mut log, piece)))
        .expect("words");
    assert_eq!(
        words[..settled.len()],
        settled,
        "settled words have changed at the end"
    );
    (words, log)
}

fn record(log: &mut Log, piece: &[i16]) -> Vec<Line> {
    log.longest = log.longest.max(piece.len());
    log.recognised += piece.len();
    log.calls += 1;
    recognise(piece)
}

fn new_turn() -> Turn {
    Turn::new(None)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn each_word_comes_once_and_in_order(speech in speech()) {
        let (words, _) = run(&mut new_turn(), &speech);
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let expected: Vec<String> = (1..=speech.len()).map(|index| format!("w{index},")).collect();
        prop_assert_eq!(texts, expected);
        let mut end_ms = 0;
        for word in &words {
            prop_assert!(word.settled && word.start_ms >= end_ms && word.end_ms > word.start_ms);
            end_ms = word.end_ms;
        }
    }

    #[test]
    fn no_piece_is_long_and_the_work_is_bounded(speech in speech()) {
        let (_, log) = run(&mut new_turn(), &speech);
        prop_assert!(log.longest <= 15 * SAMPLE_RATE_HZ as usize, "{} samples", log.longest);
        // In milliseconds of processor time: 0.6 of a core, and the two whole pieces at a cut and
        // at the turn's end, for which nothing may have been saved.
        let work = 45 * log.calls + log.recognised * 67 / SAMPLE_RATE_HZ as usize;
        let allowed = 600 * log.heard / SAMPLE_RATE_HZ as usize + 2_000;
        prop_assert!(work <= allowed, "{work} of {allowed}");
    }
}

#[test]
fn words_appear_while_they_are_spoken() {
    let mut turn = new_turn();
    turn.begin();
    let mut first_words_at = None;
    for frame in 1..=100 {
        turn.push(&[1; FRAME_SAMPLES], true);
        if frame % 10 == 0 && first_words_at.is_none() {
            let words = turn.words(|piece| Ok(recognise(piece))).expect("words");
            first_words_at = (!words.is_empty()).then_some(frame);
        }
    }
    assert_eq!(first_words_at, Some(30), "in frames of 10 ms");
}

#[test]
fn a_new_turn_knows_nothing_of_the_one_before() {
    let word = Spoken {
        frames: 50,
        silence: 0,
    };
    let mut turn = new_turn();
    let (first, _) = run(&mut turn, &[word; 3]);
    assert_eq!(first.len(), 3);
    let (second, _) = run(&mut turn, &[word]);
    assert_eq!(second.len(), 1);
    assert_eq!((second[0].start_ms, second[0].end_ms), (0, 500));
}

#[test]
fn words_of_another_language_are_marked() {
    let mut turn = Turn::new(Some("es".into()));
    for _ in 0..2 {
        let (words, _) = run(
            &mut turn,
            &[Spoken {
                frames: 50,
                silence: 0,
            }],
        );
        assert_eq!(words[0].voice.language.as_deref(), Some("es"));
    }
}

#[test]
fn a_failure_of_the_recogniser_is_reported() {
    let mut turn = new_turn();
    turn.begin();
    for _ in 0..50 {
        turn.push(&[1; FRAME_SAMPLES], true);
    }
    let failed = turn.words(|_| Err("the process has ended".to_owned()));
    assert_eq!(failed, Err("the process has ended".to_owned()));
}

#[test]
fn an_open_turn_does_not_end_like_a_sentence() {
    let mut turn = new_turn();
    turn.begin();
    for _ in 0..100 {
        turn.push(&[1; FRAME_SAMPLES], true);
    }
    let line = Line {
        text: "How are you?".to_owned(),
        start_ms: 0,
        end_ms: 1_000,
    };
    let recognise = |_: &[i16]| Ok(vec![line.clone()]);
    let open = turn.words(recognise).expect("words");
    assert_eq!(open.last().map(|word| word.text.as_str()), Some("you"));
    let ended = turn.finish(recognise).expect("words");
    assert_eq!(ended.last().map(|word| word.text.as_str()), Some("you?"));
}

#[test]
fn a_short_noise_has_no_word_before_the_turn_ends() {
    let mut turn = new_turn();
    turn.begin();
    for frame in 0..100 {
        turn.push(&[1; FRAME_SAMPLES], frame < 20);
    }
    let words = turn.words(|_| panic!("nothing is recognised"));
    assert_eq!(words, Ok(Vec::new()));
}

#[test]
fn a_cut_within_a_sentence_is_not_its_end() {
    let mut turn = new_turn();
    let without_a_pause = |_: usize| false;
    assert_eq!(
        cut_text(&mut turn, without_a_pause),
        "It was the age it was the age."
    );
    let pause = |frame: usize| (600..660).contains(&frame);
    assert_eq!(
        cut_text(&mut turn, pause),
        "It was the age. It was the age."
    );
    // Other languages write other words with a capital.
    let mut turn = Turn::new(Some("de".into()));
    assert_eq!(
        cut_text(&mut turn, without_a_pause),
        "It was the age It was the age."
    );
}

/// Returns the text of a turn that is cut once. The library recognises the same sentence in both
/// parts. It hears nothing before the cut.
fn cut_text(turn: &mut Turn, is_quiet: impl Fn(usize) -> bool) -> String {
    let line = |_: &[i16]| {
        Ok(vec![Line {
            text: "It was the age.".to_owned(),
            start_ms: 0,
            end_ms: 2_000,
        }])
    };
    turn.begin();
    for frame in 0..1_200 {
        turn.push(&[1; FRAME_SAMPLES], !is_quiet(frame));
        if turn.piece.cut().is_some() {
            turn.words(line).expect("words");
        }
    }
    let words = turn.finish(line).expect("words");
    let texts: Vec<String> = words.into_iter().map(|word| word.text).collect();
    texts.join(" ")
}
