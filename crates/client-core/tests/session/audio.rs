//! Every sample is sent once, even if some inputs come late.

use std::time::Duration;

use inturn_client_core::{
    audio::{ChunkLength, Pipeline},
    session::{BURST, Effect, Input, PACE},
};
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

    assert_paced(&story, begin);
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

        prop_assert_eq!(&story.ledger.frames, &chunks);
        if let Some((last, whole)) = story.ledger.frames.split_last() {
            prop_assert!(whole.iter().all(|frame| frame.len() == 3_200));
            prop_assert!((1_600..=3_200).contains(&last.len()));
        }
        prop_assert_eq!(story.ledger.microphones.opened, 1);
        prop_assert_eq!(story.ledger.terminated, story.ledger.sockets.opened);
        if captured > 0 {
            prop_assert_eq!(story.ledger.sockets.opened, 1);
        }
        // A session with audio whose end was not confirmed reports a problem.
        let confirmed = arrangement.termination.is_some() || story.ledger.frames.is_empty();
        let problem = story.problem();
        prop_assert_eq!(problem.as_deref(), (!confirmed).then_some("EndUnconfirmed"));
        assert_paced_from_first_frame(&story);
        recording_works_again(story);
    }
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

fn assert_paced_from_first_frame(story: &Story) {
    let first = story
        .log
        .iter()
        .find(|(_, effect)| matches!(effect, Effect::SendAudio { .. }));
    if let Some((begin, _)) = first {
        assert_paced(story, *begin);
    }
}

/// Asserts that at no time more was sent than the burst plus what the pace allows since `begin`.
fn assert_paced(story: &Story, begin: inturn_client_core::Moment) {
    let mut sent = Duration::ZERO;
    for (at, effect) in &story.log {
        if let Effect::SendAudio { frame, .. } = effect {
            sent += Duration::from_secs_f64(frame.len() as f64 / 32_000.0);
            let allowed = BURST + at.since(begin).mul_f64(PACE) + Duration::from_micros(100);
            assert!(sent <= allowed, "{sent:?} sent, {allowed:?} allowed");
        }
    }
}

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
