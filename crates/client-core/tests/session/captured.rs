//! The audio of the timeline is reported once and in order, whatever happens to the connection, so
//! that a shell can keep it. For all rates and block sizes, see `audio`.

use std::time::Duration;

use inturn_client_core::session::{Device, Effect, Input};

use super::story::{Script, Story, limited_token_body};

/// Captures chunks that differ from each other, numbered from `from` up to `to`.
fn capture(story: &mut Story, from: u32, to: u32) {
    for number in from..to {
        story.capture(sample(number), 100);
    }
}

/// Returns the value of all samples of a chunk.
fn sample(number: u32) -> f32 {
    0.01 + number as f32 / 4_096.0
}

/// Asserts that the chunks with these numbers are in the audio from `at_ms` on.
fn assert_captured(story: &Story, at_ms: usize, from: u32, to: u32) {
    let captured = &story.ledger.captured[at_ms * BYTES_PER_MS..];
    for (number, chunk) in (from..to).zip(captured.chunks(100 * BYTES_PER_MS)) {
        let expected = (sample(number) * 32_768.0) as i16;
        let samples = chunk.chunks_exact(2);
        let mut samples = samples.map(|it| i16::from_le_bytes([it[0], it[1]]));
        assert!(
            samples.all(|it| it.abs_diff(expected) <= 1),
            "chunk {number}"
        );
    }
    assert!(captured.len() >= (to - from) as usize * 100 * BYTES_PER_MS);
}

fn captured_ms(story: &Story) -> usize {
    story.ledger.captured.len() / BYTES_PER_MS
}

#[test]
fn a_lost_connection_and_its_replay_change_nothing() {
    let mut story = Story::listening();
    capture(&mut story, 0, 30);
    story.script.token = None;
    story.close(1006, "");
    capture(&mut story, 30, 80);
    assert_eq!(
        captured_ms(&story),
        8_000,
        "reported while there is no session"
    );
    story.script.token = Script::default().token;
    story.advance(60_000);
    story.stop();
    story.run_until_idle();
    assert!(story.ledger.frames.len() > 80, "nothing was sent again");
    assert_captured(&story, 0, 0, 80);
}

#[test]
fn a_hand_over_changes_nothing() {
    let mut story = Story::listening_to(Script {
        token: Some((Duration::ZERO, Ok((200, limited_token_body(120))))),
        ..Script::default()
    });
    capture(&mut story, 0, 1_300);
    story.stop();
    story.run_until_idle();
    assert_eq!(story.ledger.all_sockets.len(), 2);
    assert_captured(&story, 0, 0, 1_300);
    assert_eq!(captured_ms(&story), 130_000);
}

#[test]
fn a_pause_is_left_out() {
    let mut story = Story::listening();
    capture(&mut story, 0, 3);
    story.handle(Input::Pause);
    story.advance(9_900);
    story.handle(Input::Resume);
    capture(&mut story, 3, 13);
    story.stop();
    story.run_until_idle();
    assert_captured(&story, 0, 0, 3);
    assert_captured(&story, 300 + 10_000, 3, 13);
    let pause = 300 * BYTES_PER_MS..10_300 * BYTES_PER_MS;
    assert!(story.ledger.captured[pause].iter().all(|it| *it == 0));
    // Only a short silence at its start is audio.
    let bytes = story.log.iter().map(|(_, effect)| match effect {
        Effect::Captured { frame, .. } => frame.len(),
        _ => 0,
    });
    assert_eq!(bytes.sum::<usize>() / BYTES_PER_MS, 13 * 100 + 100);
}

#[test]
fn a_lost_microphone_is_silent_at_its_place() {
    let mut story = Story::listening();
    capture(&mut story, 0, 3);
    story.script.microphone = None;
    story.handle(Input::MicrophoneLost);
    let is_opened = |(_, effect): &(_, Effect)| *effect == Effect::OpenMicrophone(Device::Lost);
    assert!(story.log.iter().any(is_opened));
    story.advance(20_000);
    story.handle(Input::MicrophoneOpened {
        rate_hz: super::story::RATE_HZ,
        recording: super::story::INFO,
    });
    capture(&mut story, 3, 13);
    story.stop();
    story.run_until_idle();
    assert_captured(&story, 0, 0, 3);
    let end_ms = captured_ms(&story);
    assert!((21_200..21_500).contains(&end_ms), "{end_ms}");
    assert_captured(&story, end_ms - 1_000, 3, 13);
}

#[test]
fn the_tail_is_reported_when_the_page_is_left() {
    let mut story = Story::listening();
    capture(&mut story, 0, 3);
    story.handle(Input::Block {
        planar: &[sample(3); 800],
        channels: 1,
    });
    assert_eq!(captured_ms(&story), 300);
    story.handle(Input::Leave);
    assert_captured(&story, 0, 0, 3);
    assert_eq!(captured_ms(&story), 350);
}

#[test]
fn each_recording_begins_anew() {
    let mut story = Story::listening();
    for first in [0, 40] {
        capture(&mut story, first, first + 20);
        story.stop();
        story.run_until_idle();
        assert_captured(&story, 0, first, first + 20);
        assert_eq!(captured_ms(&story), 2_000);
        story.record();
        story.advance(0);
    }
}

/// 16 kHz, 16 bits.
const BYTES_PER_MS: usize = 32;
