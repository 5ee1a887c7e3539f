//! A recording, and the handle to it.

use tokio::sync::mpsc;

use crate::{
    events::Events,
    options::Options,
    shell::{Command, Shell},
    source::Source,
};

/// A recording, which [`Recording::start`] starts.
#[derive(Debug)]
pub struct Recording(());

/// Controls a recording.
///
/// Dropping it ends the recording at once: the source is closed, the rest of the audio and the end
/// of each session are sent, and the sockets are closed. That goes on in the background for a few
/// seconds at most; [`Events::next`] returns `None` when it is done.
#[derive(Debug)]
#[must_use = "dropping it ends the recording"]
pub struct RecordingHandle {
    commands: mpsc::UnboundedSender<Command>,
}

impl Recording {
    /// Starts to record `source`.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime whose I/O and time are enabled.
    pub fn start(source: impl Source, options: Options) -> (RecordingHandle, Events) {
        let (commands, received) = mpsc::unbounded_channel();
        let (items, events) = mpsc::unbounded_channel();
        // The first connection reads the system's certificates, in the task and not here.
        tokio::spawn(async move { Shell::new(source, options, received, items).run().await });
        (RecordingHandle { commands }, Events::new(events))
    }
}

impl RecordingHandle {
    /// Stops the recording: the source is turned off, and the last words are awaited. The second
    /// time, ends it without waiting for them.
    pub fn stop(&self) {
        self.send(Command::Stop);
    }

    /// Pauses the recording: the source is turned off, and the session ends after its last words.
    pub fn pause(&self) {
        self.send(Command::Pause);
    }

    /// Resumes a paused recording.
    pub fn resume(&self) {
        self.send(Command::Resume);
    }

    /// Goes on with a recording that is about to end because there were no words.
    pub fn keep_recording(&self) {
        self.send(Command::KeepRecording);
    }

    fn send(&self, command: Command) {
        // Fails only if the recording is over.
        let _ = self.commands.send(command);
    }
}
