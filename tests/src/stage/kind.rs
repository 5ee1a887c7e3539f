//! Which stories run at the same time. A browser that has to wait for the processor loses sound.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::priority::Priority;

/// A kind of story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Checks each sample or each spoken word. Runs without another of its kind, along with one
    /// usual story, and before it if both need the processor.
    Exact,
    /// Two of these run at the same time.
    Usual,
    /// Takes minutes. One runs along with the other kinds.
    Long,
}

/// The right to run a story.
pub struct Turn {
    _place: SemaphorePermit<'static>,
    _only_exact: Option<SemaphorePermit<'static>>,
}

impl Kind {
    /// Waits until a story of this kind may run. It may until the result is dropped. Programs that
    /// the test starts after this have the story's priority.
    ///
    /// # Panics
    ///
    /// Never: the semaphores are not closed.
    pub async fn turn(self) -> Turn {
        let (priority, places) = match self {
            Self::Exact => (Priority::High, &PLACES),
            Self::Usual => (Priority::Low, &PLACES),
            Self::Long => (Priority::Low, &LONG),
        };
        // An exact story that waits for another one takes no place.
        let only_exact = match self {
            Self::Exact => Some(EXACT.acquire().await.expect(OPEN)),
            Self::Usual | Self::Long => None,
        };
        let place = places.acquire().await.expect(OPEN);
        priority.set();
        Turn {
            _place: place,
            _only_exact: only_exact,
        }
    }
}

/// Two stories at the same time: a small machine has two processors.
static PLACES: Semaphore = Semaphore::const_new(2);

static EXACT: Semaphore = Semaphore::const_new(1);

static LONG: Semaphore = Semaphore::const_new(1);

const OPEN: &str = "the semaphore is open";
