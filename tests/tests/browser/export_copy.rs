//! The transcript, or a part of it, is copied as clean text.

use inturn_tests::{browser::Engine, page::Page};
use thirtyfour::Key;

use crate::{
    export_scene::{
        STATUS, Scene, copied_selection, keep_results, meeting, open, open_meeting, open_menu,
        select,
    },
    support::for_engines,
};

for_engines!(all_words_are_copied_with_times_and_names_by_choice: Chromium, Firefox, WebKit);
for_engines!(a_selection_is_copied_without_the_words_of_the_page: Chromium, Firefox, WebKit);
for_engines!(the_menu_copies_what_was_selected_when_it_was_opened: Chromium, Firefox);
for_engines!(ctrl_a_selects_the_transcript: Chromium, Firefox);

async fn all_words_are_copied_with_times_and_names_by_choice(engine: Engine) {
    let Scene { page, stage } = open_meeting(engine).await;
    open_menu(&page).await;
    page.click_on("#copy-all").await;
    assert_eq!(
        copied(&page).await,
        "Speaker A: Good morning, Mia.\n\
         Speaker B: Grüße 👩‍👩‍👧 <an> alle!\n\
         [not transcribed: paused]\n\
         Speaker A: Shall we begin\n"
    );

    page.click_on("#export-times").await;
    page.click_on("#export-names").await;
    page.click_on("#copy-all").await;
    let with_times = "[0:01] Good morning, Mia.\n\
                      [0:03] Grüße 👩‍👩‍👧 <an> alle!\n\
                      [0:05–1:05 not transcribed: paused]\n\
                      [1:06] Shall we begin\n";
    assert_eq!(copied(&page).await, with_times);

    // The choices are stored on the device.
    let page = Page::load(page.browser, &stage.url).await;
    page.browser
        .value::<()>(&crate::support::dispatch(meeting()))
        .await;
    page.browser.wait_for(crate::export_scene::LOADED).await;
    keep_results(&page).await;
    open_menu(&page).await;
    page.click_on("#copy-all").await;
    assert_eq!(copied(&page).await, with_times);
}

async fn a_selection_is_copied_without_the_words_of_the_page(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = open(engine, meeting()).await;
    // From the middle of "morning" to the middle of "we".
    select(&page, (FIRST, 8), (LAST, 7)).await;
    assert_eq!(
        copied_selection(&page).await.as_deref(),
        Some(
            "Speaker A: morning, Mia.\n\
             Speaker B: Grüße 👩‍👩‍👧 <an> alle!\n\
             [not transcribed: paused]\n\
             Speaker A: Shall we\n"
        )
    );
    // From the heading of the page to the state line, which are not copied.
    select(&page, ("h1", 2), ("#status", 3)).await;
    let all = copied_selection(&page)
        .await
        .expect("it includes all turns");
    assert!(all.starts_with("Speaker A: Good morning"), "{all}");
    assert!(all.ends_with("Shall we begin\n"), "{all}");
    // From the end of a gap, which is a row without words of the service.
    select(&page, (GAP, 3), (LAST, 5)).await;
    assert_eq!(
        copied_selection(&page).await.as_deref(),
        Some("[not transcribed: paused]\nSpeaker A: Shall\n")
    );
    // Within a line, and outside of the transcript, the browser copies letter by letter.
    select(&page, (FIRST, 2), (FIRST, 7)).await;
    assert_eq!(copied_selection(&page).await, None);
    select(&page, ("#status", 0), ("#elapsed", 2)).await;
    assert_eq!(copied_selection(&page).await, None);
}

async fn the_menu_copies_what_was_selected_when_it_was_opened(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = open_meeting(engine).await;
    open_menu(&page).await;
    assert!(!is_offered(&page).await, "nothing is selected");
    page.browser
        .value::<()>("document.getElementById('export').hidePopover()")
        .await;
    select(&page, (FIRST, 5), (SECOND, 5)).await;
    open_menu(&page).await;
    assert!(is_offered(&page).await);
    page.click_on("#copy-selection").await;
    assert_eq!(
        copied(&page).await,
        "Speaker A: morning, Mia.\nSpeaker B: Grüße\n"
    );
}

async fn ctrl_a_selects_the_transcript(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = open(engine, meeting()).await;
    page.browser
        .value::<()>("document.getElementById('scroller').focus()")
        .await;
    let keys = page.browser.driver.action_chain();
    let keys = keys
        .key_down(Key::Control)
        .send_keys("a")
        .key_up(Key::Control);
    keys.perform().await.expect("keys can be sent");
    let selected: String = page.browser.value("getSelection().toString()").await;
    assert!(selected.contains("Shall we begin"), "{selected}");
    assert!(!selected.contains("Inturn"), "{selected}");
    assert!(!selected.contains("Record"), "{selected}");
    let all = copied_selection(&page)
        .await
        .expect("it includes all turns");
    assert!(all.starts_with("Speaker A: Good morning, Mia.\n"), "{all}");
    assert!(all.ends_with("Speaker A: Shall we begin\n"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_clipboard_the_old_command_copies() {
    let Scene {
        page,
        stage: _stage,
    } = open(Engine::Chromium, meeting()).await;
    for refusal in ["undefined", REFUSES] {
        page.browser
            .value::<()>(&format!(
                "void (window.copied = null, Object.defineProperty(
                    navigator, 'clipboard', {{ configurable: true, value: {refusal} }}))"
            ))
            .await;
        page.browser
            .value::<()>(
                "void document.addEventListener('copy', ({ target }) => {
                    window.copied = target.value;
                })",
            )
            .await;
        open_menu(&page).await;
        page.click_on("#copy-all").await;
        assert!(
            copied(&page).await.contains("Good morning, Mia."),
            "{refusal}"
        );
        let focused: String = page.browser.value("document.activeElement.id").await;
        assert_eq!(focused, "copy-all", "{refusal}");
        page.browser
            .value::<()>("document.getElementById('export').hidePopover()")
            .await;
    }

    page.browser
        .value::<()>("void (document.execCommand = () => false)")
        .await;
    open_menu(&page).await;
    page.click_on("#copy-all").await;
    page.browser
        .wait_for(&format!(
            "{STATUS} === 'Your browser does not allow copying here. \
             Select your text and press Ctrl+C.'"
        ))
        .await;
}

/// Waits until a text was copied and the menu says so, and returns it.
async fn copied(page: &Page) -> String {
    page.browser
        .wait_for(&format!("window.copied !== null && {STATUS} === 'Copied.'"))
        .await;
    page.browser
        .value("[window.copied, window.copied = null][0]")
        .await
}

async fn is_offered(page: &Page) -> bool {
    page.browser
        .value("!document.getElementById('copy-selection').hidden")
        .await
}

const FIRST: &str = "[data-turn='0'] .text";
const SECOND: &str = "[data-turn='1'] .text";
const LAST: &str = "[data-turn='2'] .text";
const GAP: &str = ".turn:not([data-turn]) .text";

const REFUSES: &str =
    "{ writeText: async () => { throw new DOMException('refused', 'NotAllowedError'); } }";
