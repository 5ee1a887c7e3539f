//! What a person sees, as values: the shell puts them on the page and decides nothing.

pub mod sound;

use inturn_protocol::{LocalService, PageConfig};
use serde::{Deserialize, Serialize};

use crate::clock::clock;
use crate::problem::Problem;
use crate::turns::{self, Row, RowState, TurnKey};

/// One change to what is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ViewChange {
    /// The recording has a new state.
    State(StateView),
    /// A turn is new or reads differently. Turns stand in the order of (session, turn).
    Turn(TurnView),
    /// A turn is gone.
    TurnRemoved {
        /// Counted from 1 over the life of the page.
        session: u32,
        /// The service's `turn_order`.
        turn: u32,
    },
    /// A problem to show until the next recording begins.
    Problem(ProblemView),
    /// The problem shown so far is over.
    ProblemCleared,
    /// The level meter and the clock, several times a second while the microphone is on.
    Meter(MeterView),
}

/// The states of a recording, as the page names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordingState {
    /// Nothing is going on.
    Idle,
    /// Waiting for the microphone, the token or the service; once the microphone is on, all that is
    /// said is kept.
    Starting,
    /// Words are coming.
    Listening,
    /// The microphone is off and the last words are awaited.
    Finishing,
}

/// What the button does when it is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Start a recording.
    Record,
    /// End it; a second time, end it without waiting for the last words.
    Stop,
}

/// The state line and the button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateView {
    /// The state, for style sheets and tests.
    pub state: RecordingState,
    /// The state in words.
    pub status: String,
    /// What the button says.
    pub label: String,
    /// What the button does.
    pub action: Action,
    /// Whether the microphone is on or being asked for.
    pub recording: bool,
    /// The page's title: a tab out of sight still shows whether it records.
    pub title: String,
    /// Whether it should be read out: nobody wants to hear each second of a countdown.
    pub is_news: bool,
}

/// What is awaited between Stop and the last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FinishingView {
    /// The service's last words.
    LastWords,
    /// Audio is still on its way.
    Sending {
        /// How much, in seconds begun.
        secs: u32,
    },
    /// The network is down.
    Offline,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnView {
    /// Counted from 1 over the life of the page.
    pub session: u32,
    /// The service's `turn_order`.
    pub turn: u32,
    /// When it began, from the start of the recording: `m:ss`, or `h:mm:ss` from an hour on.
    pub time: String,
    /// Words that stand.
    pub firm: String,
    /// Words that may still change.
    pub tentative: String,
    /// Whether the turn has ended.
    pub is_final: bool,
    /// What to say beside a turn that broke off, or nothing.
    pub remark: Option<String>,
    /// The language as a BCP 47 tag, for the `lang` attribute, where the service reports it.
    pub language: Option<String>,
}

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemView {
    /// A stable name for tests and style sheets.
    pub kind: String,
    /// What happened and what to do.
    pub sentence: String,
    /// What the way to the sign-in is called, where signing in is what to do.
    pub sign_in: Option<String>,
    /// Whether to offer to reload the page.
    pub reload: bool,
    /// Whether it should be read out: nobody wants to hear each second of a wait.
    pub is_news: bool,
}

/// The level meter and the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeterView {
    /// How far the meter is out, in hundredths: 0 for silence to 100 for full scale, on a scale of
    /// decibels.
    pub level_percent: u32,
    /// How long the recording is: `m:ss`, or `h:mm:ss` from an hour on.
    pub elapsed: String,
}

impl RecordingState {
    /// The name in `data-state`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Starting => "starting",
            Self::Listening => "listening",
            Self::Finishing => "finishing",
        }
    }
}

impl RecordingState {
    /// What stands where the words will be, until there are some.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Idle => "Press Record and start talking. Your words appear here.",
            Self::Starting | Self::Listening | Self::Finishing => "Your words will appear here.",
        }
    }
}

impl StateView {
    /// Before the first recording, and after each.
    pub fn idle() -> Self {
        Self::new(RecordingState::Idle, "Ready")
    }

    /// This state beside a problem that is shown: nothing is ready there.
    pub fn beside_problem(self) -> Self {
        match self.state {
            RecordingState::Idle => Self::new(RecordingState::Idle, "Stopped"),
            _ => self,
        }
    }

    /// The browser is asking for the microphone.
    pub fn awaiting_microphone() -> Self {
        Self::new(
            RecordingState::Starting,
            "Allow the microphone in the box your browser shows.",
        )
    }

    /// The microphone is on and the service is not there yet.
    pub fn connecting() -> Self {
        Self::new(
            RecordingState::Starting,
            "Connecting… you can start talking.",
        )
    }

    /// Words are coming.
    pub fn listening() -> Self {
        Self::new(RecordingState::Listening, "Listening")
    }

    /// The microphone is off and the last words are awaited.
    pub fn finishing() -> Self {
        Self::new(
            RecordingState::Finishing,
            "Microphone off. Waiting for the last words…",
        )
    }

    /// The microphone is off and audio is still on its way; `is_news` when that begins.
    fn sending(secs: u32, is_news: bool) -> Self {
        let status = format!("Microphone off. Sending the last {secs} s…");
        Self {
            is_news,
            ..Self::new(RecordingState::Finishing, &status)
        }
    }

    /// The microphone is off and the network is down.
    fn offline() -> Self {
        Self::new(
            RecordingState::Finishing,
            "Microphone off. Waiting for the network…",
        )
    }

    fn new(state: RecordingState, status: &str) -> Self {
        let (label, action) = match state {
            RecordingState::Idle => ("Record", Action::Record),
            RecordingState::Starting | RecordingState::Listening => ("Stop", Action::Stop),
            RecordingState::Finishing => ("Stop waiting", Action::Stop),
        };
        let recording = matches!(state, RecordingState::Starting | RecordingState::Listening);
        let title = if recording {
            "● Recording · Inturn"
        } else {
            "Inturn"
        };
        Self {
            state,
            status: status.to_owned(),
            label: label.to_owned(),
            action,
            recording,
            title: title.to_owned(),
            is_news: true,
        }
    }
}

impl FinishingView {
    /// Shows it in the place of `old`.
    pub(crate) fn state(self, old: Self) -> StateView {
        match self {
            Self::LastWords => StateView::finishing(),
            Self::Sending { secs } => {
                StateView::sending(secs, !matches!(old, Self::Sending { .. }))
            }
            Self::Offline => StateView::offline(),
        }
    }
}

impl TurnView {
    /// Shows `row`.
    pub fn new(key: TurnKey, row: &Row) -> Self {
        Self {
            session: key.session,
            turn: key.turn,
            time: clock(row.start_ms / 1_000),
            firm: row.firm.clone(),
            tentative: row.tentative.clone(),
            is_final: row.state != RowState::Open,
            remark: (row.state == RowState::Unfinished).then(|| BROKE_OFF.to_owned()),
            // Some sources write `en_us`.
            language: row.language.as_ref().map(|code| code.replace('_', "-")),
        }
    }

    /// What a screen reader reads of this turn once it has ended.
    pub fn announcement(&self) -> String {
        match &self.remark {
            Some(remark) => format!("{} ({remark})", self.firm),
            None => self.firm.clone(),
        }
    }

    /// This turn once its recorder is gone: as it stands, and marked. Nothing if it had ended.
    pub fn broken_off(&self) -> Option<Self> {
        (!self.is_final).then(|| Self {
            firm: turns::join([self.firm.as_str(), self.tentative.as_str()]),
            tentative: String::new(),
            is_final: true,
            remark: Some(BROKE_OFF.to_owned()),
            ..self.clone()
        })
    }
}

impl ProblemView {
    /// Shows `problem`.
    pub fn new(problem: &Problem) -> Self {
        Self {
            kind: problem.kind().to_owned(),
            sentence: problem.to_string(),
            sign_in: problem.wants_sign_in().then(|| "Sign in again".to_owned()),
            reload: problem.wants_reload(),
            is_news: true,
        }
    }
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

/// Where somebody signs in again, in a window of its own: at this server, or at whoever stands before
/// it and lets nobody through to the page.
pub fn sign_in_url(config: &PageConfig) -> &str {
    config.sign_in_url.as_deref().unwrap_or("./")
}

/// Beside a turn whose end never came.
const BROKE_OFF: &str = "cut off here";
