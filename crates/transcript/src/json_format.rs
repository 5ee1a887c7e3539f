//! Names in the JSON format, which export and import share.

use crate::{gap::GapReason, session::SessionEnd, turn::TurnState};

/// The value of `format`.
pub(crate) const FORMAT: &str = "inturn-transcript";
/// The value of `version`. A change that older readers misunderstand raises it.
pub(crate) const VERSION: u32 = 1;

/// All values of an enum, with their names.
pub(crate) trait Named: Copy + PartialEq + 'static {
    /// Each value with its name.
    const NAMES: &'static [(Self, &'static str)];

    /// Returns the name.
    fn name(self) -> &'static str {
        let found = Self::NAMES.iter().find(|it| it.0 == self);
        found.map_or("", |it| it.1)
    }

    /// Returns the value with this name.
    fn named(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|it| it.1 == name);
        found.map(|it| it.0)
    }
}

impl Named for GapReason {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Disconnected, "disconnected"),
        (Self::NoAudio, "no_audio"),
        (Self::Paused, "paused"),
    ];
}

impl Named for SessionEnd {
    const NAMES: &'static [(Self, &'static str)] =
        &[(Self::Clean, "clean"), (Self::BrokenOff, "broken_off")];
}

impl Named for TurnState {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Open, "open"),
        (Self::Unfinished, "unfinished"),
        (Self::Raw, "raw"),
        (Self::Formatted, "formatted"),
    ];
}
