//! A recording that a person pauses and resumes.

use inturn_tests::stage::Setting;

use crate::tone_story::{Story, assert_gap_between, later_words};

/// The microphone is off and no session is open meanwhile, and the transcript goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_paused_recording_goes_on_with_a_new_session() {
    let story = Story::begin(Setting::new(), 60).await;
    story.wait_for_word(5).await;
    story.page.pause().await;
    assert!(!story.page.microphone_is_on().await);
    let log = story.stage.closed_session(1).await;
    assert!(log.terminated && log.error.is_none(), "{log:#?}");
    let statuses = story.statuses().await;
    assert_eq!(
        statuses.last().map(String::as_str),
        Some("Paused. The microphone is off."),
        "{statuses:?}"
    );

    story.page.browser.set_sound(&later_words(100..115));
    story.page.resume().await;
    story.wait_for_word(112).await;
    story.page.stop().await;
    assert_eq!(story.page.problem().await, None);
    let log = story.stage.closed_session(2).await;
    assert!(log.terminated && log.error.is_none(), "{log:#?}");
    let rows = story.page.rows().await;
    assert_gap_between(&rows, "(paused)", 100..115);
}
