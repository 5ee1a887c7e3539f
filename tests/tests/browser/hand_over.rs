//! A session whose time is almost over hands over to the next one, without a word lost or doubled.

use inturn_tests::stage::Setting;

use crate::tone_story::{Received, Story};

/// If set, the story has two minutes for a session and seven minutes of speech. Otherwise a session
/// may last 60 s, the shortest limit of the service. The page opens the next one 10 s before.
const LONG_VARIABLE: &str = "LONG_STORIES";

#[tokio::test(flavor = "multi_thread")]
async fn hand_overs_lose_no_word() {
    if std::env::var_os(LONG_VARIABLE).is_some() {
        record(120, 760, 4).await;
    } else {
        record(60, 200, 3).await;
    }
}

/// Records this many words in this many sessions.
async fn record(max_session_secs: u32, words: u32, sessions: usize) {
    let setting = Setting::new().long().with_flag(
        "--max-session-duration-seconds",
        &max_session_secs.to_string(),
    );
    let mut story = Story::begin(setting, words).await;
    story
        .stage
        .disturb("two sessions hear the same second at a hand-over");
    let received = story.finish().await;
    story.assert_no_hole(&received);
    assert_eq!(received.len(), sessions, "{received:#?}");
    for Received { log, .. } in &received {
        assert!(log.terminated && log.error.is_none(), "{log:#?}");
    }
    let statuses = story.statuses().await;
    let is_interrupted = |it: &String| it.starts_with("Reconnecting");
    assert!(!statuses.iter().any(is_interrupted), "{statuses:?}");
}
