//! A microphone that the system, or a switch on it, mutes and unmutes.

use inturn_tests::stage::Setting;

use crate::tone_story::Story;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_that_the_microphone_is_muted_until_it_is_not() {
    let story = Story::begin(Setting::new(), 25).await;
    story.wait_for_word(5).await;
    let browser = &story.page.browser;
    let dispatch = |event: &str| {
        format!("void inturnMicrophone.getTracks()[0].dispatchEvent(new Event({event:?}))")
    };
    browser.value::<()>(&dispatch("mute")).await;
    story.page.wait_for_state("muted").await;
    let shown: [String; 2] = browser
        .value("[document.getElementById('status').textContent, document.title]")
        .await;
    assert_eq!(shown, ["The microphone is muted", "○ Muted · Inturn"]);
    browser.value::<()>(&dispatch("unmute")).await;
    story.page.wait_for_state("listening").await;
    story.finish().await;
}
