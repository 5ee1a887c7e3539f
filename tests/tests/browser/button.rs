//! One button, however it is pressed: by mouse, by keyboard, twice.

use inturn_tests::stage::Setting;
use thirtyfour::{By, Key};

use crate::support::{Scene, speaking};

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_starts_one_recording() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    let button = page
        .browser
        .driver
        .find(By::Id("record"))
        .await
        .expect("there is the button");
    let twice = page
        .browser
        .driver
        .action_chain()
        .double_click_element(&button);
    twice.perform().await.expect("a mouse can do that");
    page.wait_for_state("listening").await;
    page.wait_for_words("one two").await;
    assert_eq!(page.state().await, "listening");
    page.press().await;
    page.wait_for_state("idle").await;

    // As fast as a program can, before the page has heard of the first.
    page.browser
        .value::<()>("void (document.getElementById('record').click(), document.getElementById('record').click())")
        .await;
    page.wait_for_state("listening").await;
    page.press().await;
    page.wait_for_state("idle").await;
    assert_eq!(page.problem().await, None);

    let log = stage.closed_session(2).await;
    assert!(log.terminated, "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_records_and_stops() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    let button = page
        .browser
        .driver
        .find(By::Id("record"))
        .await
        .expect("there is the button");
    assert_eq!(button.tag_name().await.expect("it has one"), "button");
    // The label says what a press does; a second state beside it would be read as its opposite.
    let pressed = "document.getElementById('record').ariaPressed";
    let label = "document.getElementById('record-label').textContent";
    for (count, key) in [(1, Key::Space), (2, Key::Enter)] {
        button.focus().await.expect("it can be focused");
        button
            .send_keys(key.clone())
            .await
            .expect("there is a keyboard");
        page.wait_for_state("listening").await;
        assert_eq!(page.browser.value::<String>(label).await, "Stop");
        let state: Option<String> = page.browser.value(pressed).await;
        assert_eq!(state, None);
        button.send_keys(key).await.expect("there is a keyboard");
        page.wait_for_state("idle").await;
        assert_eq!(page.browser.value::<String>(label).await, "Record");
        assert!(stage.closed_session(count).await.terminated);
    }
}
