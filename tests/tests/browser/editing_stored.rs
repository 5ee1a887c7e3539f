//! What a person edits is stored: during a recording, after it, and in past transcripts.

use inturn_client_core::session::Event;
use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    stage::Setting,
};
use inturn_transcript::{Change, Document, TurnId, TurnSpeakers, Words};
use serde_json::json;
use thirtyfour::Key;

use crate::{
    editing::{NOTE, shows, start_editing, write},
    files::{files, wait_for_final_turns},
    history::{OPENED, act, open_list},
    leave_question::asks,
    support::{Scene, dispatch, for_engines, pausing_in, press},
};

for_engines!(edits_during_a_recording_survive_a_kill: Chromium, Firefox);
for_engines!(edits_after_a_recording_are_stored_and_shown_in_the_list: Chromium, Firefox);
for_engines!(without_storage_edits_are_on_the_page: WebKit);

async fn edits_during_a_recording_survive_a_kill(engine: Engine) {
    let Scene { page, mut stage } = pausing_in(engine, Setting::new()).await;
    stage.disturb("the recording is interrupted");
    page.record().await;
    wait_for_final_turns(&page, 2).await;
    label_speakers(&page, 2).await;
    start_editing(&page).await;
    correct(&page, 0, "Corrected by hand.").await;
    name_speaker(&page, 0, "Anna").await;
    // The recorder has stored it before it sends it back.
    page.browser.wait_for("window.changesBack >= 2").await;
    wait_for_final_turns(&page, 3).await;
    let browser = page.browser.kill_and_restart(&Microphone::Missing).await;
    browser.go_to(&stage.url).await;
    let files = files(&browser).await;
    assert_eq!(files.len(), 1);
    assert_edited(&files[0].document, "Corrected by hand.", "Anna");
    assert!(!files[0].document.is_complete());
}

async fn edits_after_a_recording_are_stored_and_shown_in_the_list(engine: Engine) {
    let Scene { page, stage } = pausing_in(engine, Setting::new()).await;
    for recordings in [1, 2] {
        page.record().await;
        wait_for_final_turns(&page, 2 * recordings).await;
        page.stop().await;
    }
    // One after another, of the earlier recording.
    label_speakers(&page, 1).await;
    start_editing(&page).await;
    correct(&page, 0, "The first one.").await;
    correct(&page, 0, "The second one.").await;
    correct(&page, 0, "The third one.").await;
    wait_for_text(&page.browser, 0, "The third one.").await;
    let untouched = files(&page.browser).await.swap_remove(1).document;

    // The same recording in the list: a correction there is on the page too.
    let browser = &page.browser;
    open_list(browser, 2).await;
    act(browser, "open", 1).await;
    browser.wait_for(OPENED).await;
    assert!(past_text(browser).await.contains("The third one."));
    browser
        .value::<()>("void document.getElementById('history-edit').click()")
        .await;
    let line = "#history-text [data-turn='0'] .line[role]";
    browser
        .wait_for(&format!("document.querySelector(\"{line}\") !== null"))
        .await;
    page.click_on(line).await;
    write(&page, "From the list.").await;
    press(&page, Key::Enter).await;
    browser.wait_for(&shows(0, "From the list.")).await;
    wait_for_text(browser, 0, "From the list.").await;
    browser
        .value::<()>("void document.getElementById('history-edit').click()")
        .await;
    assert!(past_text(browser).await.contains("From the list."));
    assert_eq!(files(browser).await.swap_remove(1).document, untouched);

    let page = Page::load(page.browser, &stage.url).await;
    open_list(&page.browser, 2).await;
    act(&page.browser, "open", 1).await;
    page.browser.wait_for(OPENED).await;
    assert!(past_text(&page.browser).await.contains("From the list."));
}

/// The other engines offer no way to make the storage smaller.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_storage_is_reported_and_the_edit_stays_on_the_page() {
    let Scene { page, stage } = pausing_in(Engine::Chromium, Setting::new()).await;
    page.record().await;
    wait_for_final_turns(&page, 1).await;
    page.stop().await;
    let origin = stage.url.trim_end_matches('/');
    let quota = json!({ "origin": origin, "quotaSize": 1 });
    page.browser
        .devtools("Storage.overrideQuotaForOrigin", quota)
        .await;
    start_editing(&page).await;
    correct(&page, 0, "Corrected by hand.").await;
    page.browser
        .wait_for(&format!(
            "{NOTE}.startsWith('Your change is on this page, but could not be kept')"
        ))
        .await;
    page.browser.wait_for(&shows(0, "Corrected by hand.")).await;
    assert!(asks(&page).await.0, "the browser asks before it is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn if_the_server_forbids_storage_edits_are_on_the_page() {
    let setting = Setting::new().with_flag("--store-transcripts", "false");
    without_storage(Engine::Chromium, setting).await;
}

/// WebKitGTK has no such storage.
async fn without_storage_edits_are_on_the_page(engine: Engine) {
    without_storage(engine, Setting::new()).await;
}

async fn without_storage(engine: Engine, setting: Setting) {
    let Scene {
        page,
        stage: _stage,
    } = pausing_in(engine, setting).await;
    page.record().await;
    wait_for_final_turns(&page, 1).await;
    start_editing(&page).await;
    correct(&page, 0, "While it goes on.").await;
    page.browser.wait_for(&shows(0, "While it goes on.")).await;
    page.stop().await;
    correct(&page, 0, "After its end.").await;
    page.browser.wait_for(&shows(0, "After its end.")).await;
    let note: String = page.browser.value(NOTE).await;
    assert_eq!(note, "Line corrected.");
}

/// Corrects a turn of the first session.
async fn correct(page: &Page, turn: u32, text: &str) {
    page.click_on(&format!("[data-session='1'][data-turn='{turn}'] .line"))
        .await;
    write(page, text).await;
    press(page, Key::Enter).await;
}

async fn name_speaker(page: &Page, turn: u32, name: &str) {
    page.click_on(&format!("[data-turn='{turn}'] .speaker"))
        .await;
    write(page, name).await;
    press(page, Key::Enter).await;
}

/// The service labels the first turns. Only the page gets these messages.
async fn label_speakers(page: &Page, turns: u32) {
    let label = |turn| {
        Event::Changed(Change::Speakers(TurnSpeakers {
            turn: TurnId { session: 1, turn },
            speaker: Some("A".to_owned()),
            words: Words::default(),
        }))
    };
    page.browser
        .value::<()>(&dispatch((0..turns).map(label).collect()))
        .await;
    page.browser.value::<()>(COUNT_CHANGES).await;
}

/// Waits until the file of the first recording has this text.
async fn wait_for_text(browser: &Browser, turn: u32, text: &str) {
    for _ in 0..ATTEMPTS {
        let document = files(browser).await.swap_remove(0).document;
        if text_of(&document, turn) == text {
            return;
        }
    }
    panic!("{text} is not stored");
}

async fn past_text(browser: &Browser) -> String {
    browser
        .value("document.getElementById('history-text').textContent")
        .await
}

fn text_of(document: &Document, turn: u32) -> String {
    let id = TurnId { session: 1, turn };
    let reading = document.parts()[0].transcript.reading(id);
    reading.expect("the turn exists").text().to_owned()
}

fn assert_edited(document: &Document, text: &str, name: &str) {
    assert_eq!(text_of(document, 0), text);
    let transcript = &document.parts()[0].transcript;
    assert_eq!(transcript.speaker_name(1, "A"), Some(name));
}

/// Counts corrections and names that the recorder has sent back: `Change::Corrected` and
/// `Change::SpeakerNamed`, see `inturn_transcript`.
const COUNT_CHANGES: &str = "void (window.changesBack = 0, inturnRecorder.addEventListener(
    'message', ({ data }) => { if (data[1] === 2 && data[2] > 4) window.changesBack += 1; }))";

/// Each takes a call of the driver: some milliseconds.
const ATTEMPTS: usize = 2_000;
