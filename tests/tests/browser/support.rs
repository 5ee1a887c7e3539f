//! Setups and events that many tests share.

use std::{fs, path::Path};

use inturn_client_core::session::Event;
use inturn_page_core::messages::{self, ToPage};
use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    machine,
    page::Page,
    sound::Sound,
    speech,
    stage::{Setting, Stage},
};
use inturn_transcript::{Change, Turn, TurnId, TurnState, Word, Words};
use thirtyfour::prelude::TypingData;

/// Opens a page in Chromium, with continuous speech as its microphone.
pub(crate) async fn speaking(setting: Setting) -> Scene {
    speaking_in(Engine::Chromium, setting).await
}

/// Like [`speaking`], in any browser.
pub(crate) async fn speaking_in(engine: Engine, setting: Setting) -> Scene {
    scene(engine, setting, speech::novel(930).part(0.2, 2.9)).await
}

/// Opens a page in Chromium, with speech that pauses after about each second.
pub(crate) async fn pausing(setting: Setting) -> Scene {
    pausing_in(Engine::Chromium, setting).await
}

/// Like [`pausing`], in any browser.
pub(crate) async fn pausing_in(engine: Engine, setting: Setting) -> Scene {
    scene(engine, setting, pausing_sound()).await
}

/// Speech that pauses after about each second.
pub(crate) fn pausing_sound() -> Sound {
    speech::go_forward()
        .part(0.4, 1.6)
        .then(&Sound::silence(16_000, 1.6))
}

/// Opens a page with a repeated sound as its microphone.
pub(crate) async fn scene(engine: Engine, setting: Setting, sound: Sound) -> Scene {
    let stage = setting.open().await;
    let browser = Browser::open_in(engine, &Microphone::Repeats(sound)).await;
    let page = Page::load(browser, &stage.url).await;
    Scene { page, stage }
}

/// A page that is ready for a click, with its server and service.
pub(crate) struct Scene {
    pub(crate) page: Page,
    pub(crate) stage: Stage,
}

/// Presses and releases keys, one after another: a key, or a text.
pub(crate) async fn press(page: &Page, keys: impl Into<TypingData>) {
    let actions = page.browser.driver.action_chain().send_keys(keys);
    actions.perform().await.expect("keys can be sent");
}

/// Returns a script that dispatches these events as messages of the recorder.
pub(crate) fn dispatch(events: Vec<Event>) -> String {
    let messages: Vec<Vec<u8>> = events
        .into_iter()
        .map(|event| messages::encode(&ToPage::Event(event)).expect("the event can be encoded"))
        .collect();
    // Scripts of geckodriver have a separate `Uint8Array`, which the page does not accept.
    format!(
        "{}.forEach((bytes) => void inturnRecorder.dispatchEvent(
            new window.MessageEvent('message', {{ data: window.Uint8Array.from(bytes) }})))",
        serde_json::json!(messages)
    )
}

/// Returns a change of session 1: a final turn.
pub(crate) fn ended(turn: u32, text: &str) -> Event {
    changed(Turn {
        state: TurnState::Formatted,
        ..spoken(turn, text, "")
    })
}

/// Returns a change of session 1: an open turn with firm and tentative words.
pub(crate) fn open(turn: u32, firm: &str, tentative: &str) -> Event {
    changed(spoken(turn, firm, tentative))
}

/// Returns a change of session 1: a turn without words.
pub(crate) fn withdrawn(turn: u32) -> Event {
    changed(spoken(turn, "", ""))
}

fn changed(turn: Turn) -> Event {
    Event::Changed(Change::Turn(turn))
}

fn spoken(turn: u32, firm: &str, tentative: &str) -> Turn {
    let mut words = Words::default();
    for text in firm.split_whitespace().chain(tentative.split_whitespace()) {
        words.push(Word {
            text,
            ..Word::default()
        });
    }
    Turn {
        words,
        firm_words: firm.split_whitespace().count() as u32,
        ..Turn::new(TurnId { session: 1, turn })
    }
}

/// Copies the built page without compressed files. `change` can modify a script, or return `false`
/// to leave a file out.
pub(crate) fn copy_client(to: &Path, change: impl Fn(&str, &mut String) -> bool) {
    let from = machine::client_dir();
    for file in fs::read_dir(&from).expect("the page is built") {
        let path = file.expect("the folder can be listed").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let mut script = match path.extension().and_then(|extension| extension.to_str()) {
            Some("br" | "gz") => continue,
            Some("js") => fs::read_to_string(&path).expect("a script is text"),
            _ => String::new(),
        };
        if !change(name, &mut script) {
            continue;
        }
        let copied = if script.is_empty() {
            fs::copy(&path, to.join(name)).map(drop)
        } else {
            fs::write(to.join(name), script)
        };
        copied.expect("the folder is writable");
    }
}

/// Makes a test of a function for each of these engines: `function::in_firefox`, and so on.
///
/// Firefox and WebKit run on Linux only.
macro_rules! for_engines {
    ($function:ident: $($engine:ident),+) => {
        mod $function {
            $(crate::support::for_engines!(@ $engine $function);)+
        }
    };
    (@ Chromium $function:ident) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn in_chromium() {
            super::$function(inturn_tests::browser::Engine::Chromium).await;
        }
    };
    (@ Firefox $function:ident) => {
        #[cfg(target_os = "linux")]
        #[tokio::test(flavor = "multi_thread")]
        async fn in_firefox() {
            super::$function(inturn_tests::browser::Engine::Firefox).await;
        }
    };
    (@ WebKit $function:ident) => {
        #[cfg(target_os = "linux")]
        #[tokio::test(flavor = "multi_thread")]
        async fn in_webkit() {
            super::$function(inturn_tests::browser::Engine::WebKit).await;
        }
    };
}
pub(crate) use for_engines;

/// Scripts that are loaded later add buttons to the header, in no fixed order.
pub(crate) const HEADER_IS_COMPLETE: &str = "['find', 'history', 'edit'].every(
    (name) => document.getElementById(`${name}-button`))";
