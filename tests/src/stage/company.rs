//! How many stories run at the same time. A browser that has to wait for the processor loses sound.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Which other stories may run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Company {
    /// A long one.
    Long,
    /// Another usual one, and a long one.
    Usual,
    /// For a long story: all except other long ones.
    All,
}

/// The right to run a story.
pub type Turn = SemaphorePermit<'static>;

impl Company {
    /// Waits until a story with this company may run. It may until the result is dropped. Stories
    /// start in the order in which they ask.
    ///
    /// # Panics
    ///
    /// Never: the semaphores are not closed.
    pub async fn turn(self) -> Turn {
        let turn = match self {
            Self::Long => USUAL.acquire_many(PLACES).await,
            Self::Usual => USUAL.acquire().await,
            Self::All => LONG.acquire().await,
        };
        turn.expect("the semaphore is open")
    }
}

/// Number of usual stories at the same time: a small machine has two processors, and a story waits
/// most of the time.
const PLACES: u32 = 2;

static USUAL: Semaphore = Semaphore::const_new(PLACES as usize);

static LONG: Semaphore = Semaphore::const_new(1);
