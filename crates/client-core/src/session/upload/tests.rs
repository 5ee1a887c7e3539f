//! Tests of the upload's queue and pacing.

use super::*;
use crate::recording::Span;

const CHUNK: [i16; 1_600] = [1_000; 1_600];
const SILENCE: [i16; 1_600] = [0; 1_600];

fn filled(chunks: usize) -> Upload {
    let mut upload = Upload::default();
    for _ in 0..chunks {
        upload.push(&CHUNK);
    }
    upload
}

#[test]
fn a_backlog_is_sent_at_the_services_pace() {
    let upload = filled(100);
    let mut feed = Feed::default();
    let start = Moment::from_millis(1_000.0);
    let mut now = start;
    while let Some(at) = upload.next_at(&feed) {
        now = now.max(at);
        assert!(upload.next_chunk(&mut feed, now).is_some());
    }
    assert!(upload.is_sent(&feed));
    // 10 s of audio minus the burst, at 1.25 times real time.
    let elapsed = now.since(start).as_secs_f64();
    let expected = (10.0 - BURST.as_secs_f64()) / PACE;
    assert!(
        (elapsed - expected).abs() < 0.001,
        "{elapsed} s instead of {expected} s"
    );
}

#[test]
fn pacing_never_delays_a_live_microphone() {
    let mut upload = Upload::default();
    let mut feed = Feed::default();
    let mut now = Moment::default();
    for chunk in 0..1_000_u32 {
        // Every fourth chunk comes 250 ms late, together with those after it.
        let late = if chunk % 4 == 0 { 250.0 } else { 0.0 };
        upload.push(&CHUNK);
        now = now.max(Moment::from_millis(f64::from(chunk) * 100.0 + late));
        let sent = upload.next_chunk(&mut feed, now);
        assert!(sent.is_some(), "chunk {chunk} was delayed");
    }
}

#[test]
fn samples_are_little_endian() {
    let mut upload = Upload::default();
    upload.push(&[1, -2, i16::MIN]);
    let sent = upload.next_chunk_at_once(&mut Feed::default());
    assert_eq!(
        sent.as_ref().map(|it| &*it.frame),
        Some([1, 0, 0xfe, 0xff, 0, 0x80].as_slice())
    );
}

#[test]
fn audio_that_one_session_sent_stays_available_for_another() {
    let upload = filled(3);
    let mut first = Feed::default();
    while upload.next_chunk_at_once(&mut first).is_some() {}
    assert!(upload.is_sent(&first));
    assert_eq!(upload.waiting(&Feed::default()).as_millis(), 300);
}

#[test]
fn settled_audio_is_dropped_chunk_by_chunk() {
    let overlap = samples_in(OVERLAP);
    for (sample, kept) in [
        (0, 30),
        (1_599, 30),
        (1_600, 29),
        (4_000, 28),
        (1_000_000, 0),
    ] {
        let mut upload = filled(30);
        upload.forget(sample);
        let with_overlap = if kept == 0 { 0 } else { 30 };
        assert_eq!(upload.chunks.len(), with_overlap, "up to {sample}");
        upload.forget(sample + overlap);
        assert_eq!(upload.chunks.len(), kept, "up to {sample}, and the overlap");
    }
}

#[test]
fn at_most_half_an_hour_is_kept() {
    let upload = filled(10 * 60 * 60);
    assert_eq!(upload.kept(), MAX_KEPT_AUDIO);
}

#[test]
fn a_jump_takes_no_memory_and_no_time_to_send() {
    let mut upload = filled(10);
    let hour = samples_in(Duration::from_secs(3_600));
    upload.jump(hour);
    upload.push(&CHUNK);
    assert_eq!(upload.end_sample(), 16_000 + hour + 1_600);
    assert_eq!(upload.kept().as_millis(), 1_200);
    assert_eq!(upload.length(8_000..upload.end_sample()).as_millis(), 700);
    let mut feed = Feed::default();
    assert_eq!(upload.waiting(&feed).as_millis(), 1_200);
    while upload.next_chunk_at_once(&mut feed).is_some() {}
    assert!(upload.is_sent(&feed));
    assert_eq!(feed.span().word_ms(1_100, 1_200), (3_601_000, 3_601_100));
    upload.forget(17_600 + samples_in(OVERLAP));
    assert_eq!(upload.first_kept(), 17_600, "the jump cannot be lost");
    upload.forget(upload.end_sample() + samples_in(OVERLAP));
    assert!(upload.jumps.is_empty());
}

/// Sends everything to a feed, and returns the first sample of each frame's part.
fn sent_samples(upload: &Upload, feed: &mut Feed) -> Vec<u64> {
    let mut sent = Vec::new();
    while upload.next_chunk_at_once(feed).is_some() {
        sent.push(feed.next_sample() - 1_600);
    }
    sent
}

#[test]
fn long_silence_in_a_backlog_is_left_out() {
    let mut upload = filled(5);
    for _ in 0..100 {
        upload.push(&SILENCE);
    }
    upload.push(&CHUNK);
    let mut feed = Feed::new(0, 0, None);
    let sent = sent_samples(&upload, &mut feed);
    let chunks: Vec<u64> = sent.iter().map(|sample| sample / 1_600).collect();
    // The last second is not a backlog.
    assert_eq!(chunks[..9], [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(chunks.last(), Some(&105));
    assert!(chunks.len() < 22, "sent {chunks:?}");
    // The session's time of the last chunk is its time on the timeline.
    let session_ms = (chunks.len() as u64 - 1) * 100 + 50;
    assert_eq!(feed.span().word_ms(session_ms, session_ms).1, 10_550);
}

#[test]
fn silence_of_a_live_microphone_is_sent() {
    let mut upload = Upload::default();
    let mut feed = Feed::default();
    for _ in 0..100 {
        upload.push(&SILENCE);
        assert!(upload.next_chunk_at_once(&mut feed).is_some());
    }
    assert_eq!(feed.span(), &Span::default());
}

#[test]
fn a_feed_skips_audio_that_is_no_longer_kept() {
    let mut upload = filled(30);
    upload.drop_before(16_000);
    let mut feed = Feed::default();
    assert!(upload.next_chunk_at_once(&mut feed).is_some());
    assert_eq!(feed.next_sample(), 17_600);
    assert_eq!(feed.span().word_ms(0, 100), (1_000, 1_100));
}

#[test]
fn a_feed_ends_at_its_end() {
    let upload = filled(30);
    let mut feed = Feed::new(3_200, 4_800, Some(8_000));
    feed.end_at(9_600);
    assert_eq!(
        sent_samples(&upload, &mut feed),
        [3_200, 4_800, 6_400, 8_000]
    );
    assert!(upload.is_sent(&feed));
}

#[test]
fn sounds_and_quiet_chunks_are_found() {
    let mut upload = Upload::default();
    for chunk in [
        SILENCE, SILENCE, SILENCE, SILENCE, SILENCE, SILENCE, CHUNK, SILENCE, CHUNK,
    ] {
        upload.push(&chunk);
    }
    assert_eq!(upload.first_sound(0, 14_400), Some(1_600));
    assert_eq!(upload.first_sound(6_000, 14_400), Some(6_000));
    assert_eq!(upload.first_sound(0, 9_600), None);
    assert_eq!(upload.quietest(Duration::from_secs(1), 9_600), 11_200);
    assert_eq!(upload.quietest(Duration::from_millis(100), 0), 12_800);
    assert_eq!(upload.quietest(Duration::ZERO, 0), 14_400);
}
