//! Kinds of microphones, and drivers that are ready for a session.

use inturn_testkit::ProcessGroup;
use thirtyfour::Capabilities;

use super::driver::Driver;
use crate::{pulse::SoundSystem, sound::Sound};

/// The browser's microphone.
#[derive(Clone, Debug)]
pub enum Microphone {
    /// Plays a sound once, from the moment it is opened. Permission is always granted.
    Plays(Sound),
    /// Plays a sound repeatedly. Permission is always granted.
    Repeats(Sound),
    /// A microphone that needs permission:
    /// see [`Browser::answer_prompt`](crate::browser::Browser::answer_prompt).
    Asks,
    /// No microphone.
    Missing,
    /// A real capture device at this rate (the speakers have the same rate). It plays a sound once,
    /// from the moment it is opened. Permission is always granted.
    Captures(Sound, u32),
    /// WebKit's mock device: it hums and beeps at 44.1 kHz. Permission is always granted.
    Mock,
}

/// The source of the microphone's sound.
pub(super) enum SoundSource {
    /// A file in the browser's folder.
    File,
    /// A capture device of a private sound system.
    Device(Box<SoundSystem>),
    /// No sound that a test can set.
    Nothing,
}

/// A running driver, ready for a new session.
pub(super) struct Launch {
    pub(super) process: Driver,
    pub(super) wanted: Capabilities,
    pub(super) sound_source: SoundSource,
    pub(super) screen: Option<ProcessGroup>,
}
