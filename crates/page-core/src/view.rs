//! What a person sees, as values. The shell puts them on the page and makes no decisions.

pub mod guard;
pub mod sound;
mod status;

use inturn_client_core::{problem::Problem, session::LevelReading};
use inturn_protocol::{LocalService, PageConfig};
use inturn_transcript::{Entry, Gap, GapReason, Phrases, Speaker, Turn, TurnState};

pub use self::status::{Action, PauseView, StateView, Status};
use crate::{
    clock::clock,
    wording::{HelpLink, Wording},
};

/// A row of the transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryView {
    /// Its start, in milliseconds from the start of the recording.
    pub start_ms: u32,
    /// Its start, from the start of the recording: `m:ss`, or `h:mm:ss` from an hour on.
    pub time: String,
    /// The speaker, if the service labels speakers: "Speaker A", or "…" until it knows.
    pub speaker: Option<String>,
    /// Words that no longer change.
    pub firm: String,
    /// Words that may still change.
    pub tentative: String,
    /// Whether it is complete.
    pub is_final: bool,
    /// A note after a turn that was cut off, or in place of a part that was not transcribed.
    pub remark: Option<&'static str>,
    /// The language as a BCP 47 tag, for the `lang` attribute, if the service reports it.
    pub language: Option<String>,
}

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemView {
    /// A stable name for tests and style sheets.
    pub kind: &'static str,
    /// What happened and what to do.
    pub sentence: String,
    /// The label of the link to the sign-in page, if signing in helps.
    pub sign_in: Option<&'static str>,
    /// Whether to show a link that reloads the page.
    pub reload: bool,
    /// Whether a screen reader should read it. `false` for the seconds of a wait.
    pub is_announced: bool,
}

/// The level meter and the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelView {
    /// The length of the meter's bar in percent, on a decibel scale: 0 for silence, 100 for full
    /// scale.
    pub percent: u32,
    /// The length of the recording: `m:ss`, or `h:mm:ss` from an hour on.
    pub elapsed: String,
}

impl EntryView {
    /// Creates the view of `entry`.
    pub fn new(entry: &Entry) -> Self {
        match entry {
            Entry::Turn(turn) => Self::of_turn(turn),
            Entry::Gap(gap) => Self::of_gap(*gap),
        }
    }

    fn of_turn(turn: &Turn) -> Self {
        Self {
            start_ms: turn.start_ms,
            time: time(turn.start_ms),
            speaker: turn.speaker.as_deref().map(speaker_label),
            firm: turn.firm().to_owned(),
            tentative: turn.tentative().to_owned(),
            is_final: turn.has_ended(),
            remark: (turn.state == TurnState::Unfinished).then_some(Phrases::ENGLISH.cut_off),
            language: turn.language.as_deref().map(language_tag),
        }
    }

    fn of_gap(gap: Gap) -> Self {
        Self {
            start_ms: gap.from_ms,
            time: time(gap.from_ms),
            speaker: None,
            firm: String::new(),
            tentative: String::new(),
            is_final: true,
            remark: Some(match gap.reason {
                GapReason::Paused => "paused",
                reason => Phrases::ENGLISH.gap(reason),
            }),
            language: None,
        }
    }

    /// The text that a screen reader reads once the turn has ended.
    pub fn announcement(&self) -> String {
        match &self.remark {
            Some(remark) => format!("{} ({remark})", self.firm),
            None => self.firm.clone(),
        }
    }
}

impl ProblemView {
    /// Creates the view of `problem`. `device` is the microphone's name, or empty. Screen readers
    /// read the problem if `is_announced`.
    pub fn new(problem: &Problem, device: &str, is_announced: bool) -> Self {
        Self::with_wording(Wording::of(problem), problem, device, is_announced)
    }

    /// Creates the view of a problem that keeps a recording paused.
    pub fn paused(problem: &Problem) -> Self {
        Self::with_wording(Wording::paused(problem), problem, "", true)
    }

    /// Creates the view of a problem that only interrupts the transcription.
    pub fn interrupted(problem: &Problem, is_announced: bool) -> Self {
        Self::with_wording(Wording::interrupted(problem), problem, "", is_announced)
    }

    fn with_wording(
        mut wording: Wording,
        problem: &Problem,
        device: &str,
        is_announced: bool,
    ) -> Self {
        if *problem == Problem::MicrophoneSilent && !device.is_empty() {
            wording.name_device(device);
        }
        Self {
            kind: wording.kind,
            sentence: wording.text(),
            sign_in: (wording.link == HelpLink::SignIn).then_some("Sign in again"),
            reload: wording.link == HelpLink::Reload,
            is_announced,
        }
    }
}

impl LevelView {
    /// Creates the view of `reading`.
    pub fn new(reading: LevelReading) -> Self {
        Self {
            percent: reading.percent,
            elapsed: time(reading.captured_ms),
        }
    }
}

/// Returns how a speaker without a name is shown.
pub(crate) fn speaker_label(label: &str) -> String {
    match Speaker::new(label) {
        Speaker::Known(label) => [Phrases::ENGLISH.speaker, " ", label].concat(),
        Speaker::Unknown => "…".to_owned(),
    }
}

/// Returns the BCP 47 tag of a language. Some models report `en_us`.
fn language_tag(code: &str) -> String {
    code.chars()
        .map(|it| if it == '_' { '-' } else { it })
        .collect()
}

fn time(ms: u32) -> String {
    clock(u64::from(ms / 1_000))
}

/// Returns what stands in for the real service if the server uses the local one.
pub fn notice(config: &PageConfig) -> Option<&'static str> {
    Some(match config.local_service? {
        LocalService::Moonshine => {
            "Speech is recognised on this server, and no sound leaves it: English only, about 1 \
             word in 20 wrong."
        }
        LocalService::OtherModel => "Speech is recognised on this server, and no sound leaves it.",
        LocalService::Pocketsphinx => {
            "Speech is recognised on this server, and no sound leaves it: English only, about 1 \
             word in 3 wrong."
        }
        LocalService::Script => {
            "Demo: a prepared text appears as you speak, whatever you say. Add an API key for real \
             transcription."
        }
    })
}

/// Returns the address of the sign-in page of this server, or of the proxy in front of it. It opens
/// in a new tab.
pub fn sign_in_url(config: &PageConfig) -> &str {
    config.sign_in_url.as_deref().unwrap_or("./")
}
