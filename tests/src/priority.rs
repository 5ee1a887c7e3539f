//! The priority of browsers. A browser that has to wait for the processor loses sound, so those of
//! most stories give way to those that check each sample.

use std::{cell::Cell, path::Path, process::Command};

/// The priority of a story's browser and of its sound system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Priority {
    /// That of the tests.
    #[default]
    High,
    /// Gets about a tenth of the time of a processor that a high priority needs too.
    Low,
}

impl Priority {
    /// Returns the priority for the programs of this test.
    pub(crate) fn of_this_test() -> Self {
        PRIORITY.get()
    }

    /// Sets the priority for the programs that this test starts from now on.
    pub(crate) fn set(self) {
        PRIORITY.set(self);
    }

    /// Returns a command that runs a program at this priority.
    pub(crate) fn command(self, program: &Path) -> Command {
        match self {
            Self::High => Command::new(program),
            Self::Low => {
                let mut nice = Command::new("nice");
                nice.args(["-n", "10"]).arg(program);
                nice
            }
        }
    }
}

thread_local! {
    /// A test starts its browser and its stage on its own thread.
    static PRIORITY: Cell<Priority> = const { Cell::new(Priority::High) };
}
