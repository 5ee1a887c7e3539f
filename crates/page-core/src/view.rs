//! What a person sees, as values: the shell puts them on the page and decides nothing.

pub mod sound;

use inturn_client_core::problem::Problem;
use inturn_client_core::session::{Awaited, LevelReading, State};
use inturn_protocol::{LocalService, PageConfig};
use inturn_transcript::{Entry, Gap, GapReason, Turn, TurnState};
use serde::{Deserialize, Serialize};

use crate::clock::clock;
use crate::wording::{Link, Wording};

/// What the button does when it is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Start a recording.
    Record,
    /// End it; a second time, end it without waiting for the last words.
    Stop,
}

/// The state line and the button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateView {
    /// The state's name, for style sheets and tests.
    pub name: &'static str,
    /// The state in words.
    pub status: String,
    /// What the button says.
    pub label: &'static str,
    /// What the button does.
    pub action: Action,
    /// Whether the microphone is on or being asked for.
    pub is_recording: bool,
    /// The page's title: a tab out of sight still shows whether it records.
    pub title: &'static str,
    /// What stands where the words will be, until there are some.
    pub placeholder: &'static str,
    /// Whether a screen reader should read it: not each second of a countdown.
    pub is_news: bool,
}

/// A row of the transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryView {
    /// When it began, from the start of the recording: `m:ss`, or `h:mm:ss` from an hour on.
    pub time: String,
    /// Words that stand.
    pub firm: String,
    /// Words that may still change.
    pub tentative: String,
    /// Whether no more is expected.
    pub is_final: bool,
    /// What to say beside a turn that broke off, or in place of what was not transcribed.
    pub remark: Option<&'static str>,
    /// The language as a BCP 47 tag, for the `lang` attribute, where the service reports it.
    pub language: Option<String>,
}

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemView {
    /// A stable name for tests and style sheets.
    pub kind: &'static str,
    /// What happened and what to do.
    pub sentence: String,
    /// The label of the link to the sign-in, where signing in is what to do.
    pub sign_in: Option<&'static str>,
    /// Whether to offer to reload the page.
    pub reload: bool,
    /// Whether a screen reader should read it: not each second of a wait.
    pub is_news: bool,
}

/// The level meter and the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelView {
    /// How far the meter is out, in hundredths: 0 for silence to 100 for full scale, on a scale of
    /// decibels.
    pub percent: u32,
    /// How long the recording is: `m:ss`, or `h:mm:ss` from an hour on.
    pub elapsed: String,
}

impl StateView {
    /// Shows `state` in the place of `old`, beside a problem or not.
    pub fn new(state: State, old: State, has_problem: bool) -> Self {
        let status = match state {
            // Beside a problem nothing is ready.
            State::Idle if has_problem => "Stopped".to_owned(),
            State::Idle => "Ready".to_owned(),
            State::AwaitingMicrophone => {
                "Allow the microphone in the box your browser shows.".to_owned()
            }
            State::Connecting => "Connecting… you can start talking.".to_owned(),
            State::Listening => "Listening".to_owned(),
            State::Finishing(Awaited::LastWords) => {
                "Microphone off. Waiting for the last words…".to_owned()
            }
            State::Finishing(Awaited::Upload { secs }) => {
                format!("Microphone off. Sending the last {secs} s…")
            }
            State::Finishing(Awaited::Network) => {
                "Microphone off. Waiting for the network…".to_owned()
            }
        };
        let (name, label, action) = match state {
            State::Idle => ("idle", "Record", Action::Record),
            State::AwaitingMicrophone | State::Connecting => ("starting", "Stop", Action::Stop),
            State::Listening => ("listening", "Stop", Action::Stop),
            State::Finishing(_) => ("finishing", "Stop waiting", Action::Stop),
        };
        let is_upload = |state| matches!(state, State::Finishing(Awaited::Upload { .. }));
        Self {
            name,
            status,
            label,
            action,
            is_recording: state.has_microphone(),
            title: if state.has_microphone() {
                "● Recording · Inturn"
            } else {
                "Inturn"
            },
            placeholder: if state == State::Idle {
                "Press Record and start talking. Your words appear here."
            } else {
                "Your words will appear here."
            },
            is_news: !(is_upload(state) && is_upload(old)),
        }
    }
}

impl EntryView {
    /// Shows `entry`.
    pub fn new(entry: &Entry) -> Self {
        match entry {
            Entry::Turn(turn) => Self::of_turn(turn),
            Entry::Gap(gap) => Self::of_gap(*gap),
        }
    }

    fn of_turn(turn: &Turn) -> Self {
        Self {
            time: time(turn.start_ms),
            firm: turn.firm().to_owned(),
            tentative: turn.tentative().to_owned(),
            is_final: turn.has_ended(),
            remark: (turn.state == TurnState::Unfinished).then_some("cut off here"),
            // Some sources write `en_us`.
            language: turn.language.as_ref().map(|code| code.replace('_', "-")),
        }
    }

    fn of_gap(gap: Gap) -> Self {
        Self {
            time: time(gap.from_ms),
            firm: String::new(),
            tentative: String::new(),
            is_final: true,
            remark: Some(match gap.reason {
                GapReason::Disconnected => "not transcribed: no connection",
                GapReason::NoAudio => "not transcribed: no sound",
                GapReason::Paused => "paused",
            }),
            language: None,
        }
    }

    /// What a screen reader reads once the turn has ended.
    pub fn announcement(&self) -> String {
        match &self.remark {
            Some(remark) => format!("{} ({remark})", self.firm),
            None => self.firm.clone(),
        }
    }
}

impl ProblemView {
    /// Shows `problem`, which screen readers read if it `is_news`.
    pub fn new(problem: &Problem, is_news: bool) -> Self {
        let wording = Wording::of(problem);
        Self {
            kind: wording.kind,
            sentence: wording.text(),
            sign_in: (wording.link == Link::SignIn).then_some("Sign in again"),
            reload: wording.link == Link::Reload,
            is_news,
        }
    }
}

impl LevelView {
    /// Shows `reading`.
    pub fn new(reading: LevelReading) -> Self {
        Self {
            percent: reading.percent,
            elapsed: time(reading.captured_ms),
        }
    }
}

fn time(ms: u32) -> String {
    clock(u64::from(ms / 1_000))
}

/// The notice about demo mode, while the local service replaces the real one.
pub fn notice(config: &PageConfig) -> Option<&'static str> {
    Some(match config.local_service? {
        LocalService::Pocketsphinx => {
            "Demo mode: a small offline recogniser, English only and far less accurate. Add an API \
             key for the real one."
        }
        LocalService::Script => {
            "Demo mode: a prepared text appears as you speak, whatever you say. Add an API key for \
             real transcription."
        }
    })
}

/// The address of the sign-in, which opens in a window of its own: of this server, or of a proxy that
/// stands before the page.
pub fn sign_in_url(config: &PageConfig) -> &str {
    config.sign_in_url.as_deref().unwrap_or("./")
}
