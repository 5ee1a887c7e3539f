//! The recordings of a run that follow each other. There are two of these lanes if two recordings
//! run at the same time.

use inturn_client::{Event, Problem, Sound, State};
use inturn_protocol::SessionCost;
use inturn_transcript::export::clock;

use crate::{
    recordings::Recordings,
    screen::Status,
    track::{Origin, Side, Track},
    wording::{ExitStatus, Wording, cost},
};

/// Recordings that follow each other; usually the only one.
#[derive(Debug, Default)]
pub(super) struct Lane {
    side: Option<Side>,
    origin: Origin,
    pub(super) recordings: Recordings,
    pub(super) status: Status,
    /// The start of the recording, in milliseconds since the first that runs with it began.
    pub(super) offset_ms: u32,
    /// The last problem, if nothing came after it: it has ended the recording then.
    problem: Option<Problem>,
    /// Whether the recording has had a session.
    has_begun: bool,
    /// Whether the program has given the recording up.
    is_given_up: bool,
    /// For how long the sessions of the recordings that are over were connected.
    connected_secs: u32,
}

impl Lane {
    /// Creates a lane without recordings. `price` is for the status.
    pub(super) fn new(side: Option<Side>, origin: Origin, price: Option<SessionCost>) -> Self {
        Self {
            side,
            origin,
            status: Status {
                price,
                ..Status::default()
            },
            ..Self::default()
        }
    }

    /// The recording, as the screen and the outputs see it.
    fn track(&self) -> Track<'_> {
        Track {
            side: self.side,
            origin: self.origin,
            transcript: self.recordings.transcript(),
            offset_ms: self.offset_ms,
        }
    }

    /// Another recording follows.
    pub(super) fn restart(&mut self) {
        (self.has_begun, self.is_given_up) = (false, false);
        // Its source may fail before it begins.
        self.status.connected_secs = 0;
        self.status.progress_percent = None;
    }

    /// The recording is over.
    pub(super) fn end(&mut self) {
        self.connected_secs += self.status.connected_secs;
    }

    /// Gives the recording up because of a problem that interrupts it, if that can't change: its
    /// headers stay the same, and no session had begun with them.
    pub(super) fn gives_up(&mut self, problem: Problem) -> bool {
        let is_refused = ExitStatus::of_problem(problem) == ExitStatus::Refused;
        self.is_given_up |= is_refused && !self.has_begun;
        self.is_given_up
    }

    /// Returns what to say about a problem that has ended the recording, or is only a notice.
    pub(super) fn wording(&self, problem: &Problem) -> String {
        Wording::of(problem, self.origin).text()
    }

    /// Returns what to say about a problem that interrupts the recording.
    pub(super) fn interruption(&self, problem: &Problem) -> String {
        self.labelled(&Wording::interrupted(problem, self.origin).text())
    }

    /// Notes what an event says about the status. Returns the problem that has ended the recording.
    pub(super) fn note(&mut self, event: &Event) -> Option<Problem> {
        self.status.note(event);
        match event {
            Event::State(State::Idle) => {
                let problem = self.problem.take();
                return problem.filter(|it| *it != Problem::CutShort || !self.is_given_up);
            }
            Event::State(state) => {
                self.problem = None;
                self.has_begun |= matches!(state, State::Listening(_));
            }
            Event::Problem(problem) => self.problem = Some(*problem),
            _ => {}
        }
        None
    }

    /// Returns `text` with the name of this lane, if there are several.
    pub(super) fn labelled(&self, text: &str) -> String {
        Side::labelled(self.side, text)
    }

    /// Whether an event means nothing here, because it is advice about a microphone.
    pub(super) fn ignores(&self, event: &Event) -> bool {
        let is_silence = matches!(
            event,
            Event::Sound(Sound::Silent)
                | Event::Problem(Problem::MicrophoneSilent)
                | Event::Resolved(Problem::MicrophoneSilent)
        );
        match self.origin {
            Origin::Microphone => false,
            Origin::Playback => is_silence,
            Origin::Files => is_silence || matches!(event, Event::Sound(_)),
        }
    }

    /// Returns the exit status after a recording that ended with `problem`.
    pub(super) fn exit_status(&self, problem: Problem) -> ExitStatus {
        match (problem, self.origin) {
            (
                Problem::Microphone(_)
                | Problem::NoSound
                | Problem::MicrophoneLost
                | Problem::MicrophonePaused,
                Origin::Files,
            ) => ExitStatus::Failed,
            (problem, _) => ExitStatus::of_problem(problem),
        }
    }

    /// For how long was recorded, in milliseconds.
    fn recorded_ms(&self) -> u32 {
        let parts = self.recordings.document().parts().iter();
        parts.map(|it| it.length_ms()).sum()
    }
}

/// Returns what was recorded and what it costs; `None` if there was no session.
pub(super) fn summary(lanes: &[Lane]) -> Option<String> {
    let secs: u32 = lanes.iter().map(|it| it.connected_secs).sum();
    let price = lanes.iter().find_map(|it| it.status.price.as_ref());
    let price = price.map_or_else(String::new, |it| format!(", {}", cost(secs, it)));
    let connected = clock(secs.saturating_mul(1_000));
    let recorded = clock(lanes.iter().map(Lane::recorded_ms).max()?);
    (secs > 0).then(|| format!("{recorded} recorded, {connected} connected{price}"))
}

/// Returns the recordings that run together.
pub(super) fn tracks(lanes: &[Lane]) -> Vec<Track<'_>> {
    lanes.iter().map(Lane::track).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_that_never_begins_was_not_connected() {
        let mut lane = Lane::new(None, Origin::Files, None);
        lane.restart();
        lane.note(&Event::Billed(60));
        lane.status.progress_percent = Some(100);
        lane.end();
        lane.restart();
        assert_eq!(lane.status.progress_percent, None);
        lane.end();
        assert_eq!(lane.connected_secs, 60);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_no_missing_microphone() {
        for problem in [
            Problem::NoSound,
            Problem::MicrophoneLost,
            Problem::MicrophonePaused,
        ] {
            for (origin, status) in [
                (Origin::Files, ExitStatus::Failed),
                (Origin::Playback, ExitStatus::NoMicrophone),
                (Origin::Microphone, ExitStatus::NoMicrophone),
            ] {
                let lane = Lane::new(None, origin, None);
                assert_eq!(lane.exit_status(problem), status, "{problem:?} {origin:?}");
            }
        }
    }
}
