//! The effects of a story as lines of text.

use inturn_client_core::{
    problem::{Problem, TokenFailure},
    session::{Awaited, Device, Effect, Event, Progress, Sound, State},
};
use inturn_transcript::{Entry, EntryId, Transcript, TurnState};

use super::story::Story;

impl Story {
    /// Returns the kind of the last reported state.
    pub(crate) fn state(&self) -> &'static str {
        kind(self.ledger.state)
    }

    /// Returns the name of the last problem since the last Record, unless it is resolved.
    pub(crate) fn problem(&self) -> Option<String> {
        self.last_problem().as_ref().map(name)
    }

    fn last_problem(&self) -> Option<Problem> {
        self.log.iter().rev().find_map(|(_, effect)| match effect {
            Effect::Event(Event::Problem(problem) | Event::Interrupted(problem)) => {
                Some(Some(*problem))
            }
            Effect::Event(Event::State(State::AwaitingMicrophone) | Event::Resolved(_)) => {
                Some(None)
            }
            _ => None,
        })?
    }

    /// Returns the entries of the transcript in their order: texts, and gaps with their times.
    pub(crate) fn entries(&self) -> Vec<String> {
        let entries = self.transcript.entries().iter();
        let texts = entries.map(|entry| match entry {
            Entry::Turn(turn) => turn.text().to_owned(),
            Entry::Gap(gap) => format!("gap {}-{}", gap.from_ms, gap.to_ms),
        });
        texts.collect()
    }

    /// Returns all effects since the last call, one line each. Omits the level meter and the lease.
    /// Counts consecutive frames of the same length.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut frames = 0;
        let unread = self.descriptions[self.read..]
            .iter()
            .zip(&self.log[self.read..]);
        for (description, (_, effect)) in unread {
            for line in description {
                let is_frame = matches!(effect, Effect::SendAudio { .. });
                frames = if is_frame && lines.last().is_some_and(|last| last.starts_with(line)) {
                    lines.pop();
                    frames + 1
                } else {
                    1
                };
                lines.push(if frames > 1 {
                    format!("{line} × {frames}")
                } else {
                    line.clone()
                });
            }
        }
        self.read = self.log.len();
        lines
    }

    /// Describes an effect in lines.
    pub(super) fn describe(&mut self, effect: &Effect) -> Vec<String> {
        let line = match effect {
            Effect::OpenMicrophone(Device::Chosen) => "open microphone".to_owned(),
            Effect::OpenMicrophone(device) => format!("open microphone {device:?}"),
            Effect::CloseMicrophone => "close microphone".to_owned(),
            Effect::FetchToken { attempt, .. } => format!("fetch token {}", attempt.0),
            Effect::OpenSocket { attempt, .. } => format!("open socket {}", attempt.0),
            Effect::SendAudio { frame, .. } => format!("audio {}", frame.len()),
            Effect::SendControl { text, .. } => format!("send {text}"),
            Effect::CloseSocket(_) => "close socket".to_owned(),
            Effect::ProbeNetwork(_) => "probe the network".to_owned(),
            // The ledger and `leases.rs` check these.
            Effect::ReportBegin { .. } | Effect::ReleaseLease(_) => return Vec::new(),
            // The ledger and `captured.rs` check it.
            Effect::Captured { .. } => return Vec::new(),
            Effect::Log(line) => format!("log {line}"),
            Effect::Event(Event::Began(_)) => {
                self.transcript = Transcript::default();
                return Vec::new();
            }
            // `billed.rs` checks the latter.
            Effect::Event(Event::Level(_) | Event::Billed(_)) => return Vec::new(),
            Effect::Event(Event::State(state)) => {
                let line = format!("show {}", shown(*state));
                if std::mem::replace(&mut self.shown_state, line.clone()) == line {
                    return Vec::new();
                }
                line
            }
            Effect::Event(Event::Problem(problem)) => format!("show problem {}", name(problem)),
            Effect::Event(Event::Interrupted(problem)) => {
                format!("interrupted by {}", name(problem))
            }
            Effect::Event(Event::Resolved(problem)) => format!("resolved {}", name(problem)),
            Effect::Event(Event::RetryWait(secs)) => format!("wait {secs}"),
            Effect::Event(Event::IdleCountdown(Some(secs))) => format!("ends in {secs}"),
            Effect::Event(Event::IdleCountdown(None)) => "does not end by itself".to_owned(),
            Effect::Event(Event::Sound(Sound::Missing { .. })) => "sound missing".to_owned(),
            Effect::Event(Event::Sound(sound)) => format!("sound {sound:?}"),
            Effect::Event(Event::Changed(change)) => {
                let touched = self.transcript.apply(change);
                return touched.into_iter().map(|it| self.entry(it.id)).collect();
            }
        };
        vec![line]
    }

    fn entry(&self, id: EntryId) -> String {
        match (id, self.transcript.entry(id)) {
            (_, Some(Entry::Turn(turn))) => format!(
                "show {}/{} \"{}|{}\"{}{}",
                turn.id.session,
                turn.id.turn,
                turn.firm(),
                turn.tentative(),
                if turn.has_ended() { " final" } else { "" },
                if turn.state == TurnState::Unfinished {
                    " broken off"
                } else {
                    ""
                },
            ),
            (_, Some(Entry::Gap(gap))) => format!("show gap {}-{}", gap.from_ms, gap.to_ms),
            (EntryId::Turn(id), None) => format!("remove {}/{}", id.session, id.turn),
            (EntryId::Gap(from_ms), None) => format!("remove gap {from_ms}"),
        }
    }
}

/// Returns what is shown of a state. Leaves out the seconds, except those of the upload after Stop.
fn shown(state: State) -> String {
    match state {
        State::Finishing(Awaited::Upload { secs }) => format!("finishing: sending {secs} s"),
        State::Finishing(Awaited::Connection(outage)) => format!("finishing: {outage:?}"),
        State::Reconnecting { outage, .. } => format!("reconnecting: {outage:?}"),
        State::Listening(Progress::Behind { .. }) => "listening: behind".to_owned(),
        State::Listening(Progress::Filling { .. }) => "listening: filling".to_owned(),
        other => kind(other).to_owned(),
    }
}

/// Returns the kind of a state.
fn kind(state: State) -> &'static str {
    match state {
        State::Idle => "idle",
        State::AwaitingMicrophone | State::Connecting => "starting",
        State::Listening(_) => "listening",
        State::Reconnecting { .. } => "reconnecting",
        State::Paused => "paused",
        State::Finishing(_) => "finishing",
    }
}

/// Returns the most specific name of a problem: its code, its closure, its failure, or the problem.
fn name(problem: &Problem) -> String {
    match problem {
        Problem::Token(TokenFailure::Refused { code, .. }) => format!("{code:?}"),
        Problem::Token(failure) => format!("Token{failure:?}"),
        Problem::Microphone(failure) => format!("Microphone{failure:?}"),
        Problem::Closed(closure) => format!("{closure:?}"),
        other => format!("{other:?}"),
    }
}
