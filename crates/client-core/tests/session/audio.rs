//! Every sample is sent once, even if some inputs come late. It is sent again only after a loss,
//! and where two sessions meet.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use inturn_client_core::{
    Moment,
    audio::{ChunkLength, Pipeline},
    session::{BURST, Effect, Input, OVERLAP, PACE},
};
use inturn_transcript::Entry;
use proptest::prelude::*;

use super::{
    start::recording_works_again,
    story::{Script, Story, token_body},
};

#[test]
fn audio_from_before_begin_is_sent_on_begin() {
    let mut story = Story::new(Script {
        begin: Some(Duration::from_millis(350)),
        ..Script::default()
    });
    story.record();
    story.speak(300);
    assert!(story.ledger.frames.is_empty());
    story.advance(50);
    assert_eq!(story.ledger.frames.len(), 3);
}

#[test]
fn a_backlog_is_sent_as_a_burst_and_then_at_the_services_pace() {
    let mut story = Story::new(Script {
        begin: Some(Duration::from_secs(8)),
        ..Script::default()
    });
    story.record();
    story.speak(8_000);
    let begin = story.now;
    assert_eq!(story.ledger.frames.len(), 5, "a burst of 500 ms");

    // The backlog of 7.5 s shrinks by a quarter of a second per second, and is gone after 30 s.
    story.speak(29_000);
    assert!(story.ledger.frames.len() < 370, "sent faster than the pace");
    story.speak(1_100);
    assert_eq!(story.ledger.frames.len(), 381);

    assert_paced(&frames_by_socket(&story)[0], begin);
}

#[test]
fn without_a_backlog_a_chunk_is_sent_as_soon_as_it_is_full() {
    let mut story = Story::listening();
    for chunk in 1..=100 {
        story.speak(100);
        assert_eq!(story.ledger.frames.len(), chunk);
    }
}

#[test]
fn a_new_chunk_length_applies_to_the_next_recording() {
    let mut story = Story::listening();
    let half = ChunkLength::from_ms(50).expect("50 ms is allowed");
    story.recorder.set_chunk(half);
    story.speak(100);
    story.stop();
    story.run_until_idle();
    story.record();
    story.advance(0);
    story.speak(100);
    let sizes: Vec<_> = story.ledger.frames.iter().map(Vec::len).collect();
    assert_eq!(sizes, [3_200, 1_600, 1_600]);
}

/// One recording: its audio and the timing of all answers.
#[derive(Clone, Debug)]
struct Arrangement {
    rate_hz: u32,
    channels: usize,
    /// Number of frames in each block before Stop.
    blocks: Vec<usize>,
    /// Number of frames in each block after Stop.
    late: Vec<usize>,
    token: Duration,
    begin: Duration,
    audio_end: Option<Duration>,
    termination: Option<Duration>,
}

fn arrangement() -> impl Strategy<Value = Arrangement> {
    let rate = prop_oneof![
        Just(8_000_u32),
        Just(16_000),
        Just(44_100),
        Just(48_000),
        Just(96_000)
    ];
    let millis = |range: std::ops::Range<u64>| range.prop_map(Duration::from_millis);
    (
        rate,
        1_usize..=2,
        prop::collection::vec(0_usize..9_000, 0..40),
        prop::collection::vec(0_usize..3_000, 0..3),
        millis(0..9_999),
        millis(0..9_999),
        prop::option::weighted(0.8, millis(0..999)),
        prop::option::weighted(0.8, millis(0..4_999)),
    )
        .prop_map(
            |(rate_hz, channels, blocks, late, token, begin, audio_end, termination)| Arrangement {
                rate_hz,
                channels,
                blocks,
                late,
                token,
                begin,
                audio_end,
                termination,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_sample_is_sent_once_and_in_order(arrangement in arrangement()) {
        let Arrangement { rate_hz, channels, .. } = arrangement;
        let mut story = Story::new(Script {
            microphone: Some(Ok(rate_hz)),
            audio_end: None,
            token: Some((arrangement.token, Ok((200, token_body())))),
            begin: Some(arrangement.begin),
            termination: arrangement.termination,
            ..Script::default()
        });
        let pipeline = Pipeline::new(rate_hz, ChunkLength::default());
        let mut expected = pipeline.expect("the rate is supported");
        let mut chunks = Vec::new();
        let mut noise = Noise(u64::from(rate_hz) + 1);
        let mut captured = 0;

        story.record();
        story.advance(0);
        for &frames in &arrangement.blocks {
            let block = noise.block(frames * channels);
            story.advance(frames as u64 * 1_000 / u64::from(rate_hz));
            story.handle(Input::Block { planar: &block, channels });
            expected.push_block(&block, channels);
            collect(|| expected.next_chunk().map(<[i16]>::to_vec), &mut chunks);
            captured += frames;
        }
        story.stop();
        for &frames in &arrangement.late {
            let block = noise.block(frames * channels);
            story.handle(Input::Block { planar: &block, channels });
            expected.push_block(&block, channels);
            collect(|| expected.next_chunk().map(<[i16]>::to_vec), &mut chunks);
            captured += frames;
        }
        if let Some(after) = arrangement.audio_end {
            story.advance(after.as_millis() as u64);
            story.handle(Input::AudioEnded);
        }
        story.run_until_idle();
        let mut tail = expected.flush();
        collect(|| tail.next_chunk().map(<[i16]>::to_vec), &mut chunks);

        prop_assert_eq!(&story.ledger.captured, &chunks.concat());
        let confirmed = arrangement.termination.is_some();
        let sent = sent_chunks(&story, &chunks);
        for indices in &sent {
            prop_assert!(indices.is_sorted_by(|one, next| one + 1 == *next), "{:?}", indices);
        }
        // A session that begins after more than ten seconds leaves the start to another one.
        prop_assert!(!confirmed || sent.len() <= 2, "{} sessions", sent.len());
        if confirmed && sent.len() == 1 {
            prop_assert_eq!(&story.ledger.frames, &chunks);
        }
        if confirmed && sent.len() == 2 {
            let repeated = sent.iter().map(Vec::len).sum::<usize>() - chunks.len();
            prop_assert!(repeated <= 2 * OVERLAP_CHUNKS, "{} repeated", repeated);
        }
        for index in 0..chunks.len() {
            let is_sent = sent.iter().any(|it| it.contains(&index));
            prop_assert!(is_sent || is_gap(&story, index), "chunk {} is lost", index);
            prop_assert!(is_sent || !confirmed, "chunk {} is a gap", index);
        }
        if let Some((last, whole)) = chunks.split_last() {
            prop_assert!(whole.iter().all(|frame| frame.len() == 3_200));
            prop_assert!((1_600..=3_200).contains(&last.len()));
        }
        prop_assert_eq!(story.ledger.microphones.opened, 1);
        prop_assert_eq!(story.ledger.terminated, story.ledger.sockets.opened);
        if captured > 0 {
            prop_assert!(story.ledger.sockets.opened > 0);
        }
        // A session with audio whose end was not confirmed reports a problem.
        let has_failed = !confirmed && chunks.iter().any(|chunk| has_sound(chunk));
        let problem = story.problem();
        prop_assert_eq!(problem.as_deref(), has_failed.then_some("EndUnconfirmed"));
        assert_paced_from_first_frame(&story);
        recording_works_again(story);
    }
}

/// Returns the indices of the chunks that each socket sent, in the order of sending.
fn sent_chunks(story: &Story, chunks: &[Vec<u8>]) -> Vec<Vec<usize>> {
    let frames = frames_by_socket(story);
    let indices = frames.into_iter().map(|frames| {
        let index = |frame: &Arc<[u8]>| chunks.iter().position(|chunk| chunk[..] == **frame);
        let indices = frames.iter().map(|(_, frame)| index(frame));
        indices.map(|it| it.expect("it was captured")).collect()
    });
    indices.collect()
}

/// The frames of a socket, with their times.
type Frames = Vec<(Moment, Arc<[u8]>)>;

/// Returns the frames of each socket that sent any.
fn frames_by_socket(story: &Story) -> Vec<Frames> {
    let mut frames: BTreeMap<u32, Frames> = BTreeMap::new();
    for (at, effect) in &story.log {
        if let Effect::SendAudio { attempt, frame } = effect {
            let of_socket = frames.entry(attempt.0).or_default();
            of_socket.push((*at, Arc::clone(frame)));
        }
    }
    frames.into_values().collect()
}

/// Returns `true` if the transcript marks the chunk as lost.
fn is_gap(story: &Story, index: usize) -> bool {
    let (from, to) = (index as u32 * 100, (index as u32 + 1) * 100);
    story.transcript.entries().iter().any(|entry| match entry {
        Entry::Gap(gap) => gap.from_ms <= from && to <= gap.to_ms,
        Entry::Turn(_) => false,
    })
}

/// Returns `true` if the recorder takes a chunk for sound: more than -54 dBFS.
fn has_sound(chunk: &[u8]) -> bool {
    let samples = chunk.chunks_exact(2);
    let mut samples = samples.map(|it| i16::from_le_bytes([it[0], it[1]]));
    samples.any(|sample| sample.unsigned_abs() > 64)
}

fn collect(mut next: impl FnMut() -> Option<Vec<i16>>, chunks: &mut Vec<Vec<u8>>) {
    while let Some(chunk) = next() {
        chunks.push(
            chunk
                .iter()
                .flat_map(|sample| sample.to_le_bytes())
                .collect(),
        );
    }
}

/// Asserts that each session is paced from its first frame on.
fn assert_paced_from_first_frame(story: &Story) {
    for frames in frames_by_socket(story) {
        if let Some((begin, _)) = frames.first() {
            assert_paced(&frames, *begin);
        }
    }
}

/// Asserts that at no time more was sent than the burst plus what the pace allows since `begin`.
fn assert_paced(frames: &Frames, begin: Moment) {
    let mut sent = Duration::ZERO;
    for (at, frame) in frames {
        sent += Duration::from_secs_f64(frame.len() as f64 / 32_000.0);
        let allowed = BURST + at.since(begin).mul_f64(PACE) + Duration::from_micros(100);
        assert!(sent <= allowed, "{sent:?} sent, {allowed:?} allowed");
    }
}

/// Number of chunks that a session hears again at a seam, with those that the seam cuts.
const OVERLAP_CHUNKS: usize = OVERLAP.as_millis() as usize / 100 + 1;

/// Pseudo-random samples, so that a shifted or repeated sample is detected.
struct Noise(u64);

impl Noise {
    fn block(&mut self, len: usize) -> Vec<f32> {
        (0..len)
            .map(|_| {
                self.0 = self
                    .0
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect()
    }
}
