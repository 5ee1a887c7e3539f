//! The status line.

use inturn_client_core::{
    problem::Problem,
    session::{Event, LevelReading, Progress, Sound, State},
};
use inturn_protocol::SessionCost;
use inturn_transcript::export::clock;

use super::layout::{Ink, Row, Span, wrapped};
use crate::{
    track::{Origin, Side, Track},
    wording::{cost, idle_countdown, sound_line, state_line},
};

/// What the status line shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// The state of the recording.
    pub state: State,
    /// What comes from the source.
    pub sound: Sound,
    /// The last reading of the level meter; `None` without one.
    pub level: Option<LevelReading>,
    /// For how long sessions were connected, in seconds, as the service bills them.
    pub connected_secs: u32,
    /// What an hour costs, if that is to be shown.
    pub price: Option<SessionCost>,
    /// Seconds until the recording stops because there were no words.
    pub idle_secs: Option<u32>,
    /// How much of a file was read, in percent.
    pub progress_percent: Option<u8>,
    /// A problem that interrupts the transcription. Shown above the status line.
    pub interrupted: Option<Problem>,
}

impl Status {
    /// Takes over what an event says about the status. A problem that ends the recording is not
    /// part of it.
    pub fn note(&mut self, event: &Event) {
        match event {
            Event::Began(_) => self.connected_secs = 0,
            Event::State(state) => {
                self.state = *state;
                if *state == State::Idle {
                    (self.sound, self.level) = (Sound::Arriving, None);
                    (self.idle_secs, self.interrupted) = (None, None);
                }
            }
            Event::Interrupted(problem) => self.interrupted = Some(*problem),
            Event::Resolved(problem) => {
                // The countdown has changed the wait.
                let over = problem.with_retry_after_secs(0);
                let is_over = |it: &Problem| it.with_retry_after_secs(0) == over;
                self.interrupted = self.interrupted.filter(|it| !is_over(it));
            }
            Event::RetryWait(secs) => {
                if let Some(problem) = &mut self.interrupted
                    && problem.retry_after_secs().is_some()
                {
                    *problem = problem.with_retry_after_secs(*secs);
                }
            }
            Event::IdleCountdown(secs) => self.idle_secs = *secs,
            Event::Billed(secs) => self.connected_secs = *secs,
            Event::Sound(sound) => self.sound = *sound,
            Event::Level(reading) => self.level = Some(*reading),
            Event::Changed(_) | Event::Problem(_) => {}
        }
    }

    /// Returns the state in a few words, or what is wrong with the sound.
    fn line(&self, origin: Origin) -> (Ink, String) {
        if self.has_sound_problem() {
            return (Ink::Alarm, sound_line(self.sound, origin));
        }
        let ink = match self.state {
            State::Reconnecting { .. } => Ink::Alarm,
            _ => Ink::Firm,
        };
        (ink, state_line(self.state, origin))
    }

    fn is_recording(&self) -> bool {
        self.state.has_microphone() && self.state != State::AwaitingMicrophone
    }

    fn has_sound_problem(&self) -> bool {
        self.is_recording() && self.sound != Sound::Arriving
    }

    /// How bad it is, to compare recordings that run together. One that is over is not compared.
    fn severity(&self) -> u8 {
        match self.state {
            State::Idle => 0,
            State::Reconnecting { .. } => 7,
            _ if self.has_sound_problem() => 6,
            State::Listening(Progress::Live) => 1,
            State::Finishing(_) => 2,
            State::Paused => 3,
            State::AwaitingMicrophone | State::Connecting => 4,
            State::Listening(_) => 5,
        }
    }
}

/// Returns the line of the recordings that run together, the most important parts first. Parts that
/// do not fit are left out.
pub(super) fn row(tracks: &[Track<'_>], statuses: &[Status], max_columns: usize) -> Row {
    let both = || tracks.iter().zip(statuses);
    let mut parts: Vec<(Ink, String)> = Vec::new();
    // Of equal ones, the first.
    let worst = both().rev().max_by_key(|(_, status)| status.severity());
    if let Some((track, worst)) = worst {
        let (ink, text) = worst.line(track.origin);
        let is_shared = both().all(|(track, status)| status.line(track.origin).1 == text);
        let side = track.side.filter(|_| !is_shared);
        parts.push((ink, Side::labelled(side, &text)));
    }
    if let Some(secs) = statuses.iter().filter_map(|it| it.idle_secs).min() {
        parts.push((Ink::Alarm, idle_countdown(secs)));
    }
    let recording = both().filter(|(_, status)| status.is_recording());
    let levels = recording.filter_map(|(track, status)| Some((track, status.level?)));
    for (track, level) in levels.clone() {
        let meter = meter(level.percent);
        let label = track.side.map(|it| format!("{} ", it.label()));
        parts.push((Ink::Quiet, label.unwrap_or_default() + &meter));
    }
    let captured = levels.map(|(track, level)| track.shared_ms(level.captured_ms));
    if let Some(captured_ms) = captured.max() {
        parts.push((Ink::Quiet, clock(captured_ms)));
    }
    if let Some(percent) = statuses.iter().find_map(|it| it.progress_percent) {
        parts.push((Ink::Quiet, format!("{percent}%")));
    }
    let connected_secs = statuses.iter().map(|it| it.connected_secs).sum::<u32>();
    if connected_secs > 0 {
        let time = clock(connected_secs.saturating_mul(1_000));
        parts.push((Ink::Quiet, format!("{time} connected")));
        if let Some(price) = statuses.iter().find_map(|it| it.price.as_ref()) {
            parts.push((Ink::Quiet, cost(connected_secs, price)));
        }
    }
    fitting(parts, max_columns)
}

/// Puts the parts that fit into a row.
fn fitting(parts: Vec<(Ink, String)>, max_columns: usize) -> Row {
    let mut line = Vec::new();
    for (ink, text) in parts {
        let mut longer = line.clone();
        if !line.is_empty() {
            longer.push(Span::new(Ink::Quiet, "·"));
        }
        longer.push(Span::new(ink, &text));
        if !line.is_empty() && wrapped(&longer, 0, max_columns).len() > 1 {
            break;
        }
        line = longer;
    }
    let rows = wrapped(&line, 0, max_columns);
    rows.into_iter().next().unwrap_or_default()
}

/// Returns the level as a bar, in characters that every font has.
fn meter(percent: u32) -> String {
    let filled = (percent.min(100) as usize * METER_COLUMNS).div_ceil(100);
    let (full, rest) = ("|".repeat(filled), ".".repeat(METER_COLUMNS - filled));
    format!("[{full}{rest}]")
}

/// Wide enough to see a voice, and narrow enough for half a screen.
const METER_COLUMNS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_has_an_empty_meter_and_full_scale_a_full_one() {
        assert_eq!(meter(0), "[..........]");
        assert_eq!(meter(1), "[|.........]");
        assert_eq!(meter(100), "[||||||||||]");
    }
}
