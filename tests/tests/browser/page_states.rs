//! All states of the page, and how to bring it into each of them without a microphone.

use inturn_client_core::{
    problem::{MicrophoneFailure, Problem, TokenFailure},
    recording::{RecordingId, RecordingInfo},
    session::{Awaited, Event, LevelReading, Outage, Progress, State},
};
use inturn_tests::browser::Browser;
use inturn_transcript::{Change, Gap, GapReason, SessionEnd, Turn, TurnId, TurnState, Word, Words};

use crate::support::dispatch;

/// A state of the page: what is on it, and how it got there.
pub(crate) struct PageState {
    /// Its name, for files and messages.
    pub(crate) name: &'static str,
    start: Start,
    events: Vec<Event>,
    /// A script that runs after the events.
    script: &'static str,
}

/// How the page starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// The module never arrives.
    Loading,
    /// Ready, with the notice about demo mode.
    WithNotice,
    /// Ready, and the notice has been dismissed.
    Ready,
}

impl PageState {
    /// Loads the page at `url` in this state. Its server must be in demo mode, and the browser must
    /// have [`prepare`]d.
    pub(crate) async fn enter(&self, browser: &Browser, url: &str) {
        let (query, state) = match self.start {
            Start::Loading => ("loading", "loading"),
            Start::WithNotice => ("", "idle"),
            Start::Ready => ("dismissed", "idle"),
        };
        browser.go_to(&format!("{url}?{query}")).await;
        let is_ready = format!("document.getElementById('status').dataset.state === '{state}'");
        browser.wait_for(&is_ready).await;
        if !self.events.is_empty() {
            let script = dispatch(self.events.clone());
            browser.value::<()>(&script).await;
        }
        if !self.script.is_empty() {
            let script = format!("void (async () => {{ {} }})()", self.script);
            browser.value::<()>(&script).await;
        }
    }
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
    states
}

/// Returns the state for the pictures of the README: a recording, without the turn for which many
/// machines have no font.
pub(crate) fn for_the_readme() -> PageState {
    let turns = meeting().into_iter().enumerate();
    let readable = turns.filter(|(turn, _)| *turn != JAPANESE_TURN);
    let readable = readable.map(|(_, event)| event).collect();
    with("readme", [started(LIVE), readable, live()].concat())
}

fn at_the_start() -> Vec<PageState> {
    let before = |name, start, script| PageState {
        name,
        start,
        events: Vec::new(),
        script,
    };
    vec![
        before("loading", Start::Loading, ""),
        before("not-loaded", Start::Loading, CRASH),
        before("demo-notice", Start::WithNotice, ""),
        before("ready", Start::Ready, ""),
        before("settings", Start::Ready, OPEN_SETTINGS),
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
    ]
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

fn with(name: &'static str, events: Vec<Event>) -> PageState {
    PageState {
        name,
        start: Start::Ready,
        events,
        script: "",
    }
}

fn state(state: State) -> Event {
    Event::State(state)
}

fn started(now: State) -> Vec<Event> {
    let info = RecordingInfo {
        id: RecordingId(1),
        ..RecordingInfo::default()
    };
    vec![
        state(State::AwaitingMicrophone),
        Event::Began(info),
        state(now),
        reading(2, 0),
    ]
}

fn over() -> Vec<Event> {
    vec![state(State::Idle)]
}

/// The beginning of a meeting, in several languages.
fn meeting() -> Vec<Event> {
    vec![
        ended(
            0,
            1,
            None,
            "Good morning, and welcome to the meeting of the harbour board.",
        ),
        ended(1, 6, None, LONG_TURN),
        ended(
            2,
            19,
            Some("ja"),
            "おはようございます。まず、船の時刻表についてお話ししたいと思います。\
             来年の春から、一日に三便になります。",
        ),
        ended(
            3,
            31,
            Some("ar"),
            "شكرا جزيلا. هل يمكننا تغيير موعد الرحلة الأخيرة؟",
        ),
    ]
}

fn live() -> Vec<Event> {
    vec![
        open(
            4,
            38,
            "We asked the company in June,",
            "and they promised to",
        ),
        reading(43, 62),
        Event::Billed(42),
    ]
}

fn two_recordings() -> Vec<Event> {
    let mut events = [started(LIVE), meeting(), over()].concat();
    let second = RecordingInfo {
        id: RecordingId(2),
        ..RecordingInfo::default()
    };
    events.extend([
        state(State::AwaitingMicrophone),
        Event::Began(second),
        state(LIVE),
        ended(
            0,
            1,
            None,
            "Thank you all for coming back so soon after the break.",
        ),
        open(1, 7, "Where", "did we stop"),
        reading(9, 55),
    ]);
    events
}

fn gaps() -> Vec<Event> {
    let gap = |from_secs: u32, to_secs: u32, reason| {
        Event::Changed(Change::Gap(Gap {
            from_ms: from_secs * 1_000,
            to_ms: to_secs * 1_000,
            reason,
        }))
    };
    let mut events = [started(LIVE), meeting()].concat();
    events.extend([
        open(4, 38, "We asked the company in June,", "and they"),
        Event::Changed(Change::SessionEnded {
            session: 1,
            end: SessionEnd::BrokenOff,
        }),
        gap(44, 2_054, GapReason::Disconnected),
        gap(2_060, 2_075, GapReason::NoAudio),
        gap(2_080, 2_300, GapReason::Paused),
        reading(4_210, 40),
    ]);
    events
}

fn reading(secs: u32, percent: u32) -> Event {
    Event::Level(LevelReading {
        percent,
        captured_ms: secs * 1_000,
    })
}

fn ended(turn: u32, start_secs: u32, language: Option<&str>, text: &str) -> Event {
    Event::Changed(Change::Turn(Turn {
        state: TurnState::Formatted,
        language: language.map(str::to_owned),
        ..spoken(turn, start_secs, text, "")
    }))
}

fn open(turn: u32, start_secs: u32, firm: &str, tentative: &str) -> Event {
    Event::Changed(Change::Turn(spoken(turn, start_secs, firm, tentative)))
}

fn spoken(turn: u32, start_secs: u32, firm: &str, tentative: &str) -> Turn {
    let mut words = Words::default();
    let start_ms = start_secs * 1_000;
    for text in firm.split_whitespace().chain(tentative.split_whitespace()) {
        words.push(Word {
            text,
            start_ms,
            end_ms: start_ms,
            ..Word::default()
        });
    }
    Turn {
        start_ms,
        words,
        firm_words: u32::try_from(firm.split_whitespace().count()).expect("a few words"),
        ..Turn::new(TurnId { session: 1, turn })
    }
}

/// The place of the Japanese turn in [`meeting`].
const JAPANESE_TURN: usize = 2;

const LIVE: State = State::Listening(Progress::Live);

const LONG_TURN: &str = "Shall we begin with the ferry's timetable? It has changed again since the \
                         spring, and the last boat now leaves half an hour before the last train \
                         arrives.";

/// Runs before the page's scripts: holds the module back, or dismisses the notice.
const PREPARE: &str = "
    if (location.search === '?loading') {
        WebAssembly.instantiateStreaming = () => new Promise(() => {});
    }
    if (location.protocol === 'http:') {
        localStorage.clear();
        sessionStorage.clear();
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

const CRASH: &str = "
    dispatchEvent(new CustomEvent('inturn:crash', { detail: { message: 'by a test' } }));";

const SHOW_SOUND_NOTE: &str = "
    const note = document.getElementById('sound-note');
    note.textContent = 'Your browser does not apply the sound settings for echo cancellation, ' +
        'and may not apply those for noise suppression and automatic volume.';
    note.hidden = false;";
