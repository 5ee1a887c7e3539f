//! A person corrects lines and names speakers on the page.

use inturn_client_core::session::Event;
use inturn_tests::{browser::Engine, page::Page};
use inturn_transcript::{Document, TurnId, TurnState, from_json};
use thirtyfour::Key;

use crate::{
    export_scene::{
        Scene, copied_selection, download, meeting, open, open_kept, open_menu, select, turn,
    },
    support::{dispatch, ended, for_engines, press},
};

for_engines!(a_line_is_corrected_and_the_correction_undone: Chromium, Firefox, WebKit);
for_engines!(a_speaker_is_named_everywhere: Chromium, Firefox, WebKit);
for_engines!(after_a_crash_the_corrected_words_are_copied: Chromium, Firefox, WebKit);
for_engines!(what_a_person_writes_outlives_changes_by_the_service: Chromium, Firefox, WebKit);

async fn a_line_is_corrected_and_the_correction_undone(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = edit(engine, meeting()).await;
    // The last turn goes on.
    let lines: u32 = page.browser.value(LINES).await;
    assert_eq!(lines, 2);
    page.click_on(FIRST).await;
    write(&page, "Good evening, Mia.").await;
    press(&page, Key::Escape).await;
    page.browser.wait_for(&shows(0, "Good morning, Mia.")).await;
    write(&page, "Good evening, Mia.").await;
    // Leaving the line saves.
    page.click_on(SECOND).await;
    page.browser
        .wait_for(&format!("{NOTE} === 'Line corrected.'"))
        .await;
    page.browser.wait_for(&shows(0, "Good evening, Mia.")).await;
    let original = "document.querySelector('[data-turn=\"0\"] .original').innerText
        === 'Original: Good morning, Mia.'";
    page.browser.wait_for(original).await;
    let document = exported(&page).await;
    assert_eq!(text_of(&document, 0), "Good evening, Mia.");
    assert_eq!(document.parts()[0].transcript.corrections(id(0)).len(), 1);

    // The same without editing, with a mark.
    page.click_on("#edit-button").await;
    page.browser.wait_for(&format!("{LINES} === 0")).await;
    page.browser.wait_for(&shows(0, "Good evening, Mia.")).await;
    let mark: String = page
        .browser
        .value("getComputedStyle(document.querySelector('.corrected .text'), '::after').content")
        .await;
    assert_eq!(mark, "\" edited\"");
    select(
        &page,
        ("[data-turn='0'] .line", 8),
        ("[data-turn='1'] .text", 5),
    )
    .await;
    assert_eq!(
        copied_selection(&page).await.as_deref(),
        Some("Speaker A: evening, Mia.\nSpeaker B: Grüße\n")
    );

    start_editing(&page).await;
    page.click_on("[data-turn='0'] .undo").await;
    page.browser.wait_for(&shows(0, "Good morning, Mia.")).await;
    assert_eq!(text_of(&exported(&page).await, 0), "Good morning, Mia.");
}

async fn a_speaker_is_named_everywhere(engine: Engine) {
    let Scene {
        page,
        stage: _stage,
    } = edit(engine, meeting()).await;
    page.click_on("[data-turn='0'] .speaker").await;
    page.browser.wait_for(NAMING).await;
    write(&page, NAME).await;
    press(&page, Key::Enter).await;
    page.browser
        .wait_for(&format!("document.activeElement.textContent === {NAME:?}"))
        .await;
    // A row that comes later, and one of the other speaker.
    let later = vec![
        turn(3, 70_000, "A", "Yes, please.", TurnState::Formatted),
        turn(4, 72_000, "B", "Thank you.", TurnState::Formatted),
    ];
    page.browser.value::<()>(&dispatch(later)).await;
    page.browser
        .wait_for(&format!(
            "[...document.querySelectorAll('.speaker')].map((it) => it.textContent).join('|')
                === [{NAME:?}, 'Speaker B', {NAME:?}, 'Speaker B'].join('|')"
        ))
        .await;
    page.click_on("#edit-button").await;
    let labels: Vec<String> = page.browser.value(LABELS).await;
    let (a, b) = (format!("{NAME:?}"), "\"Speaker B\"");
    assert_eq!(labels, [&a, b, &a, &a, b]);
    open_menu(&page).await;
    let text = download(&page, "txt").await.content;
    assert!(text.contains(&format!("{NAME}: Yes, please.")), "{text}");
    let subtitles = download(&page, "vtt").await.content;
    assert!(subtitles.contains("Anna"), "{subtitles}");

    // An empty name removes it.
    page.browser
        .value::<()>("document.getElementById('export').hidePopover()")
        .await;
    start_editing(&page).await;
    page.click_on("[data-turn='3'] .speaker").await;
    page.browser.wait_for(NAMING).await;
    press(&page, Key::Backspace).await;
    page.click_on(FIRST).await;
    let removed =
        "document.querySelector('[data-turn=\"0\"] .speaker').textContent === 'Speaker A'";
    page.browser.wait_for(removed).await;
}

async fn what_a_person_writes_outlives_changes_by_the_service(engine: Engine) {
    let mut events = meeting();
    events[2] = turn(0, 1_000, "A", "good morning mia", TurnState::Raw);
    let Scene {
        page,
        stage: _stage,
    } = edit(engine, events).await;
    page.click_on(FIRST).await;
    write(&page, "Good evening").await;
    let formatted = turn(0, 1_000, "A", "Good morning, Mia.", TurnState::Formatted);
    page.browser.value::<()>(&dispatch(vec![formatted])).await;
    press(&page, ", M").await;
    page.browser.wait_for(&shows(0, "Good evening, M")).await;

    // The row is replaced, because it is behind the gap now.
    page.browser
        .value::<()>("void (window.row = document.querySelector('[data-turn=\"0\"]'))")
        .await;
    let moved = turn(0, 66_500, "A", "Good morning, Mia!", TurnState::Formatted);
    page.browser.value::<()>(&dispatch(vec![moved])).await;
    page.browser.wait_for("!window.row.isConnected").await;
    press(&page, "ia.").await;
    press(&page, Key::Enter).await;
    page.browser
        .wait_for(&format!("{NOTE} === 'Line corrected.'"))
        .await;
    page.browser.wait_for(&shows(0, "Good evening, Mia.")).await;
    assert_eq!(text_of(&exported(&page).await, 0), "Good evening, Mia.");

    // The same with a name. The service now says that another person has said this.
    page.click_on("[data-turn='0'] .speaker").await;
    page.browser.wait_for(NAMING).await;
    write(&page, "Aa").await;
    press(&page, Key::Left).await;
    page.browser
        .value::<()>("void (window.row = document.querySelector('[data-turn=\"0\"]'))")
        .await;
    let moved = turn(0, 1_000, "B", "Good morning, Mia!", TurnState::Formatted);
    page.browser.value::<()>(&dispatch(vec![moved])).await;
    page.browser.wait_for("!window.row.isConnected").await;
    press(&page, "nn").await;
    press(&page, Key::Enter).await;
    page.browser
        .wait_for(&format!(
            "{LABELS}.join() === '\"Speaker B\",\"Speaker B\",\"Anna\"'"
        ))
        .await;
}

/// `crash.js` offers to copy what the page shows, also what the browser has not laid out.
async fn after_a_crash_the_corrected_words_are_copied(engine: Engine) {
    let turns = (0..200).map(|it| ended(it, &format!("Turn {it} has some words.")));
    let Scene {
        page,
        stage: _stage,
    } = edit(engine, turns.collect()).await;
    page.click_on("[data-turn='199'] .line").await;
    write(&page, "The last turn.").await;
    press(&page, Key::Enter).await;
    page.browser
        .value::<()>("void window.dispatchEvent(new window.CustomEvent('inturn:crash'))")
        .await;
    page.wait_for_state("crashed").await;
    page.click_on("#problem button").await;
    page.browser.wait_for("window.copied !== null").await;
    let copied: String = page.browser.value("window.copied").await;
    let turns = (0..199).map(|it| format!("Turn {it} has some words."));
    let expected: Vec<String> = turns.chain(["The last turn.".to_owned()]).collect();
    assert_eq!(copied, expected.join("\n"));
}

/// Only the rows near the visible part are made editable.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_transcript_can_be_edited_where_it_is_seen() {
    let turns = (0..10_000).map(|it| ended(it, &format!("Turn {it} has some words.")));
    let Scene {
        page,
        stage: _stage,
    } = open(Engine::Chromium, turns.collect()).await;
    let took_ms: f64 = page.browser.value(SWITCH_ON).await;
    println!("switching editing on with 10,000 turns took {took_ms:.1} ms");
    page.browser.wait_for(&editable(9_999)).await;
    let lines: u32 = page.browser.value(LINES).await;
    assert!(lines < 300, "{lines} rows were changed");
    page.browser
        .value::<()>("void document.querySelector('[data-turn=\"5000\"]').scrollIntoView()")
        .await;
    page.browser.wait_for(&editable(5_000)).await;
    page.browser.wait_for(&format!("{LINES} < 300")).await;
    page.click_on("[data-turn='5000'] .line").await;
    press(&page, "!").await;
    page.click_on("#edit-button").await;
    page.browser.wait_for(&format!("{LINES} === 0")).await;
    let own = "[...document.querySelectorAll('.own')].map((it) => it.dataset.turn)";
    let own: Vec<String> = page.browser.value(own).await;
    assert_eq!(own, ["5000"]);
}

/// Opens a page that shows these events, keeps what the Export menu makes of them, and switches
/// editing on.
pub(crate) async fn edit(engine: Engine, events: Vec<Event>) -> Scene {
    let scene = open_kept(engine, events).await;
    start_editing(&scene.page).await;
    scene
}

/// Switches editing on.
pub(crate) async fn start_editing(page: &Page) {
    page.click_on("#edit-button").await;
    page.browser.wait_for(&format!("{LINES} > 0")).await;
}

/// Writes this in place of the text of the focused element.
pub(crate) async fn write(page: &Page, text: &str) {
    let chain = page.browser.driver.action_chain();
    let chain = chain
        .key_down(Key::Control)
        .send_keys("a")
        .key_up(Key::Control)
        .send_keys(text);
    chain.perform().await.expect("keys can be sent");
}

/// Whether a turn shows this text, and nothing else.
pub(crate) fn shows(turn: u32, text: &str) -> String {
    format!("document.querySelector('[data-turn=\"{turn}\"] .text').textContent === {text:?}")
}

fn editable(turn: u32) -> String {
    format!("document.querySelector('[data-turn=\"{turn}\"] .line[role]') !== null")
}

/// Returns the document that the JSON export contains.
async fn exported(page: &Page) -> Document {
    open_menu(page).await;
    let saved = download(page, "json").await;
    page.browser
        .value::<()>("document.getElementById('export').hidePopover()")
        .await;
    from_json(&saved.content).expect("the file can be read")
}

fn text_of(document: &Document, turn: u32) -> String {
    let reading = document.parts()[0].transcript.reading(id(turn));
    reading.expect("the turn exists").text().to_owned()
}

fn id(turn: u32) -> TurnId {
    TurnId { session: 1, turn }
}

pub(crate) const FIRST: &str = "[data-turn='0'] .line";
const SECOND: &str = "[data-turn='1'] .line";

/// A name with characters that mean something in style sheets.
const NAME: &str = "Anna \"Z\" \\ Öz}";

/// The number of lines in which a person can write.
pub(crate) const LINES: &str = "document.querySelectorAll('.line[role]').length";

/// What is said about the last edit.
pub(crate) const NOTE: &str = "document.getElementById('edit-note')?.textContent";

/// Whether the focus is in the field for a name.
pub(crate) const NAMING: &str = "document.activeElement.matches('.naming input')";

/// How the rows show their speakers.
const LABELS: &str = "[...document.querySelectorAll('[data-speaker]')]
    .map((it) => getComputedStyle(it, '::before').content
        .replace('attr(data-speaker)', JSON.stringify(it.dataset.speaker)))";

/// Returns the milliseconds that it takes, with the layout after it.
const SWITCH_ON: &str = "(() => {
    const start = performance.now();
    document.getElementById('edit-button').click();
    document.body.offsetHeight;
    return performance.now() - start;
})()";
