//! Runs a session's turn engine: in the session's own task, or on a thread.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
    mpsc as std_mpsc,
};

use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::{
    recogniser::RecogniserSource,
    turns::{EngineResult, TurnEngine, TurnPolicy},
};

/// Handle to the turn engine of one session. Dropping it stops the engine.
pub(crate) struct RecogniserTask {
    backend: Backend,
    cancelled: Arc<AtomicBool>,
}

/// Where the turn engine runs.
enum Backend {
    Inline {
        engine: Box<TurnEngine>,
        events: mpsc::UnboundedSender<EngineResult>,
    },
    Thread(std_mpsc::Sender<Command>),
}

/// Request to the turn engine.
enum Command {
    Audio(Vec<i16>),
    ForceEnd,
    Policy(TurnPolicy),
    Finish,
}

impl RecogniserTask {
    /// Opens a recogniser for one session. Holds `permit` until the engine stops.
    pub(crate) fn open(
        source: &Arc<dyn RecogniserSource>,
        rate_hz: u32,
        policy: TurnPolicy,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<(Self, mpsc::UnboundedReceiver<EngineResult>), String> {
        let (events, results) = mpsc::unbounded_channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let backend = if source.needs_thread() {
            let (commands, receiver) = std_mpsc::channel();
            let source = Arc::clone(source);
            let cancelled = Arc::clone(&cancelled);
            std::thread::Builder::new()
                .name("recogniser".to_owned())
                .spawn(move || {
                    let _permit = permit;
                    match source.open(rate_hz) {
                        Ok(recogniser) => {
                            let engine = TurnEngine::new(policy, recogniser, rate_hz);
                            run(engine, &receiver, &events, &cancelled);
                        }
                        // The send fails if the session has ended, which needs no handling.
                        Err(error) => drop(events.send(Err(error))),
                    }
                })
                .map_err(|error| error.to_string())?;
            Backend::Thread(commands)
        } else {
            let recogniser = source.open(rate_hz)?;
            let engine = Box::new(TurnEngine::new(policy, recogniser, rate_hz));
            Backend::Inline { engine, events }
        };
        Ok((Self { backend, cancelled }, results))
    }

    pub(crate) fn audio(&mut self, samples: Vec<i16>) {
        self.send(Command::Audio(samples));
    }

    pub(crate) fn force_end(&mut self) {
        self.send(Command::ForceEnd);
    }

    pub(crate) fn set_policy(&mut self, policy: TurnPolicy) {
        self.send(Command::Policy(policy));
    }

    pub(crate) fn finish(&mut self) {
        self.send(Command::Finish);
    }

    fn send(&mut self, command: Command) {
        match &mut self.backend {
            Backend::Inline { engine, events } => {
                handle(engine, command)
                    .into_iter()
                    .for_each(|event| drop(events.send(event)));
            }
            // The send fails if the thread has ended. It sent its error first.
            Backend::Thread(commands) => drop(commands.send(command)),
        }
    }
}

impl Drop for RecogniserTask {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

fn run(
    mut engine: TurnEngine,
    receiver: &std_mpsc::Receiver<Command>,
    events: &mpsc::UnboundedSender<EngineResult>,
    cancelled: &AtomicBool,
) {
    while let Ok(command) = receiver.recv() {
        if cancelled.load(Ordering::Relaxed) {
            return;
        }
        for event in handle(&mut engine, command) {
            let has_failed = event.is_err();
            if events.send(event).is_err() || has_failed {
                return;
            }
        }
    }
}

fn handle(engine: &mut TurnEngine, command: Command) -> Vec<EngineResult> {
    match command {
        Command::Audio(samples) => engine.audio(&samples),
        Command::ForceEnd => engine.force_end(),
        Command::Policy(policy) => {
            engine.set_policy(policy);
            Vec::new()
        }
        Command::Finish => engine.finish(),
    }
}
