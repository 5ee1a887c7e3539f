//! How patient the person is who stops a run.

use std::{pin::pin, time::Duration};

use tokio::time::sleep;

use super::signals::{Asked, Signals};

/// Whether a person has asked to stop, and to wait no longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Patience {
    /// No person has asked to stop.
    #[default]
    Unasked,
    /// A person has asked to stop, and waits for the last words.
    Asked,
    /// A person has asked twice, and does not wait.
    Over,
}

impl Patience {
    /// Notes a signal. Only what a person asks for twice is urgent: a closed window may hang up
    /// several times.
    #[must_use]
    pub(super) fn after(self, asked: Asked) -> Self {
        match (self, asked) {
            (_, Asked::Resize) => self,
            (Self::Unasked, _) => Self::Asked,
            (_, Asked::HangUp) => self,
            (_, Asked::Stop) => Self::Over,
        }
    }

    /// Waits for what a stalled reader may hold up: to the end, or only briefly once the patience
    /// is over. Calls `on_asked` when a person asks for the first time.
    pub(super) async fn wait<T>(
        &mut self,
        signals: &mut Signals,
        work: impl Future<Output = T>,
        on_asked: impl Fn(),
    ) -> Option<T> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                asked = signals.next() => {
                    let before = *self;
                    *self = self.after(asked);
                    if before == Self::Unasked && *self == Self::Asked {
                        on_asked();
                    }
                }
                () = sleep(BRIEFLY), if *self == Self::Over => return None,
            }
        }
    }
}

/// A reader that does not stall takes far less.
const BRIEFLY: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_person_asks_twice() {
        let after = |signals: &[Asked]| {
            let signals = signals.iter();
            signals.fold(Patience::default(), |it, asked| it.after(*asked))
        };
        let (stop, hang_up) = (Asked::Stop, Asked::HangUp);
        for (signals, expected) in [
            (&[][..], Patience::Unasked),
            (&[Asked::Resize], Patience::Unasked),
            (&[stop], Patience::Asked),
            (&[stop, Asked::Resize], Patience::Asked),
            (&[hang_up, hang_up], Patience::Asked),
            (&[stop, hang_up], Patience::Asked),
            (&[stop, stop], Patience::Over),
            (&[hang_up, stop], Patience::Over),
        ] {
            assert_eq!(after(signals), expected, "{signals:?}");
        }
    }
}
