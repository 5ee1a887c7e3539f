//! Audio is kept until the service has settled its words.

use std::time::Duration;

use super::story::Story;

/// Returns a turn whose only word ends at `end_ms`.
fn turn(end_ms: u32, is_final: bool) -> String {
    format!(
        r#"{{"type":"Turn","turn_order":0,"end_of_turn":{is_final},"transcript":"Nine","words":[
            {{"text":"Nine","start":0,"end":{end_ms},"confidence":1,
              "word_is_final":{is_final}}}]}}"#
    )
}

fn kept_ms(story: &Story) -> u128 {
    story.recorder.kept_audio().as_millis()
}

#[test]
fn sent_audio_is_kept_until_a_later_final_word() {
    let mut story = Story::listening();
    story.speak(5_000);
    assert_eq!(story.ledger.frames.len(), 50);
    assert_eq!(kept_ms(&story), 5_000);
    // A partial may still change.
    story.receive(&turn(3_000, false));
    assert_eq!(kept_ms(&story), 5_000);
    story.receive(&turn(3_000, true));
    assert_eq!(kept_ms(&story), 2_000);
}

#[test]
fn a_time_beyond_the_sent_audio_settles_only_sent_audio() {
    let mut story = Story::listening();
    story.speak(1_000);
    story.receive(&turn(4_000_000_000, true));
    assert_eq!(kept_ms(&story), 0);
    story.speak(1_000);
    assert_eq!(kept_ms(&story), 1_000);
    assert_eq!(story.ledger.frames.len(), 20);
}

#[test]
fn an_idle_recorder_keeps_no_audio() {
    let mut story = Story::listening();
    story.speak(1_000);
    story.stop();
    story.run_until_idle();
    assert_eq!(story.recorder.kept_audio(), Duration::ZERO);
}
