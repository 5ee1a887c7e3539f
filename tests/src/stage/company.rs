//! How many stories run at the same time. A browser that has to wait for the processor loses sound.

use tokio::sync::{Semaphore, SemaphorePermit};

/// How many other stories may run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Company {
    /// No other story, except those with [`Self::Any`].
    None,
    /// One other story and those with [`Self::Any`].
    One,
    /// Any stories.
    Any,
}

/// The right to run a story.
pub type Turn = Option<SemaphorePermit<'static>>;

impl Company {
    /// Waits until a story with this company may run. It may until the result is dropped. Stories
    /// start in the order in which they ask.
    pub async fn turn(self) -> Turn {
        let places = match self {
            Self::None => PLACES,
            Self::One => 1,
            Self::Any => return None,
        };
        // The semaphore is never closed.
        FREE.acquire_many(places).await.ok()
    }
}

/// Number of stories at the same time, not counting those in any company: a small machine has two
/// processors, and a story waits most of the time.
const PLACES: u32 = 2;

static FREE: Semaphore = Semaphore::const_new(PLACES as usize);
