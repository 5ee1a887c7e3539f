//! Where a session's audio is listened to: in the session's own task, or on a thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};

use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::recogniser::RecogniserSource;
use crate::turns::{TurnEngine, TurnEvent, TurnPolicy};

/// The session's end of its turn engine. Dropping it ends the work.
pub(crate) struct Ears {
    seat: Seat,
    abandoned: Arc<AtomicBool>,
}

/// What comes back; `Err` means that the recogniser is lost.
pub(crate) type Heard = Result<TurnEvent, String>;

enum Seat {
    Inline {
        engine: Box<TurnEngine>,
        events: mpsc::UnboundedSender<Heard>,
    },
    Thread(std_mpsc::Sender<Order>),
}

enum Order {
    Audio(Vec<i16>),
    ForceEnd,
    Policy(TurnPolicy),
    Finish,
}

impl Ears {
    /// Opens a recogniser for one session. `permit` is kept for as long as the work lasts.
    pub(crate) fn open(
        source: &Arc<dyn RecogniserSource>,
        rate_hz: u32,
        policy: TurnPolicy,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Heard>), String> {
        let (events, heard) = mpsc::unbounded_channel();
        let abandoned = Arc::new(AtomicBool::new(false));
        let seat = if source.is_heavy() {
            let (orders, work) = std_mpsc::channel();
            let source = Arc::clone(source);
            let abandoned = Arc::clone(&abandoned);
            std::thread::Builder::new()
                .name("recogniser".to_owned())
                .spawn(move || {
                    let _permit = permit;
                    match source.open(rate_hz) {
                        Ok(recogniser) => {
                            let engine = TurnEngine::new(policy, recogniser, rate_hz);
                            listen(engine, &work, &events, &abandoned);
                        }
                        // If the session is gone, nobody needs to know.
                        Err(why) => drop(events.send(Err(why))),
                    }
                })
                .map_err(|error| error.to_string())?;
            Seat::Thread(orders)
        } else {
            let recogniser = source.open(rate_hz)?;
            let engine = Box::new(TurnEngine::new(policy, recogniser, rate_hz));
            Seat::Inline { engine, events }
        };
        Ok((Self { seat, abandoned }, heard))
    }

    pub(crate) fn audio(&mut self, samples: Vec<i16>) {
        self.give(Order::Audio(samples));
    }

    pub(crate) fn force_end(&mut self) {
        self.give(Order::ForceEnd);
    }

    pub(crate) fn set_policy(&mut self, policy: TurnPolicy) {
        self.give(Order::Policy(policy));
    }

    pub(crate) fn finish(&mut self) {
        self.give(Order::Finish);
    }

    fn give(&mut self, order: Order) {
        match &mut self.seat {
            Seat::Inline { engine, events } => {
                obey(engine, order)
                    .into_iter()
                    .for_each(|event| drop(events.send(Ok(event))));
            }
            // A thread that is gone has said why on its way out.
            Seat::Thread(orders) => drop(orders.send(order)),
        }
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }
}

fn listen(
    mut engine: TurnEngine,
    work: &std_mpsc::Receiver<Order>,
    events: &mpsc::UnboundedSender<Heard>,
    abandoned: &AtomicBool,
) {
    while let Ok(order) = work.recv() {
        if abandoned.load(Ordering::Relaxed) {
            return;
        }
        for event in obey(&mut engine, order) {
            if events.send(Ok(event)).is_err() {
                return;
            }
        }
    }
}

fn obey(engine: &mut TurnEngine, order: Order) -> Vec<TurnEvent> {
    match order {
        Order::Audio(samples) => engine.audio(&samples),
        Order::ForceEnd => engine.force_end(),
        Order::Policy(policy) => {
            engine.set_policy(policy);
            Vec::new()
        }
        Order::Finish => engine.finish(),
    }
}
