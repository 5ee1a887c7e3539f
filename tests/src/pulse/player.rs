//! Plays a sound whenever the microphone is opened.

use std::{
    io::{BufRead, Write},
    process::Stdio,
    sync::{Arc, Mutex},
    thread,
};

use inturn_testkit::ProcessGroup;
use tokio::sync::watch;

use super::control::Control;
use crate::{machine, sound::Sound};

/// Plays the sound from the moment the microphone is opened until it is closed.
pub(super) struct Player {
    pub(super) playback: Playback,
    pub(super) sink: &'static str,
    pub(super) samples: Arc<Mutex<Samples>>,
    pub(super) listener_count: watch::Sender<usize>,
}

impl Player {
    /// Plays until there are no more `events` of the sound system.
    pub(super) fn run(&self, events: impl BufRead) {
        let mut playing = None;
        for line in events.lines().map_while(Result::ok) {
            if !is_about_listeners(&line) {
                continue;
            }
            let count = self.playback.control.listener_count();
            self.listener_count.send_replace(count);
            if count == 0 {
                playing = None;
            } else if playing.is_none() {
                playing = Some(self.play());
            }
        }
    }

    fn play(&self) -> ProcessGroup {
        let mut program = self.playback.start(self.sink, &[], Stdio::piped());
        let mut input = program.child.stdin.take().expect("stdin is piped");
        let samples = self
            .samples
            .lock()
            .expect("no test panics with the lock")
            .clone();
        // The player reads two seconds ahead. Writing fails when the player exits and the pipe is
        // closed.
        thread::spawn(
            move || {
                while input.write_all(&samples.bytes).is_ok() && samples.repeats {}
            },
        );
        program
    }
}

/// The sound to play, at the rate of the devices.
#[derive(Clone)]
pub(super) struct Samples {
    bytes: Arc<Vec<u8>>,
    pub(super) repeats: bool,
}

impl Samples {
    pub(super) fn new(sound: &Sound, rate_hz: u32, repeats: bool) -> Self {
        let samples = sound.at_rate(rate_hz).to_int16();
        let bytes = samples.into_iter().flat_map(i16::to_le_bytes).collect();
        Self {
            bytes: Arc::new(bytes),
            repeats,
        }
    }
}

/// Starts programs that play on a sink.
#[derive(Clone)]
pub(super) struct Playback {
    pub(super) control: Control,
    pub(super) rate_hz: u32,
}

impl Playback {
    pub(super) fn start(&self, sink: &str, arguments: &[&str], samples: Stdio) -> ProcessGroup {
        let mut command = self.control.client(&machine::pacat());
        command
            .args(["--playback", "--raw"])
            .arg(format!("--device={sink}"))
            .arg(format!("--rate={}", self.rate_hz))
            .args(["--channels=1", "--format=s16le"])
            .args(arguments)
            .stdin(samples)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        ProcessGroup::spawn(&mut command)
    }
}

/// Returns `true` for a line such as `Event 'new' on source-output #3`.
fn is_about_listeners(line: &str) -> bool {
    let is_change = line.starts_with("Event 'new'") || line.starts_with("Event 'remove'");
    is_change && line.contains("' on source-output #")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_opening_and_closing_the_microphone_counts() {
        for (line, counts) in [
            ("Event 'new' on source-output #0", true),
            ("Event 'remove' on source-output #12", true),
            ("Event 'change' on source-output #12", false),
            ("Event 'new' on sink-input #3", false),
            ("Event 'change' on server", false),
            ("", false),
        ] {
            assert_eq!(is_about_listeners(line), counts, "{line:?}");
        }
    }
}
