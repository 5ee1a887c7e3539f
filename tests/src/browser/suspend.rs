//! A browser whose processes are suspended for a time.

use std::time::Duration;

use tokio::time;

use super::Browser;

impl Browser {
    /// Suspends all processes of the browser for this time, as if the machine slept.
    ///
    /// # Panics
    ///
    /// If the browser has exited.
    pub async fn suspend(&self, time: Duration) {
        let suspended = self.process.group().suspend();
        // Not a wait for a condition: the time itself is what the page has to survive.
        time::sleep(time).await;
        drop(suspended);
    }
}
