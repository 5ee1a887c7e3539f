//! A microphone that is asked for, and what a driver was started with to have it.

use thirtyfour::Capabilities;

use super::driver::Driver;
use inturn_testkit::ProcessGroup;

use crate::{pulse::SoundSystem, sound::Sound};

/// What the browser hears.
#[derive(Clone, Debug)]
pub enum Microphone {
    /// A sound, once, from the moment the microphone is opened. The person always allows it.
    Plays(Sound),
    /// A sound over and over.
    Repeats(Sound),
    /// There is one that hums, and the person has yet to allow it: see [`Browser::answer_prompt`](crate::browser::Browser::answer_prompt).
    Asks,
    /// The machine has none.
    Missing,
    /// A sound, once, from the moment the microphone is opened, through a true capture device that
    /// runs, as the speakers do, at this rate. The person always allows it.
    Captures(Sound, u32),
    /// WebKit's own mock device: it hums and beeps at 44.1 kHz. The person always allows it.
    Mock,
}

/// Where a browser's sound comes from.
pub(super) enum Hears {
    /// A file in the browser's folder.
    File,
    /// A sound system, held while the browser runs.
    Device(Box<SoundSystem>),
    /// Nothing that a test could change.
    Nothing,
}

/// What is ready for a session to be asked for.
pub(super) struct Launch {
    pub(super) process: Driver,
    pub(super) wanted: Capabilities,
    pub(super) hears: Hears,
    pub(super) screen: Option<ProcessGroup>,
}
