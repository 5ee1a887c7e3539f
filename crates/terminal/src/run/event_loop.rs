//! The loop of a run: events of recordings, signals, and the timer of the output.

use inturn_client::{Event, FileProgress, Problem, State};
use inturn_client_core::Moment;
use tokio::time::Instant;

use super::{
    display::Display,
    failure::Failure,
    lane::{Lane, summary, tracks},
    outputs::{self, Outputs},
    patience::Patience,
    signals::{Asked, Signals},
    silence::Silence,
    source::{Started, next_event},
    transcriber::Transcriber,
};
use crate::{
    cli::{Config, Input},
    output::OutputError,
    wording::{ExitStatus, STOPPING, dropped, sessions_notice},
};

/// A run of the program.
pub(super) struct Run {
    /// One, or as many as run together.
    lanes: Vec<Lane>,
    outputs: Outputs,
    display: Display,
    /// Whether there are several files, so that their names are shown.
    has_names: bool,
    /// When the run ends by itself, in milliseconds of all its recordings.
    limit_ms: Option<u32>,
    /// The length of the recordings before those that run, in milliseconds.
    earlier_ms: u32,
    /// The length of all recordings so far, in milliseconds.
    recorded_ms: u32,
    /// The end without words of recordings that run together.
    silence: Silence,
    /// When the first of the recordings that run together began.
    began_unix_ms: Option<u64>,
    /// Whether the run is stopped: by a person, a limit, or because no output is left.
    is_stopped: bool,
    /// Whether a person has stopped the run, and waits for the last words.
    patience: Patience,
    /// Whether the program has given a recording up.
    is_refused: bool,
    /// How much sound the system has dropped, in seconds.
    dropped_secs: f64,
    /// The gravest status so far.
    exit: ExitStatus,
    started: Instant,
}

impl Run {
    /// Opens the outputs and the display.
    pub(super) fn open(config: &Config, transcriber: &Transcriber) -> Result<Self, Failure> {
        let formatted_follows = transcriber.formatted_follows;
        let sides = config.input.sides();
        let (outputs, room) = Outputs::open(config, formatted_follows, sides)?;
        let count = sides.len().max(1);
        let display = Display::new(room, &config.output, formatted_follows, count);
        let lane = |at| {
            let side = sides.get(at).copied();
            Lane::new(side, config.input.origin(side), config.whom.price())
        };
        let limit = config.input.time;
        let files = match config.input.input() {
            Input::Files(files) => files.len(),
            Input::Microphone | Input::System | Input::Both => 0,
        };
        // One recording alone stops by itself.
        let idle_secs = if sides.is_empty() {
            0
        } else {
            config.input.idle_secs()
        };
        let mut run = Self {
            lanes: (0..count).map(lane).collect(),
            outputs,
            display,
            has_names: files > 1,
            // At most a week, which fits.
            limit_ms: limit.map(|limit| limit.0.as_millis() as u32),
            earlier_ms: 0,
            recorded_ms: 0,
            silence: Silence::new(idle_secs, count),
            began_unix_ms: None,
            is_stopped: false,
            patience: Patience::default(),
            is_refused: false,
            dropped_secs: 0.0,
            exit: ExitStatus::Stopped,
            started: Instant::now(),
        };
        if let Some(notice) = &transcriber.notice {
            run.notice(notice);
        }
        if !sides.is_empty() {
            run.notice(sessions_notice(transcriber.local.is_none()));
        }
        Ok(run)
    }

    /// Runs all recordings.
    pub(super) async fn record_all(
        mut self,
        groups: impl IntoIterator<Item = Vec<Started>>,
        mut signals: Signals,
    ) -> ExitStatus {
        for mut together in groups {
            self.record(&mut together, &mut signals).await;
            if self.is_stopped || self.is_refused {
                break;
            }
        }
        self.finish(&mut signals).await
    }

    /// Runs recordings together, to the end of the last one.
    async fn record(&mut self, together: &mut [Started], signals: &mut Signals) {
        self.began_unix_ms = None;
        self.earlier_ms = self.recorded_ms;
        self.lanes.iter_mut().for_each(Lane::restart);
        let mut running = together.len();
        while running > 0 {
            tokio::select! {
                (at, event) = next_event(together) => {
                    let Some(event) = event else {
                        running -= 1;
                        continue;
                    };
                    self.event(together, at, &event);
                    let is_over = self.lanes.iter().all(|it| it.status.state == State::Idle);
                    let is_idle = event == Event::State(State::Idle);
                    if self.patience == Patience::Over && is_idle && is_over {
                        break;
                    }
                }
                asked = signals.next() => match asked {
                    Asked::Stop | Asked::HangUp => self.ask(together, asked),
                    Asked::Resize => self.display.resized(&tracks(&self.lanes)),
                },
                () = self.outputs.due(self.started) => {
                    let now = self.now();
                    let errors = self.outputs.wake(&self.lanes, now);
                    self.check_outputs(together, errors);
                }
                error = self.outputs.failed() => self.check_outputs(together, [error]),
            }
        }
        self.lanes.iter_mut().for_each(Lane::end);
        let secs = together.iter().map(|it| it.events.dropped().as_secs_f64());
        self.dropped_secs += secs.sum::<f64>();
        let progress = together.iter().filter_map(|it| it.progress.as_ref());
        for problem in progress.filter_map(FileProgress::problem) {
            self.fail(ExitStatus::Failed, problem);
        }
    }

    /// A person asks to stop, and the second time without waiting.
    fn ask(&mut self, together: &[Started], asked: Asked) {
        let before = self.patience;
        self.patience = before.after(asked);
        match self.patience {
            Patience::Over => together.iter().for_each(|it| it.handle.stop()),
            patience if patience != before => {
                self.display.notice_without_screen(STOPPING);
                self.stop(together);
            }
            _ => {}
        }
    }

    /// Stops the run, and waits for the last words.
    fn stop(&mut self, together: &[Started]) {
        if self.is_stopped {
            return;
        }
        self.is_stopped = true;
        for (lane, started) in self.lanes.iter().zip(together) {
            // A recording that finishes by itself would be cut short.
            if !matches!(lane.status.state, State::Finishing(_)) {
                started.handle.stop();
            }
        }
    }

    /// Handles an event of the recording at the place `at`.
    fn event(&mut self, together: &[Started], at: usize, event: &Event) {
        let now = self.now();
        let (Some(lane), Some(started)) = (self.lanes.get_mut(at), together.get(at)) else {
            return;
        };
        if lane.ignores(event) {
            return;
        }
        let touched = lane.recordings.handle(event);
        let ended_by = lane.note(event);
        lane.status.progress_percent = started.percent();
        if let Event::Began(info) = event {
            let first = *self.began_unix_ms.get_or_insert(info.started_unix_ms);
            let offset_ms = info.started_unix_ms.saturating_sub(first);
            lane.offset_ms = u32::try_from(offset_ms).unwrap_or(u32::MAX);
        }
        let lanes = &self.lanes;
        let written = self.outputs.event(event, lanes, at, &touched, now);
        let tracks = tracks(lanes);
        match event {
            Event::Began(_) => {
                let name = started.progress.as_ref().map(FileProgress::name);
                let heading = name.filter(|_| self.has_names).unwrap_or_default();
                self.display.began(&tracks, at, heading);
            }
            Event::Changed(_) => self.display.changed(&tracks, at, &touched),
            _ => self.note(started, at, event, ended_by),
        }
        self.check_limits(together, at, event);
        self.check_outputs(together, written.err());
        self.check_interruption(started, at, event);
    }

    /// Says that a recording is interrupted, if there is no screen for it, or gives it up.
    fn check_interruption(&mut self, started: &Started, at: usize, event: &Event) {
        let (Event::Interrupted(problem), Some(lane)) = (event, self.lanes.get_mut(at)) else {
            return;
        };
        if lane.gives_up(*problem) {
            self.is_refused = true;
            self.exit = self.exit.max(ExitStatus::Refused);
            let text = lane.wording(problem);
            self.message(Some(at), &text);
            // The second time, it ends at once.
            started.handle.stop();
            started.handle.stop();
        } else {
            let text = lane.interruption(problem);
            self.display.notice_without_screen(&text);
        }
    }

    /// Shows the status and problems.
    fn note(&mut self, started: &Started, at: usize, event: &Event, ended_by: Option<Problem>) {
        if let Some(problem) = ended_by {
            self.end_with(problem, at, started);
        }
        if let Event::Problem(problem) = event {
            let is_shown = !matches!(problem, Problem::CutShort | Problem::Microphone(_));
            if is_shown {
                let text = self.wording(at, problem);
                self.message(Some(at), &text);
            }
        }
        if let Some(lane) = self.lanes.get(at) {
            self.display.status(&tracks(&self.lanes), at, &lane.status);
        }
    }

    /// Stops the run after its time, and after a long time without words.
    fn check_limits(&mut self, together: &[Started], at: usize, event: &Event) {
        self.silence.note(at, event);
        let (Event::Level(level), Some(lane)) = (event, self.lanes.get(at)) else {
            return;
        };
        let together_ms = lane.offset_ms.saturating_add(level.captured_ms);
        let recorded_ms = self.earlier_ms.saturating_add(together_ms);
        self.recorded_ms = self.recorded_ms.max(recorded_ms);
        if self.is_stopped {
            return;
        }
        if self.limit_ms.is_some_and(|it| self.recorded_ms >= it) {
            self.stop(together);
        }
        if self.lanes.len() > 1 {
            self.check_silence(together);
        }
    }

    /// Counts down to the end of recordings without words, and stops them.
    fn check_silence(&mut self, together: &[Started]) {
        let left_secs = self.silence.left_secs();
        for at in 0..self.lanes.len() {
            if let Some(lane) = self.lanes.get_mut(at)
                && lane.status.idle_secs != left_secs
            {
                lane.status.idle_secs = left_secs;
                let status = lane.status.clone();
                self.display.status(&tracks(&self.lanes), at, &status);
            }
        }
        if left_secs == Some(0) {
            let limit_secs = self.silence.limit_secs();
            let problem = Problem::IdleStopped { limit_secs };
            let text = self.wording(0, &problem);
            self.message(None, &text);
            self.stop(together);
        }
    }

    /// Returns what to say about a problem of the recording at the place `at`.
    fn wording(&self, at: usize, problem: &Problem) -> String {
        let lane = self.lanes.get(at);
        lane.map_or_else(String::new, |it| it.wording(problem))
    }

    /// A problem has ended a recording.
    fn end_with(&mut self, problem: Problem, at: usize, started: &Started) {
        let status = self.lanes.get(at).map(|it| it.exit_status(problem));
        let status = status.unwrap_or(ExitStatus::Failed);
        match (problem, started.events.source_error()) {
            // The source knows best what is wrong with it.
            (Problem::Microphone(_), error) => {
                let text = match error {
                    Some(error) => error.to_string(),
                    None => self.wording(at, &problem),
                };
                self.exit = self.exit.max(status);
                self.message(Some(at), &text);
            }
            _ => self.exit = self.exit.max(status),
        }
    }

    /// The reader of standard output is gone, or an output can't be written.
    fn check_outputs(
        &mut self,
        together: &[Started],
        errors: impl IntoIterator<Item = OutputError>,
    ) {
        for error in errors {
            match error {
                OutputError::BrokenPipe => self.stop(together),
                OutputError::Failed(_) => {
                    let Failure { status, message } = outputs::failure(&error);
                    self.fail(status, &message);
                    // Words that no one gets are billed too.
                    if self.outputs.note_failure() {
                        self.stop(together);
                    }
                }
            }
        }
    }

    fn fail(&mut self, status: ExitStatus, message: &str) {
        self.exit = self.exit.max(status);
        self.message(None, message);
    }

    /// Shows an error, of one of the recordings or of the run.
    fn message(&mut self, at: Option<usize>, text: &str) {
        let lane = at.and_then(|it| self.lanes.get(it));
        let text = lane.map_or_else(|| text.to_owned(), |it| it.labelled(text));
        self.display.message(&tracks(&self.lanes), &text);
    }

    fn notice(&mut self, text: &str) {
        self.display.notice(&tracks(&self.lanes), text);
    }

    /// Writes the rest, and says what was recorded.
    async fn finish(mut self, signals: &mut Signals) -> ExitStatus {
        self.display.close(&tracks(&self.lanes));
        let mut errors = self.outputs.finish(&self.lanes);
        let written = async { (self.outputs.written().await, self.display.written().await).0 };
        let on_asked = || self.display.notice_without_screen(STOPPING);
        let written = self.patience.wait(signals, written, on_asked).await;
        errors.extend(written.unwrap_or_default());
        for error in errors {
            if error != OutputError::BrokenPipe {
                self.fail(ExitStatus::Failed, &error.to_string());
            }
        }
        if let Some(summary) = summary(&self.lanes) {
            self.notice(&summary);
        }
        if self.dropped_secs > 0.0 {
            self.message(None, &dropped(self.dropped_secs));
        }
        let on_asked = || self.display.notice_without_screen(STOPPING);
        let written = self.display.written();
        self.patience.wait(signals, written, on_asked).await;
        match self.patience {
            Patience::Over => ExitStatus::Interrupted,
            _ => self.exit,
        }
    }

    fn now(&self) -> Moment {
        Moment::default() + self.started.elapsed()
    }
}
