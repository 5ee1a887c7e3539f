//! Openings that many tests begin with.

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

/// A page before somebody who goes on without a pause.
pub(crate) async fn speaking(setting: Setting) -> Scene {
    speaking_in(Engine::Chromium, setting).await
}

/// The same in any browser.
pub(crate) async fn speaking_in(engine: Engine, setting: Setting) -> Scene {
    scene(engine, setting, speech::novel(930).part(0.2, 2.9)).await
}

/// A page before somebody who pauses after each second or so.
pub(crate) async fn pausing(setting: Setting) -> Scene {
    pausing_in(Engine::Chromium, setting).await
}

/// The same in any browser.
pub(crate) async fn pausing_in(engine: Engine, setting: Setting) -> Scene {
    let sentence = speech::go_forward()
        .part(0.4, 1.6)
        .then(&Sound::silence(16_000, 1.6));
    scene(engine, setting, sentence).await
}

/// A page before a sound that is repeated.
pub(crate) async fn scene(engine: Engine, setting: Setting, sound: Sound) -> Scene {
    let stage = setting.open().await;
    let browser = Browser::open_in(engine, &Microphone::Repeats(sound)).await;
    let page = Page::load(browser, &stage.url).await;
    Scene { page, stage }
}

/// A page, ready for the first click, and all behind it: without the stage there is no server.
pub(crate) struct Scene {
    pub(crate) page: Page,
    pub(crate) stage: Stage,
}

/// A script by which the page hears these from its recorder.
pub(crate) fn tell(events: Vec<Event>) -> String {
    let messages: Vec<Vec<u8>> = events
        .into_iter()
        .map(|event| messages::encode(&ToPage::Event(event)).expect("it has a form"))
        .collect();
    // Scripts of Firefox's driver have a `Uint8Array` of their own, which the page does not know.
    format!(
        "{}.forEach((bytes) => void inturnRecorder.dispatchEvent(
            new window.MessageEvent('message', {{ data: window.Uint8Array.from(bytes) }})))",
        serde_json::json!(messages)
    )
}

/// A turn of the first session that has ended.
pub(crate) fn ended(turn: u32, text: &str) -> Event {
    changed(Turn {
        state: TurnState::Formatted,
        ..spoken(turn, text, "")
    })
}

/// A turn of the first session that goes on, with words that stand and words that may change.
pub(crate) fn open(turn: u32, firm: &str, tentative: &str) -> Event {
    changed(spoken(turn, firm, tentative))
}

/// A turn of the first session that turned out to be nothing.
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

/// Copies the built page without its compressed forms; `change` may alter a script, or refuse a
/// file.
pub(crate) fn copy_client(to: &Path, change: impl Fn(&str, &mut String) -> bool) {
    let from = machine::client_dir();
    for file in fs::read_dir(&from).expect("the page is built") {
        let path = file.expect("it can be listed").path();
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
        copied.expect("the folder is ours");
    }
}

/// Makes a test of a story for each of these engines: `story::in_firefox`, and so on.
///
/// Firefox is given its microphone on Linux only.
macro_rules! played_in {
    ($story:ident: $($engine:ident),+) => {
        mod $story {
            $(crate::support::played_in!(@ $engine $story);)+
        }
    };
    (@ Chromium $story:ident) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn in_chromium() {
            super::$story(inturn_tests::browser::Engine::Chromium).await;
        }
    };
    (@ Firefox $story:ident) => {
        #[cfg(target_os = "linux")]
        #[tokio::test(flavor = "multi_thread")]
        async fn in_firefox() {
            super::$story(inturn_tests::browser::Engine::Firefox).await;
        }
    };
    (@ WebKit $story:ident) => {
        #[cfg(target_os = "linux")]
        #[tokio::test(flavor = "multi_thread")]
        async fn in_webkit() {
            super::$story(inturn_tests::browser::Engine::WebKit).await;
        }
    };
}
pub(crate) use played_in;
