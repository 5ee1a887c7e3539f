//! Which stories run at the same time. A browser that has to wait for the processor loses sound.

use tokio::sync::{Semaphore, SemaphorePermit};

/// A kind of story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Checks each sample or each spoken word. Runs without other usual stories.
    Exact,
    /// Two of these run at the same time.
    Usual,
    /// Takes minutes. One runs along with the other kinds.
    Long,
}

/// The right to run a story.
pub type Turn = SemaphorePermit<'static>;

impl Kind {
    /// Waits until a story of this kind may run. It may until the result is dropped. Stories start
    /// in the order in which they ask.
    ///
    /// # Panics
    ///
    /// Never: the semaphores are not closed.
    pub async fn turn(self) -> Turn {
        let turn = match self {
            Self::Exact => USUAL.acquire_many(PLACES).await,
            Self::Usual => USUAL.acquire().await,
            Self::Long => LONG.acquire().await,
        };
        turn.expect("the semaphore is open")
    }
}

/// Number of usual stories at the same time: a small machine has two processors, and a story waits
/// most of the time.
const PLACES: u32 = 2;

static USUAL: Semaphore = Semaphore::const_new(PLACES as usize);

static LONG: Semaphore = Semaphore::const_new(1);
