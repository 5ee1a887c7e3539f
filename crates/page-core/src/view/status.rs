//! The state line, the title and the buttons.

use inturn_client_core::session::{Awaited, Hold, Outage, Progress, Sound, State};
use serde::{Deserialize, Serialize};

use crate::{clock::clock, wording::short_name};

/// The action of a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Start a recording.
    Record,
    /// End it. A second Stop ends it without waiting for the last words.
    Stop,
    /// Turn the microphone off, and end the session.
    Pause,
    /// Go on with a paused recording.
    Resume,
}

/// What the state line and the buttons depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The state of the recording.
    pub state: State,
    /// What comes from the microphone.
    pub sound: Sound,
    /// Whether the microphone is still on although the recording is paused or over.
    pub is_stopping: bool,
    /// Whether there is a recording already that waits for the microphone.
    pub is_resuming: bool,
    /// Whether the problem line shows a problem.
    pub has_problem: bool,
}

/// The button that pauses a recording, and resumes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PauseView {
    /// What the button says.
    pub label: &'static str,
    /// What the button does.
    pub action: Action,
    /// What the button does, in a sentence.
    pub hint: &'static str,
}

/// The state line and the buttons.
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
    /// The second button; `None` if there is nothing to pause.
    pub pause: Option<PauseView>,
    /// Whether the microphone is on or requested.
    pub is_recording: bool,
    /// The page's title. It shows in a background tab too whether the page records, and whether its
    /// words are live.
    pub title: String,
    /// The text in place of the transcript while there are no words.
    pub placeholder: &'static str,
    /// Whether a screen reader should read it. `false` for the seconds of a countdown.
    pub is_announced: bool,
}

/// What the state line is about.
#[derive(Clone, Copy)]
enum Subject {
    /// How the words do.
    Words(State),
    /// A microphone that is still on after Stop or Pause.
    End(State),
    /// A microphone that does not deliver. No word can come from it, so it takes precedence.
    Microphone(Sound),
}

impl Status {
    fn subject(&self) -> Subject {
        let is_over = matches!(self.state, State::Paused | State::Finishing(_));
        let is_recording = self.state.has_microphone() && self.state != State::AwaitingMicrophone;
        if is_over && self.is_stopping {
            Subject::End(self.state)
        } else if is_recording && self.sound != Sound::Arriving {
            Subject::Microphone(self.sound)
        } else {
            Subject::Words(self.state)
        }
    }
}

impl StateView {
    /// Creates the view of `new`, which replaces `old`. `device` is the microphone's name, or
    /// empty.
    pub fn new(new: &Status, old: &Status, device: &str) -> Self {
        let state = new.state;
        let subject = new.subject();
        let (name, status, title) = match subject {
            Subject::Words(state) => (
                state_name(state),
                words_line(state, new.has_problem),
                words_title(state),
            ),
            Subject::End(State::Paused) => ("pausing", "Pausing…".to_owned(), words_title(state)),
            Subject::End(_) => ("stopping", "Stopping…".to_owned(), words_title(state)),
            Subject::Microphone(sound) => (
                sound_name(sound),
                microphone_line(sound, device),
                Some(microphone_title(sound)),
            ),
        };
        let (label, action) = match state {
            State::Idle => ("Record", Action::Record),
            State::Finishing(_) => ("Stop waiting", Action::Stop),
            _ => ("Stop", Action::Stop),
        };
        Self {
            name,
            status,
            label,
            action,
            pause: pause(new),
            is_recording: state.has_microphone(),
            title: title.map_or_else(|| "Inturn".to_owned(), |it| format!("{it} · Inturn")),
            placeholder: if state == State::Idle {
                "Press Record and start talking. Your words appear here."
            } else {
                "Your words will appear here."
            },
            is_announced: !is_same(subject, old.subject()),
        }
    }

    /// Makes the title say that the recording is about to end, because there were no words.
    pub fn announce_end(&mut self, secs: u32) {
        let left = clock(u64::from(secs));
        self.title = format!("● Ends in {left} · Inturn");
    }
}

fn pause(status: &Status) -> Option<PauseView> {
    match status.state {
        State::Connecting | State::Listening(_) | State::Reconnecting { .. } => Some(PauseView {
            label: "Pause",
            action: Action::Pause,
            hint: "Turn the microphone off for a while",
        }),
        // Until the microphone is there, the button keeps its place and the focus.
        State::AwaitingMicrophone if !status.is_resuming => None,
        State::Paused | State::AwaitingMicrophone => Some(PauseView {
            label: "Resume",
            action: Action::Resume,
            hint: "Continue this recording",
        }),
        State::Idle | State::Finishing(_) => None,
    }
}

fn state_name(state: State) -> &'static str {
    match state {
        State::Idle => "idle",
        State::AwaitingMicrophone | State::Connecting => "starting",
        State::Listening(_) => "listening",
        State::Reconnecting { .. } => "reconnecting",
        State::Paused => "paused",
        State::Finishing(_) => "finishing",
    }
}

fn sound_name(sound: Sound) -> &'static str {
    match sound {
        Sound::Arriving => "arriving",
        Sound::Preparing => "preparing",
        Sound::Silent => "silent",
        Sound::Held(Hold::Muted) => "muted",
        Sound::Held(Hold::Interrupted) => "interrupted",
        Sound::Held(Hold::Suspended) => "suspended",
        Sound::Stalled => "stalled",
        Sound::Missing { .. } => "missing",
    }
}

fn words_line(state: State, has_problem: bool) -> String {
    let line = match state {
        // "Ready" would contradict the problem.
        State::Idle if has_problem => "Stopped",
        State::Idle => "Ready",
        State::AwaitingMicrophone => "Allow the microphone in the box your browser shows.",
        State::Connecting => "Connecting… you can start talking.",
        State::Listening(Progress::Live) => "Live",
        State::Listening(Progress::Behind { secs }) => {
            return format!("{} behind, nothing lost", length(secs));
        }
        State::Listening(Progress::Filling { secs }) => {
            return format!("Live, catching up on {}", length(secs));
        }
        State::Reconnecting { outage, secs } => {
            let secs = clock(u64::from(secs));
            return match outage {
                Outage::Service => format!("Reconnecting {secs}, keeping your words"),
                Outage::Offline => format!("Offline {secs}, keeping your words"),
                Outage::SignIn => format!("Waiting for you to sign in, {secs} kept"),
            };
        }
        State::Paused => "Paused. The microphone is off.",
        State::Finishing(Awaited::LastWords) => "Microphone off. Waiting for the last words…",
        State::Finishing(Awaited::Upload { secs }) => {
            return format!("Microphone off. Sending the last {}…", length(secs));
        }
        State::Finishing(Awaited::Connection(outage)) => match outage {
            Outage::Service => "Microphone off. Reconnecting for the last words…",
            Outage::Offline => "Microphone off. Waiting for the network…",
            Outage::SignIn => "Microphone off. Sign in again for the last words.",
        },
    };
    line.to_owned()
}

fn microphone_line(sound: Sound, device: &str) -> String {
    let device = if device.is_empty() {
        "the microphone".to_owned()
    } else {
        short_name(device)
    };
    let line = match sound {
        // Not shown: the line is then about the words.
        Sound::Arriving => "",
        Sound::Preparing => return format!("Preparing {device}…"),
        Sound::Silent => return format!("No sound from {device}"),
        Sound::Held(Hold::Muted) => "The microphone is muted",
        Sound::Held(Hold::Interrupted) => "Microphone in use elsewhere, waiting",
        Sound::Held(Hold::Suspended) => "Tap to resume",
        Sound::Stalled => "Waiting for the microphone…",
        Sound::Missing { secs } => {
            let secs = clock(u64::from(secs));
            return format!("No microphone {secs}, looking for one");
        }
    };
    line.to_owned()
}

/// Returns the title, or `None` while nothing is recorded.
fn words_title(state: State) -> Option<String> {
    Some(match state {
        State::Idle | State::Finishing(_) => return None,
        State::Listening(Progress::Behind { secs }) => format!("● {} behind", length(secs)),
        State::Reconnecting { outage, secs } => {
            let secs = clock(u64::from(secs));
            match outage {
                Outage::Service => format!("○ Reconnecting {secs}"),
                Outage::Offline => format!("○ Offline {secs}"),
                Outage::SignIn => format!("○ Sign in, {secs} kept"),
            }
        }
        State::Paused => "‖ Paused".to_owned(),
        _ => "● Recording".to_owned(),
    })
}

fn microphone_title(sound: Sound) -> String {
    let title = match sound {
        Sound::Arriving => "● Recording",
        Sound::Preparing => "○ Preparing",
        Sound::Silent => "○ No sound",
        Sound::Held(Hold::Muted) => "○ Muted",
        Sound::Held(Hold::Interrupted) => "○ Microphone in use",
        Sound::Held(Hold::Suspended) => "○ Tap to resume",
        Sound::Stalled => "○ Waiting",
        Sound::Missing { secs } => return format!("○ No microphone {}", clock(u64::from(secs))),
    };
    title.to_owned()
}

/// Returns `true` if two lines are the same, or differ in a number of seconds only.
fn is_same(new: Subject, old: Subject) -> bool {
    match (new, old) {
        (Subject::Words(new), Subject::Words(old)) => differ_in_seconds(new, old),
        (
            Subject::Microphone(Sound::Missing { .. }),
            Subject::Microphone(Sound::Missing { .. }),
        ) => true,
        (Subject::Microphone(new), Subject::Microphone(old)) => new == old,
        _ => false,
    }
}

/// Returns `true` if two states differ in a number of seconds only.
fn differ_in_seconds(state: State, old: State) -> bool {
    match (state, old) {
        (State::Listening(new), State::Listening(old)) => {
            std::mem::discriminant(&new) == std::mem::discriminant(&old)
        }
        (State::Reconnecting { outage: new, .. }, State::Reconnecting { outage: old, .. }) => {
            new == old
        }
        (State::Finishing(Awaited::Upload { .. }), State::Finishing(Awaited::Upload { .. })) => {
            true
        }
        _ => false,
    }
}

/// Returns a length in words: in seconds up to a minute, then as on a clock.
fn length(secs: u32) -> String {
    if secs < 60 {
        format!("{secs} s")
    } else {
        clock(u64::from(secs))
    }
}
