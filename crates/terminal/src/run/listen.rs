//! The loop of a run: events of recordings, signals, and the timer of the output.

use inturn_client::{Event, Events, FileProgress, Options, Problem, RecordingHandle, State};
use inturn_client_core::Moment;
use inturn_transcript::export::clock;
use tokio::time::{Instant, sleep_until};

use super::{
    display::Display,
    failure::Failure,
    outputs,
    signals::{Asked, Signals},
    source::Prepared,
    transcriber::Transcriber,
};
use crate::{
    cli::{Config, Input},
    output::{Output, OutputError},
    recordings::Recordings,
    screen::Status,
    wording::{ExitStatus, Wording, cost},
};

/// Transcribes what the flags say, until its end or until a person stops it.
///
/// # Errors
///
/// [`Failure`] if nothing can be recorded, or if not all of it was transcribed or written. The
/// display has shown the message already if the recording had begun.
pub async fn listen(config: &Config) -> Result<ExitStatus, Failure> {
    let failed = |error: std::io::Error| Failure::new(ExitStatus::Failed, error);
    let mut signals = Signals::new().map_err(failed)?;
    let sources = Prepared::all(&config.input)?;
    let transcriber = Transcriber::choose(config).await?;
    let (output, room) = outputs::open(&config.output, transcriber.formatted_follows)?;
    let display = Display::new(room, &config.output, transcriber.formatted_follows);
    let mut run = Run::new(config, output, display);
    if let Some(notice) = &transcriber.notice {
        run.notice(notice);
    }
    let options = Options::new(transcriber.tokens.clone()).with_idle_secs(config.input.idle_secs());
    let has_names = sources.len() > 1;
    for source in sources {
        let progress = source.progress();
        if has_names && let Some(progress) = &progress {
            run.heading = progress.name().to_owned();
        }
        let (handle, events) = source.start(options.clone());
        run.record(&handle, events, &mut signals, progress).await;
        if run.is_stopped {
            break;
        }
    }
    Ok(run.finish())
}

/// A run of the program.
struct Run {
    recordings: Recordings,
    output: Option<Output>,
    display: Display,
    status: Status,
    /// The name of the file, if there are several.
    heading: String,
    /// Whether the input is files, which are no microphone.
    has_files: bool,
    /// When the recording ends by itself, in milliseconds of its timeline.
    limit_ms: Option<u32>,
    /// For how long the sessions of the recordings that are over were connected.
    connected_secs: u32,
    /// Whether a person, the time limit or the reader of standard output has stopped the run.
    is_stopped: bool,
    /// Whether a person did not wait for the last words.
    is_cut_short: bool,
    /// Whether this recording has had a session.
    has_begun: bool,
    /// Whether the program has given this recording up.
    is_given_up: bool,
    /// The last problem, if nothing came after it: it has ended the recording then.
    problem: Option<Problem>,
    /// The gravest status so far.
    exit: ExitStatus,
    started: Instant,
}

impl Run {
    fn new(config: &Config, output: Option<Output>, display: Display) -> Self {
        let limit = config.input.time;
        Self {
            recordings: Recordings::default(),
            output,
            display,
            status: Status {
                price: config.whom.price(),
                ..Status::default()
            },
            heading: String::new(),
            has_files: matches!(config.input.input(), Input::Files(_)),
            // At most a week, which fits.
            limit_ms: limit.map(|limit| limit.0.as_millis() as u32),
            connected_secs: 0,
            is_stopped: false,
            is_cut_short: false,
            has_begun: false,
            is_given_up: false,
            problem: None,
            exit: ExitStatus::Stopped,
            started: Instant::now(),
        }
    }

    /// Runs one recording to its end.
    async fn record(
        &mut self,
        handle: &RecordingHandle,
        mut events: Events,
        signals: &mut Signals,
        progress: Option<FileProgress>,
    ) {
        self.has_begun = false;
        loop {
            let wake = self.output.as_ref().and_then(Output::next_wake);
            let wake = wake.map(|at| self.started + at.since(Moment::default()));
            tokio::select! {
                event = events.next() => {
                    let Some(event) = event else { break };
                    self.note_progress(progress.as_ref());
                    self.event(handle, &event, &events);
                    if self.is_cut_short && event == Event::State(State::Idle) {
                        break;
                    }
                }
                asked = signals.next() => match asked {
                    Asked::Stop => self.stop(handle),
                    Asked::Resize => self.display.resized(self.recordings.transcript()),
                },
                () = until(wake) => {
                    let now = self.now();
                    let recordings = &self.recordings;
                    let written = self.output.as_mut().map(|it| it.wake(recordings, now));
                    self.check_output(handle, written);
                }
            }
        }
        self.connected_secs += self.status.connected_secs;
        if let Some(problem) = progress.as_ref().and_then(FileProgress::problem) {
            self.fail(ExitStatus::Failed, problem);
        }
    }

    /// Stops the run, and the second time without waiting.
    fn stop(&mut self, handle: &RecordingHandle) {
        self.is_cut_short = self.is_stopped;
        self.is_stopped = true;
        handle.stop();
    }

    fn event(&mut self, handle: &RecordingHandle, event: &Event, events: &Events) {
        if self.has_files && is_silence(event) {
            return;
        }
        let touched = self.recordings.handle(event);
        let now = self.now();
        let recordings = &self.recordings;
        let written = self.output.as_mut();
        let written = written.map(|it| it.event(event, recordings, &touched, now));
        match event {
            Event::Began(_) => {
                self.status.note(event);
                self.display.began(&self.heading);
            }
            Event::Changed(_) => self.display.changed(self.recordings.transcript(), &touched),
            _ => self.note(handle, event, events),
        }
        self.check_output(handle, written);
        self.check_interruption(handle, event);
    }

    /// Says that the recording is interrupted, if there is no screen for it. Gives it up if that
    /// can't change: its headers stay the same, and no session had begun with them.
    fn check_interruption(&mut self, handle: &RecordingHandle, event: &Event) {
        match event {
            Event::State(State::Listening(_)) => self.has_begun = true,
            Event::Interrupted(problem) => {
                let is_refused = ExitStatus::of_problem(*problem) == ExitStatus::Refused;
                if is_refused && !self.has_begun {
                    self.fail(ExitStatus::Refused, &Wording::of(problem).text());
                    (self.is_stopped, self.is_given_up) = (true, true);
                    // The second time, it ends at once.
                    handle.stop();
                    handle.stop();
                } else {
                    let text = match problem {
                        Problem::MicrophoneLost | Problem::MicrophonePaused if self.has_files => {
                            NO_INPUT.to_owned()
                        }
                        problem => Wording::interrupted(problem).text(),
                    };
                    self.display.notice_without_screen(&text);
                }
            }
            _ => {}
        }
    }

    /// Notes what is shown in the status line, and problems.
    fn note(&mut self, handle: &RecordingHandle, event: &Event, events: &Events) {
        self.status.note(event);
        match event {
            Event::State(State::Idle) => {
                if let Some(problem) = self.problem.take() {
                    self.end_with(problem, events);
                }
            }
            Event::State(_) => self.problem = None,
            Event::Problem(problem) => {
                self.problem = Some(*problem);
                let is_shown = !matches!(problem, Problem::CutShort | Problem::Microphone(_));
                if is_shown {
                    let text = Wording::of(problem).text();
                    self.display.message(self.recordings.transcript(), &text);
                }
            }
            Event::Level(level) => {
                let is_over = self.limit_ms.is_some_and(|it| level.captured_ms >= it);
                if is_over && !self.is_stopped {
                    self.stop(handle);
                }
            }
            _ => {}
        }
        self.display
            .status(self.recordings.transcript(), &self.status);
    }

    /// A problem has ended the recording.
    fn end_with(&mut self, problem: Problem, events: &Events) {
        let status = ExitStatus::of_problem(problem);
        match (problem, events.source_error()) {
            // The source knows best what is wrong with it.
            (Problem::Microphone(_), error) => {
                let status = if self.has_files {
                    ExitStatus::Failed
                } else {
                    status
                };
                let text = match error {
                    Some(error) => error.to_string(),
                    None => Wording::of(&problem).text(),
                };
                self.fail(status, &text);
            }
            (Problem::CutShort, _) if self.is_given_up => {}
            _ => self.exit = self.exit.max(status),
        }
    }

    /// The reader of standard output is gone, or an output can't be written.
    fn check_output(&mut self, handle: &RecordingHandle, written: Option<Result<(), OutputError>>) {
        match written {
            None | Some(Ok(())) => {}
            Some(Err(OutputError::BrokenPipe)) if self.is_stopped => {}
            Some(Err(OutputError::BrokenPipe)) => self.stop(handle),
            Some(Err(error)) => {
                let Failure { status, message } = outputs::failure(&error);
                self.fail(status, &message);
            }
        }
    }

    fn fail(&mut self, status: ExitStatus, message: &str) {
        self.exit = self.exit.max(status);
        self.display.message(self.recordings.transcript(), message);
    }

    fn notice(&mut self, text: &str) {
        self.display.notice(self.recordings.transcript(), text);
    }

    fn note_progress(&mut self, progress: Option<&FileProgress>) {
        let length = progress.and_then(FileProgress::length_ms);
        self.status.progress_percent = match (progress, length) {
            (Some(progress), Some(length)) if length > 0 => {
                Some((progress.position_ms() * 100 / length).min(100) as u8)
            }
            _ => None,
        };
    }

    /// Writes the rest, and says what was recorded.
    fn finish(mut self) -> ExitStatus {
        self.display.close(self.recordings.transcript());
        match self.output.take().map(|mut it| it.finish(&self.recordings)) {
            None | Some(Ok(()) | Err(OutputError::BrokenPipe)) => {}
            Some(Err(error)) => self.fail(ExitStatus::Failed, &error.to_string()),
        }
        let parts = self.recordings.document().parts();
        let recorded: u32 = parts.iter().map(|it| it.length_ms()).sum();
        let secs = self.connected_secs;
        if secs > 0 {
            let price = self.status.price.as_ref();
            let price = price.map_or_else(String::new, |it| format!(", {}", cost(secs, it)));
            let connected = clock(secs.saturating_mul(1_000));
            let recorded = clock(recorded);
            self.notice(&format!(
                "{recorded} recorded, {connected} connected{price}"
            ));
        }
        if self.is_cut_short {
            return ExitStatus::Interrupted;
        }
        self.exit
    }

    fn now(&self) -> Moment {
        Moment::default() + self.started.elapsed()
    }
}

/// Waits until a moment; for ever without one.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Whether an event says that only silence is captured, or no longer. A file may begin with silence.
fn is_silence(event: &Event) -> bool {
    matches!(
        event,
        Event::Problem(Problem::MicrophoneSilent) | Event::Resolved(Problem::MicrophoneSilent)
    )
}

const NO_INPUT: &str = "No audio arrives on standard input. The recording goes on when it does.";
