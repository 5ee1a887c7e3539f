//! Runs a session's turn engine: in the session's own task, or on a thread.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc as std_mpsc,
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::{
    recogniser::RecogniserSource,
    turns::{EngineResult, TurnEngine, TurnPolicy},
    usage::UsageCounts,
};

/// Handle to the turn engine of one session. Dropping it stops the engine.
pub(crate) struct RecogniserTask {
    backend: Backend,
    cancelled: Arc<AtomicBool>,
}

/// Where the turn engine runs.
enum Backend {
    Inline {
        engine: Box<MeteredEngine>,
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
        usage: &Arc<UsageCounts>,
    ) -> Result<(Self, mpsc::UnboundedReceiver<EngineResult>), String> {
        let (events, results) = mpsc::unbounded_channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let usage = Arc::clone(usage);
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
                            let engine = MeteredEngine {
                                engine,
                                rate_hz,
                                usage,
                            };
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
            let engine = TurnEngine::new(policy, recogniser, rate_hz);
            let engine = Box::new(MeteredEngine {
                engine,
                rate_hz,
                usage,
            });
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
                engine
                    .handle(command)
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
    mut engine: MeteredEngine,
    receiver: &std_mpsc::Receiver<Command>,
    events: &mpsc::UnboundedSender<EngineResult>,
    cancelled: &AtomicBool,
) {
    while let Ok(command) = receiver.recv() {
        if cancelled.load(Ordering::Relaxed) {
            return;
        }
        for event in engine.handle(command) {
            let has_failed = event.is_err();
            if events.send(event).is_err() || has_failed {
                return;
            }
        }
    }
}

/// A turn engine that counts its audio and its time.
struct MeteredEngine {
    engine: TurnEngine,
    rate_hz: u32,
    usage: Arc<UsageCounts>,
}

impl MeteredEngine {
    fn handle(&mut self, command: Command) -> Vec<EngineResult> {
        let began = Instant::now();
        let (samples, results) = match command {
            Command::Audio(samples) => (samples.len(), self.engine.audio(&samples)),
            Command::ForceEnd => (0, self.engine.force_end()),
            Command::Policy(policy) => {
                self.engine.set_policy(policy);
                (0, Vec::new())
            }
            Command::Finish => (0, self.engine.finish()),
        };
        let audio_us = samples as u64 * 1_000_000 / u64::from(self.rate_hz);
        self.usage
            .recognised(Duration::from_micros(audio_us), began.elapsed());
        results
    }
}
