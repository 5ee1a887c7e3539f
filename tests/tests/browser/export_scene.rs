//! A page with a transcript that is known by heart, and its Export menu.

use inturn_client_core::{
    recording::{RecordingId, RecordingInfo},
    session::{Event, LevelReading, State},
};
use inturn_page_core::{Follower, messages::ToPage};
use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    stage::Setting,
};
use inturn_transcript::{
    Change, Document, Gap, GapReason, Session, SessionEnd, Turn, TurnId, TurnState, Word, Words,
};
use serde::Deserialize;

pub(crate) use crate::support::Scene;
use crate::support::dispatch;

/// A file that the page has made.
#[derive(Debug, Deserialize)]
pub(crate) struct Saved {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) content: String,
}

/// Opens a page without a microphone, shows these events, and waits for the Export menu.
pub(crate) async fn open(engine: Engine, events: Vec<Event>) -> Scene {
    let stage = Setting::new().open().await;
    let browser = Browser::open_in(engine, &Microphone::Missing).await;
    let page = Page::load(browser, &stage.url).await;
    page.browser.value::<()>(&dispatch(events)).await;
    page.browser.wait_for(LOADED).await;
    Scene { page, stage }
}

/// Like [`open`], and keeps what the menu makes of the events.
pub(crate) async fn open_kept(engine: Engine, events: Vec<Event>) -> Scene {
    let scene = open(engine, events).await;
    keep_results(&scene.page).await;
    scene
}

/// Opens a page that shows [`meeting`], and keeps what the menu makes of it.
pub(crate) async fn open_meeting(engine: Engine) -> Scene {
    open_kept(engine, meeting()).await
}

/// The document of these events.
pub(crate) fn document(events: Vec<Event>) -> Document {
    let mut follower = Follower::default();
    for event in events {
        follower.handle(ToPage::Event(event));
    }
    follower.document().clone()
}

/// Two voices and a pause; the last turn is open.
pub(crate) fn meeting() -> Vec<Event> {
    vec![
        Event::Began(INFO),
        Event::Changed(Change::SessionBegan(Session {
            number: 1,
            start_ms: 0,
            end_ms: None,
        })),
        turn(0, 1_000, "A", "Good morning, Mia.", TurnState::Formatted),
        turn(1, 3_000, "B", "Grüße 👩‍👩‍👧 <an> alle!", TurnState::Formatted),
        Event::Changed(Change::Gap(Gap {
            from_ms: 5_000,
            to_ms: 65_000,
            reason: GapReason::Paused,
        })),
        turn(2, 66_000, "A", "Shall we begin", TurnState::Open),
    ]
}

/// Ends the recording of [`meeting`].
pub(crate) fn end() -> Vec<Event> {
    let end = SessionEnd::Clean;
    vec![
        Event::Level(LevelReading {
            percent: 50,
            captured_ms: 68_500,
        }),
        Event::Changed(Change::SessionEnded { session: 1, end }),
        Event::State(State::Idle),
    ]
}

pub(crate) fn turn(turn: u32, start_ms: u32, speaker: &str, text: &str, state: TurnState) -> Event {
    let mut words = Words::default();
    for (at, text) in (0..).zip(text.split(' ')) {
        let start_ms = start_ms + at * 400;
        words.push(Word {
            text,
            start_ms,
            end_ms: start_ms + 350,
            confidence: 0.75,
            is_final: true,
            ..Word::default()
        });
    }
    Event::Changed(Change::Turn(Turn {
        state,
        start_ms,
        words,
        speaker: Some(speaker.to_owned()),
        ..Turn::new(TurnId { session: 1, turn })
    }))
}

/// Opens the menu with the mouse.
pub(crate) async fn open_menu(page: &Page) {
    page.click_on("#export-button").await;
    page.browser.wait_for(IS_OPEN).await;
}

/// Keeps files and copied text in `window.saved` and `window.copied`.
pub(crate) async fn keep_results(page: &Page) {
    page.browser.value::<()>(KEEP).await;
}

/// Presses the button of a format, and returns the file.
pub(crate) async fn download(page: &Page, extension: &str) -> Saved {
    page.click_on(&format!("#export [data-format={extension}]"))
        .await;
    let saved = "(async () => {
        const { name, blob } = window.saved.pop();
        return { name, media_type: blob.type, content: await blob.text() };
    })()";
    page.browser.value(saved).await
}

/// Selects from one point to another. Each is a selector of an element and a number of letters in
/// its text.
pub(crate) async fn select(page: &Page, from: (&str, usize), to: (&str, usize)) {
    let script = format!(
        "(() => {{
            const point = (selector, at) => {{
                const root = document.querySelector(selector);
                const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
                let last = [root, 0];
                for (let node; (node = texts.nextNode()); at -= node.length) {{
                    if (at <= node.length) return [node, at];
                    last = [node, node.length];
                }}
                return last;
            }};
            getSelection().setBaseAndExtent(
                ...point({:?}, {}), ...point({:?}, {}));
        }})()",
        from.0, from.1, to.0, to.1
    );
    page.browser.value::<()>(&script).await;
}

/// Returns what the page puts on the clipboard when the selection is copied; `None` if it leaves
/// that to the browser.
pub(crate) async fn copied_selection(page: &Page) -> Option<String> {
    let script = "(() => {
        const clipboardData = new DataTransfer();
        const event = new ClipboardEvent('copy', {
            clipboardData, bubbles: true, cancelable: true });
        document.getElementById('transcript').dispatchEvent(event);
        return event.defaultPrevented ? event.clipboardData.getData('text/plain') : null;
    })()";
    page.browser.value(script).await
}

/// The status line of the menu.
pub(crate) const STATUS: &str = "document.getElementById('export-status').textContent";

pub(crate) const IS_OPEN: &str = "document.getElementById('export').matches(':popover-open')";

/// Whether the module is loaded.
pub(crate) const LOADED: &str = "document.getElementById('export-status') !== null";

const INFO: RecordingInfo = RecordingInfo {
    id: RecordingId(0x0123_4567_89ab_cdef),
    // 2026-11-24 14:05, one hour ahead of UTC.
    started_unix_ms: 1_795_525_500_000,
    utc_offset_min: 60,
};

const KEEP: &str = "(() => {
    window.saved = [];
    window.copied = null;
    const create = window.URL.createObjectURL;
    window.URL.createObjectURL = (blob) => {
        window.blob = blob;
        return create.call(window.URL, blob);
    };
    window.HTMLAnchorElement.prototype.click = function () {
        window.saved.push({ name: this.download, blob: window.blob });
    };
    Object.defineProperty(window.navigator, 'clipboard', { configurable: true, value: {
        writeText: async (text) => void (window.copied = text) } });
})()";
