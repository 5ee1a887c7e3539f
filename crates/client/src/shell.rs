//! The run loop: passes inputs to the core, and carries out its effects.

use std::{future::pending, sync::Arc, time::Duration};

use inturn_client_core::{
    Moment,
    session::{Attempt, Effect, Event, Hold, Input, Recorder, State},
};
use inturn_service::Tls;
use tokio::{sync::mpsc, task::JoinSet, time::timeout};

use crate::{
    clock,
    events::Item,
    inbox::{Inbox, Received},
    intake::{Captured, Intake},
    options::Options,
    socket::{CLOSE_TIMEOUT, Socket, SocketRequest},
    source::{Piece, Source},
    tokens::Requests,
};

/// What the owner of a recording wants. The end of the commands is [`Input::Leave`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    Stop,
    Pause,
    Resume,
    KeepRecording,
}

/// A recording in progress, and everything that it owns.
pub(crate) struct Shell<S> {
    recorder: Recorder,
    intake: Intake<S>,
    requests: Arc<Requests>,
    tls: Tls,
    /// The sockets that are opening or open: one, or two during a hand-over.
    sockets: Vec<Socket>,
    commands: mpsc::UnboundedReceiver<Command>,
    inbox: Inbox,
    received: mpsc::Receiver<Received>,
    items: mpsc::UnboundedSender<Item>,
    /// The rate of the open source.
    rate_hz: u32,
    /// Requests and sockets.
    tasks: JoinSet<()>,
    is_over: bool,
}

/// Something to handle.
enum Next {
    Command(Option<Command>),
    Wake,
    Received(Received),
    Captured(Captured),
    /// A task has ended, and has reported all that it had to.
    Finished,
}

impl<S: Source> Shell<S> {
    pub(crate) fn new(
        source: S,
        options: Options,
        commands: mpsc::UnboundedReceiver<Command>,
        items: mpsc::UnboundedSender<Item>,
    ) -> Self {
        let Options {
            tokens,
            chunk,
            idle_secs,
            tls,
        } = options;
        let mut recorder = Recorder::new(chunk);
        recorder.set_idle_secs(idle_secs);
        let (inbox, received) = Inbox::new();
        Self {
            recorder,
            intake: Intake::new(source),
            requests: Arc::new(Requests::new(tokens, &tls)),
            tls,
            sockets: Vec::new(),
            commands,
            inbox,
            received,
            items,
            rate_hz: 0,
            tasks: JoinSet::new(),
            is_over: false,
        }
    }

    /// Runs the recording to its end.
    pub(crate) async fn run(mut self) {
        self.handle(Input::Record);
        while !self.is_over {
            match self.next().await {
                Next::Command(command) => self.command(command),
                Next::Wake => self.wake(),
                Next::Received(received) => self.receive(&received),
                Next::Captured(captured) => self.capture(captured),
                Next::Finished => {}
            }
        }
        self.wind_down().await;
    }

    async fn next(&mut self) -> Next {
        let wake = self.recorder.next_wake();
        tokio::select! {
            biased;
            command = self.commands.recv() => Next::Command(command),
            () = sleep_until(wake) => Next::Wake,
            // There is always a sender: the field `inbox`.
            Some(received) = self.received.recv() => Next::Received(received),
            Some(_) = self.tasks.join_next() => Next::Finished,
            captured = self.intake.next() => Next::Captured(captured),
        }
    }

    /// Waits until the sockets are closed and the lease is released. An answer to a request for a
    /// token may still come, and its lease is released too.
    async fn wind_down(mut self) {
        self.intake.release();
        let closing = async {
            loop {
                tokio::select! {
                    biased;
                    Some(received) = self.received.recv() => self.receive(&received),
                    task = self.tasks.join_next() => if task.is_none() { break },
                }
            }
        };
        if timeout(CLOSE_TIMEOUT, closing).await.is_err() {
            tracing::debug!(target: "inturn_client", "a connection was not closed in time");
        }
    }

    fn command(&mut self, command: Option<Command>) {
        self.handle(match command {
            Some(Command::Stop) => Input::Stop,
            Some(Command::Pause) => Input::Pause,
            Some(Command::Resume) => Input::Resume,
            Some(Command::KeepRecording) => Input::KeepRecording,
            None => Input::Leave,
        });
    }

    fn wake(&mut self) {
        let open = self.sockets.iter().filter(|socket| socket.is_open());
        let unsent: Vec<_> = open.map(|it| (it.attempt(), it.unsent())).collect();
        for (attempt, bytes) in unsent {
            self.handle(Input::Unsent { attempt, bytes });
        }
        self.handle(Input::Wake);
    }

    fn receive(&mut self, received: &Received) {
        if let Received::Opened(attempt) = received
            && let Some(socket) = self.socket(*attempt)
        {
            socket.set_open();
        }
        self.handle(received.input());
        if let Received::Closed { attempt, .. } = received {
            self.drop_socket(*attempt);
        }
    }

    fn capture(&mut self, captured: Captured) {
        match captured {
            Captured::Opened { rate_hz } => {
                self.rate_hz = rate_hz;
                self.handle(Input::MicrophoneOpened {
                    rate_hz,
                    recording: clock::new_recording(),
                });
            }
            Captured::Failed(error) => {
                tracing::warn!(target: "inturn_client", cause = %error, "no source");
                let failure = error.failure;
                self.pass_on(Item::SourceError(error));
                self.handle(Input::MicrophoneFailed(failure));
            }
            Captured::Ended => self.handle(Input::AudioEnded),
            Captured::Piece(piece) => self.capture_piece(piece),
        }
    }

    fn capture_piece(&mut self, piece: Piece) {
        match piece {
            Piece::Block { planar, channels } => self.handle(Input::Block {
                planar: &planar,
                channels,
            }),
            Piece::Overrun { samples } => {
                tracing::warn!(target: "inturn_client", samples, "the system has dropped audio");
                let micros = samples.saturating_mul(1_000_000) / u64::from(self.rate_hz.max(1));
                self.pass_on(Item::Dropped(Duration::from_micros(micros)));
                self.handle(Input::Overrun { frames: samples });
            }
            Piece::Held(is_held) => {
                self.handle(Input::MicrophoneHeld(is_held.then_some(Hold::Muted)));
            }
            Piece::DevicesChanged => self.handle(Input::DevicesChanged),
            Piece::End => self.handle(Input::Stop),
            Piece::Lost { cause } => {
                tracing::warn!(target: "inturn_client", cause, "the source was lost");
                self.handle(Input::MicrophoneLost);
            }
        }
    }

    /// Handles one input, and carries out all its effects.
    fn handle(&mut self, input: Input<'_>) {
        self.recorder.handle(clock::now(), input);
        while let Some(effect) = self.recorder.next_effect() {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::OpenMicrophone(device) => self.intake.open(device),
            Effect::CloseMicrophone => self.intake.close(),
            Effect::FetchToken { attempt, lease } => {
                let (requests, inbox) = (Arc::clone(&self.requests), self.inbox.clone());
                self.tasks.spawn(async move {
                    let answer = requests.fetch(lease.as_deref()).await;
                    inbox.send(Received::Token { attempt, answer }).await;
                });
            }
            Effect::OpenSocket { attempt, url } => self.open_socket(attempt, &url),
            Effect::SendAudio { attempt, frame } => {
                if let Some(socket) = self.socket(attempt) {
                    socket.send_binary(frame);
                }
            }
            Effect::Captured { .. } => {}
            Effect::SendControl { attempt, text } => {
                if let Some(socket) = self.socket(attempt) {
                    socket.send_text(text);
                }
            }
            Effect::CloseSocket(attempt) => self.drop_socket(attempt),
            Effect::ReportBegin { lease, model } => {
                let requests = Arc::clone(&self.requests);
                self.tasks
                    .spawn(async move { requests.report_begin(&lease, model).await });
            }
            Effect::ProbeNetwork(attempt) => {
                let (requests, inbox) = (Arc::clone(&self.requests), self.inbox.clone());
                self.tasks.spawn(async move {
                    let is_up = requests.probe().await;
                    inbox.send(Received::Probed { attempt, is_up }).await;
                });
            }
            Effect::ReleaseLease(lease) => {
                let requests = Arc::clone(&self.requests);
                self.tasks
                    .spawn(async move { requests.release(&lease).await });
            }
            Effect::Event(event) => {
                self.is_over |= event == Event::State(State::Idle);
                self.pass_on(Item::Event(event));
            }
            Effect::Log(line) => tracing::info!(target: "inturn_client", "{line}"),
        }
    }

    fn open_socket(&mut self, attempt: Attempt, url: &str) {
        let url = self.requests.socket_url(url);
        let headers = url.as_ref().map(|url| self.requests.socket_headers(url));
        let request = SocketRequest {
            url,
            headers: headers.unwrap_or_default(),
            tls: self.tls.clone(),
        };
        let (socket, task) = Socket::open(attempt, request, self.inbox.clone());
        self.sockets.push(socket);
        self.tasks.spawn(task);
    }

    fn socket(&mut self, attempt: Attempt) -> Option<&mut Socket> {
        let mut sockets = self.sockets.iter_mut();
        sockets.find(|socket| socket.attempt() == attempt)
    }

    fn drop_socket(&mut self, attempt: Attempt) {
        self.sockets.retain(|socket| socket.attempt() != attempt);
    }

    fn pass_on(&self, item: Item) {
        // Fails only if the events were dropped.
        let _ = self.items.send(item);
    }
}

/// Waits until this time; for ever without one. The runtime's clock may stop while the machine
/// sleeps, so the next input may come first.
async fn sleep_until(at: Option<Moment>) {
    match at {
        Some(at) => tokio::time::sleep(at.since(clock::now())).await,
        None => pending().await,
    }
}
