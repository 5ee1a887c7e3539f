//! All states of the page, and how to bring it into each of them without a microphone.

mod documents;
mod events;
mod state;

use inturn_client_core::{
    problem::{MicrophoneFailure, Problem, TokenFailure},
    session::{Awaited, Event, Outage, Progress, State},
};
use inturn_stored::StoredRecording;
use inturn_tests::browser::Browser;
use inturn_transcript::Change;
use serde_json::json;

pub(crate) use self::{events::past, state::PageState};
use self::{
    events::{
        JAPANESE_TURN, LIVE, LONG_TURN, ended, gaps, live, meeting, open, over, reading, started,
        state, two_recordings,
    },
    state::{Start, with},
};
use crate::support::{HEADER_IS_COMPLETE, dispatch};

impl PageState {
    /// Loads the page at `url` in this state. Its server must use the local service, and the
    /// browser must have [`prepare`]d.
    pub(crate) async fn enter(&self, browser: &Browser, url: &str) {
        let (query, state) = match self.start {
            Start::Loading => ("loading", "loading"),
            Start::WithNotice => ("", "idle"),
            Start::Ready => ("dismissed", "idle"),
        };
        if !self.stored.is_empty() {
            store(browser, url, &self.stored).await;
        }
        browser.go_to(&format!("{url}?{query}")).await;
        let is_ready = format!("document.getElementById('status')?.dataset.state === '{state}'");
        browser.wait_for(&is_ready).await;
        if !self.events.is_empty() {
            let script = dispatch(self.events.clone());
            browser.value::<()>(&script).await;
        }
        if !self.script.is_empty() {
            let script = format!("void (async () => {{ {} }})()", self.script);
            browser.value::<()>(&script).await;
        }
        browser.wait_for(self.shown).await;
        if !self.later.is_empty() {
            let script = dispatch(self.later.clone());
            browser.value::<()>(&script).await;
        }
    }
}

/// Stores recordings, with their files' names, for the page at `url`.
pub(crate) async fn store(browser: &Browser, url: &str, files: &[(String, StoredRecording)]) {
    browser.go_to(&format!("{url}healthz")).await;
    let files: Vec<_> = files
        .iter()
        .map(|(name, it)| (name, it.to_file()))
        .collect();
    browser
        .value::<()>(&format!("({STORE})({})", json!(files)))
        .await;
}

/// Prepares a browser for [`PageState::enter`].
pub(crate) async fn prepare(browser: &Browser) {
    browser.before_each_page(PREPARE).await;
}

/// Returns all states.
pub(crate) fn all() -> Vec<PageState> {
    let mut states = at_the_start();
    states.extend(during_a_recording());
    states.extend(with_problems());
    states.extend(documents::states());
    states
}

/// Returns the state for the pictures of the README: a recording, without the turn for which many
/// machines have no font.
pub(crate) fn for_the_readme() -> PageState {
    let turns = meeting().into_iter().enumerate();
    let readable = turns.filter(|(turn, _)| *turn != JAPANESE_TURN);
    let readable = readable.map(|(_, event)| event).collect();
    let mut begun = started(LIVE);
    for event in &mut begun {
        if let Event::Began(info) = event {
            info.started_unix_ms = README_START_MS;
        }
    }
    PageState {
        script: LOAD_DOCUMENTS,
        shown: HEADER_IS_COMPLETE,
        ..with("readme", [begun, readable, live()].concat())
    }
}

fn at_the_start() -> Vec<PageState> {
    let before = |name, start, script| PageState {
        start,
        script,
        ..with(name, Vec::new())
    };
    vec![
        before("loading", Start::Loading, ""),
        before("not-loaded", Start::Loading, CRASH),
        before("demo-notice", Start::WithNotice, ""),
        before("ready", Start::Ready, ""),
        PageState {
            shown: "document.getElementById('times-of-day')",
            ..before("settings", Start::Ready, OPEN_SETTINGS)
        },
        PageState {
            shown: "document.getElementById('settings-reset').checkVisibility()
                && document.getElementById('keep-audio').checked",
            ..before("settings-audio", Start::Ready, KEEP_AUDIO)
        },
        with("microphone", vec![state(State::AwaitingMicrophone)]),
        with("connecting", started(State::Connecting)),
        with("listening", started(LIVE)),
    ]
}

fn during_a_recording() -> Vec<PageState> {
    let talking = |now| [started(LIVE), meeting(), live(), vec![state(now)]].concat();
    let mut many: Vec<Event> = started(LIVE);
    many.extend((0..40).map(|turn| ended(turn, 15 * turn, None, LONG_TURN)));
    many.extend([
        reading(615, 62),
        open(40, 605, "And that brings us", "to the"),
    ]);
    let scrolled_up = PageState {
        script: SCROLL_UP,
        shown: "document.getElementById('jump')?.hidden === false",
        later: (41..53)
            .map(|turn| ended(turn, 15 * turn, None, LONG_TURN))
            .collect(),
        ..with("scrolled-up", many.clone())
    };
    let finding = PageState {
        script: FIND,
        shown: "document.getElementById('find-count')?.textContent.includes(' of ')",
        ..with("finding", many.clone())
    };
    let reconnecting = |outage, secs| State::Reconnecting { outage, secs };
    let mut with_sign_in = talking(reconnecting(Outage::SignIn, 65));
    with_sign_in.push(Event::Interrupted(Problem::Microphone(
        MicrophoneFailure::SignedOut,
    )));
    let mut interrupted = talking(reconnecting(Outage::Service, 12));
    interrupted.push(Event::Interrupted(Problem::SocketRefused));
    let mut ending = talking(LIVE);
    ending.push(Event::IdleCountdown(Some(42)));
    let behind = Progress::Behind { secs: 12 };
    let filling = Progress::Filling { secs: 21 };
    vec![
        with("recording", talking(LIVE)),
        with("recording-long", many),
        scrolled_up,
        finding,
        with("two-recordings", two_recordings()),
        with("behind", talking(State::Listening(behind))),
        with("catching-up", talking(State::Listening(filling))),
        with("reconnecting", talking(reconnecting(Outage::Offline, 41))),
        with("interrupted", interrupted),
        with("sign-in", with_sign_in),
        with("countdown", ending),
        with("paused", talking(State::Paused)),
        with("finishing", talking(State::Finishing(Awaited::LastWords))),
        with("finished", [started(LIVE), meeting(), over()].concat()),
        with("gaps", gaps()),
        edited("edited", EDIT),
        edited("editing", KEEP_EDITING),
    ]
}

/// A recording with two speakers, in which a person has corrected a line and named a speaker.
fn edited(name: &'static str, script: &'static str) -> PageState {
    let mut events = [started(LIVE), meeting(), live()].concat();
    for event in &mut events {
        if let Event::Changed(Change::Turn(turn)) = event {
            turn.speaker = (!turn.words.is_empty() && turn.id.turn != JAPANESE_TURN as u32)
                .then(|| if turn.id.turn % 2 == 0 { "A" } else { "B" }.to_owned());
        }
    }
    PageState {
        script,
        shown: "window.isEdited",
        ..with(name, events)
    }
}

fn with_problems() -> Vec<PageState> {
    let problem = |name, problem| {
        let events = [started(LIVE), meeting(), vec![Event::Problem(problem)]];
        with(name, [events.concat(), over()].concat())
    };
    let page = |name, events, script| PageState {
        script,
        ..with(name, events)
    };
    vec![
        problem("reload", Problem::Token(TokenFailure::Unreadable)),
        problem(
            "long-problem",
            Problem::Microphone(MicrophoneFailure::InsecurePage),
        ),
        page("sound-note", started(LIVE), SHOW_SOUND_NOTE),
        page("crashed", [started(LIVE), meeting()].concat(), CRASH),
    ]
}

/// Runs before the page's scripts: holds the module back, or dismisses the notice.
const PREPARE: &str = "
    if (location.search === '?loading') {
        WebAssembly.instantiateStreaming = () => new Promise(() => {});
    }
    if (location.protocol === 'http:') {
        localStorage.clear();
    }
    addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true);
    if (location.search === '?dismissed') {
        const dismiss = new MutationObserver(() => {
            const notice = document.getElementById('notice');
            if (!notice || notice.hidden) return;
            dismiss.disconnect();
            document.getElementById('notice-close').click();
            document.activeElement.blur();
        });
        dismiss.observe(document, { subtree: true, attributes: true, childList: true });
    }";

const OPEN_SETTINGS: &str = "
    document.getElementById('settings').showPopover();
    document.getElementById('announce').click();";

/// Loads the module for documents, which adds buttons to the header.
const LOAD_DOCUMENTS: &str = "
    document.getElementById('export-button').click();
    while (!document.getElementById('export-status')) {
        await new Promise(requestAnimationFrame);
    }
    document.getElementById('export').hidePopover();
    document.activeElement.blur();";

/// When the recording of the README began: 2026-05-18, 14:05 UTC.
const README_START_MS: u64 = 1_779_113_100_000;

/// Waits until the page offers to keep the audio. A recording had no room for it.
const KEEP_AUDIO: &str = "
    while (!document.getElementById('keep-audio')) await new Promise(requestAnimationFrame);
    window.inturnAudio = 'full';
    dispatchEvent(new Event('inturn:audio'));
    document.getElementById('settings').showPopover();
    document.getElementById('keep-audio').click();
    document.getElementById('settings-reset').scrollIntoView();";

/// Stores files, whose bytes are numbers.
const STORE: &str = "async (files) => {
    const root = await navigator.storage.getDirectory();
    const name = encodeURIComponent(new URL('.', location.href).href);
    const folder = await root.getDirectoryHandle(name, { create: true });
    for (const [name, bytes] of files) {
        const file = await folder.getFileHandle(name, { create: true });
        const stream = await file.createWritable();
        await stream.write(Uint8Array.from(bytes));
        await stream.close();
    }
}";

/// Waits until the page has loaded what keeps the reader's place.
const SCROLL_UP: &str = "
    while (!document.getElementById('jump')) await new Promise(requestAnimationFrame);
    document.getElementById('scroller').scrollTop = -1000;";

/// Waits until the page has loaded Find.
const FIND: &str = "
    while (!document.getElementById('find-button')) await new Promise(requestAnimationFrame);
    document.getElementById('find-button').click();
    const field = document.getElementById('find-field');
    field.value = 'boat';
    field.dispatchEvent(new Event('input'));";

const EDIT: &str = concat!("const isKept = false;", include_str!("page_states/edit.js"));

const KEEP_EDITING: &str = concat!("const isKept = true;", include_str!("page_states/edit.js"));

const CRASH: &str = "
    dispatchEvent(new CustomEvent('inturn:crash', { detail: { message: 'by a test' } }));";

const SHOW_SOUND_NOTE: &str = "
    const note = document.getElementById('sound-note');
    note.textContent = 'Your browser does not apply the sound settings for echo cancellation, ' +
        'and may not apply those for noise suppression and automatic volume.';
    note.hidden = false;";
