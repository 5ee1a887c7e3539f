//! A browser that is suspended, as if the machine slept, goes on with the recording by itself.

use std::time::Duration;

use inturn_tests::stage::Setting;

use crate::tone_story::Story;

/// The fake microphone waits meanwhile, so no word is missing. Afterwards Chromium plays its sound
/// a little too fast for some seconds, so it can't be compared with what was played.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_browser_goes_on_and_marks_the_gap() {
    let mut story = Story::begin(Setting::new().long(), 60).await;
    story
        .stage
        .disturb("no audio comes while the browser is suspended");
    story.wait_for_word(5).await;
    let before = story.appeared().await.len();
    story.page.browser.suspend(Duration::from_secs(20)).await;
    story.finish().await;
    let rows = story.page.rows().await;
    let gaps = rows
        .iter()
        .filter(|row| *row == "(not transcribed: no sound)");
    assert_eq!(gaps.count(), 1, "{rows:?}");
    // It is shown within 3 s of speech.
    let shown_after = story.page.browser.value::<Vec<usize>>("window.gaps").await;
    assert_eq!(shown_after.len(), 1, "{shown_after:?}");
    assert!(
        shown_after[0] <= before + 7,
        "{shown_after:?}, suspended after {before} words"
    );
    // One session, which was not lost.
    let sessions = story.stage.sessions();
    assert!(sessions[0].terminated, "{sessions:#?}");
}
