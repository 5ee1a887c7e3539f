//! The status line.

use inturn_client_core::{
    problem::Problem,
    session::{Event, LevelReading, Sound, State},
};
use inturn_protocol::SessionCost;
use inturn_transcript::export::clock;

use super::layout::{Ink, Row, Span, wrapped};
use crate::wording::{cost, idle_countdown, sound_line, state_line};

/// What the status line shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// The state of the recording.
    pub state: State,
    /// What comes from the microphone.
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

    /// Returns the line, the most important parts first. Parts that do not fit are left out.
    pub(super) fn row(&self, max_columns: usize) -> Row {
        let is_recording = self.state.has_microphone() && self.state != State::AwaitingMicrophone;
        let mut parts: Vec<(Ink, String)> = Vec::new();
        if is_recording && self.sound != Sound::Arriving {
            parts.push((Ink::Alarm, sound_line(self.sound)));
        } else {
            let ink = match self.state {
                State::Reconnecting { .. } => Ink::Alarm,
                _ => Ink::Firm,
            };
            parts.push((ink, state_line(self.state)));
        }
        if let Some(secs) = self.idle_secs {
            parts.push((Ink::Alarm, idle_countdown(secs)));
        }
        if let Some(level) = self.level.filter(|_| is_recording) {
            parts.push((Ink::Quiet, meter(level.percent)));
            parts.push((Ink::Quiet, clock(level.captured_ms)));
        }
        if let Some(percent) = self.progress_percent {
            parts.push((Ink::Quiet, format!("{percent}%")));
        }
        if self.connected_secs > 0 {
            let time = clock(self.connected_secs.saturating_mul(1_000));
            parts.push((Ink::Quiet, format!("{time} connected")));
            if let Some(price) = &self.price {
                parts.push((Ink::Quiet, cost(self.connected_secs, price)));
            }
        }
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
