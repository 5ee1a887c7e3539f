//! The microphone during a recording: its blocks, its loss, and the search for another one.

use std::time::Duration;

use inturn_transcript::Gap;

use super::{
    super::{
        billed::BilledTime,
        capture::Measured,
        connection::Role,
        idle::IdleWatch,
        intake::{Absence, Arrival, Held, Intake, Search, Source},
        io::{Device, Effect, Event, Hold, LevelReading, Sound, State},
        run::Run,
        timers::{
            AUDIO_END_TIMEOUT, BLOCK_WATCHDOG_INTERVAL, FIRST_BLOCK_TIMEOUT, REOPEN_INTERVAL, Timer,
        },
    },
    Phase, Recorder,
};
use crate::{
    Moment,
    audio::Pipeline,
    problem::{MicrophoneFailure, Problem},
    recording::{Recording, RecordingInfo},
};

impl Recorder {
    pub(super) fn on_microphone_opened(&mut self, now: Moment, rate_hz: u32, info: RecordingInfo) {
        match &mut self.phase {
            // Stop came first and has sent `CloseMicrophone`.
            Phase::Idle => {}
            Phase::AwaitingMicrophone => self.begin_recording(now, rate_hz, info),
            Phase::Running(run) if run.is_resuming() => self.end_pause(now, rate_hz),
            Phase::Running(run) => {
                if let Source::Absent(absence) = &mut run.intake.source
                    && let Some(Search::Requested(device)) = absence.search
                {
                    if Pipeline::new(rate_hz, self.chunk).is_err() {
                        return self.on_microphone_failed(now, MicrophoneFailure::Other);
                    }
                    absence.search = Some(Search::Opened { rate_hz, device });
                    run.intake.hold = None;
                    self.timers
                        .set(Timer::FirstBlock, now + FIRST_BLOCK_TIMEOUT);
                }
            }
        }
    }

    fn begin_recording(&mut self, now: Moment, rate_hz: u32, info: RecordingInfo) {
        let Ok(pipeline) = Pipeline::new(rate_hz, self.chunk) else {
            self.fail(Problem::RateUnsupported(rate_hz));
            return;
        };
        self.recording = Recording::new(info, rate_hz);
        let mut intake = Intake::new(pipeline, self.chunk);
        intake.await_first_block(now, &mut self.timers);
        let run = Run::new(intake, IdleWatch::new(self.idle_secs));
        self.phase = Phase::Running(Box::new(run));
        self.billed = BilledTime::default();
        self.connect(now, Role::Live);
        self.emit(Event::Began(info));
        self.emit_state(State::Connecting);
    }

    pub(super) fn on_microphone_failed(&mut self, now: Moment, failure: MicrophoneFailure) {
        match &mut self.phase {
            Phase::Idle => {}
            Phase::AwaitingMicrophone => self.fail(Problem::Microphone(failure)),
            Phase::Running(run) if run.is_resuming() => {
                run.abandon_resuming();
                self.effects.push_back(Effect::CloseMicrophone);
                self.emit(Event::Problem(Problem::Microphone(failure)));
            }
            Phase::Running(run) => match run.intake.search() {
                Some(Search::Requested(Device::Lost)) => {
                    self.search(Search::Requested(Device::SystemDefault));
                }
                Some(Search::Requested(_)) => self.search_later(now),
                Some(Search::Waiting | Search::Opened { .. }) | None => {}
            },
        }
    }

    /// The microphone is gone, or delivers nothing any more. Another one is searched for, and
    /// `problem` is shown meanwhile.
    pub(super) fn on_microphone_lost(&mut self, now: Moment, problem: Problem) {
        self.replace_microphone(now, problem, Device::Lost);
    }

    /// Gives up the microphone, and searches for another one, first for `device`.
    fn replace_microphone(&mut self, now: Moment, problem: Problem, device: Device) {
        // What came before the loss is no part of the gap.
        self.write_pause(now);
        self.settle_stall(now);
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        if !run.intake.is_open() {
            return;
        }
        match run.intake.search() {
            Some(Search::Opened { .. }) => return self.search_later(now),
            Some(Search::Requested(_) | Search::Waiting) => return,
            None => {}
        }
        run.begin_absence(&self.recording, now);
        run.intake.hold = None;
        let was_silent = run.intake.silence.stop();
        self.timers.stop(Timer::FirstBlock);
        self.timers
            .set(Timer::BlockWatchdog, now + BLOCK_WATCHDOG_INTERVAL);
        if was_silent {
            self.emit(Event::Resolved(Problem::MicrophoneSilent));
        }
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        run.missing_microphone = Some(problem);
        self.emit(Event::Interrupted(problem));
        self.fill(now);
        self.search(Search::Requested(device));
    }

    pub(super) fn on_microphone_held(&mut self, hold: Option<Hold>) {
        if let Phase::Running(run) = &mut self.phase
            && run.intake.is_open()
            && run.intake.has_microphone()
        {
            run.intake.hold = hold;
            run.intake.forget_misses();
        }
    }

    /// Tries at once what may have been connected: after the loss of a microphone, and if the
    /// current one is silent. A sound system can put a silent device in the place of a lost one.
    pub(super) fn on_devices_changed(&mut self, now: Moment) {
        let Phase::Running(run) = &self.phase else {
            return;
        };
        if run.intake.search() == Some(Search::Waiting) {
            self.search(Search::Requested(Device::Lost));
        } else if run.intake.silence.is_reported() {
            self.replace_microphone(now, Problem::MicrophoneLost, Device::SystemDefault);
        }
    }

    /// Changes the search for a microphone.
    pub(super) fn search(&mut self, search: Search) {
        if let Phase::Running(run) = &mut self.phase
            && let Source::Absent(absence) = &mut run.intake.source
        {
            absence.search = Some(search);
            self.timers.stop(Timer::FirstBlock);
            self.timers.stop(Timer::Reopen);
            if let Search::Requested(device) = search {
                self.effects.push_back(Effect::OpenMicrophone(device));
            }
        }
    }

    fn search_later(&mut self, now: Moment) {
        self.search(Search::Waiting);
        self.timers.set(Timer::Reopen, now + REOPEN_INTERVAL);
    }

    pub(super) fn on_block(&mut self, now: Moment, planar: &[f32], channels: usize) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        if planar.len().checked_div(channels).unwrap_or(0) == 0 {
            return;
        }
        match run.intake.on_block(now, &mut self.timers) {
            Arrival::Next => {
                self.write_pause(now);
                self.write(now, planar, channels);
            }
            Arrival::Return => {
                self.end_absence(now);
                self.write(now, planar, channels);
            }
            Arrival::Hold => {
                let planar = planar.to_vec();
                run.intake.hold_back(Held::Block { planar, channels });
            }
            Arrival::Ignore => {}
        }
    }

    pub(super) fn write(&mut self, now: Moment, planar: &[f32], channels: usize) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let measured = run.write(&mut self.recording, planar, channels);
        run.drop_unkept();
        self.report_measured(now, &measured);
    }

    pub(super) fn report_measured(&mut self, now: Moment, measured: &Measured) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        // A level after Stop would look as if the microphone were still on.
        if !run.intake.is_open() {
            return;
        }
        let is_forgotten = run.idle_countdown() == Some(0);
        let limit_secs = run.idle.limit_secs();
        self.effects
            .extend(measured.reading.map(|it| Effect::Event(Event::Level(it))));
        match measured.silence {
            Some(true) => self.emit(Event::Problem(Problem::MicrophoneSilent)),
            Some(false) => self.emit(Event::Resolved(Problem::MicrophoneSilent)),
            None => {}
        }
        if is_forgotten {
            self.on_stop(now);
            self.emit(Event::Problem(Problem::IdleStopped { limit_secs }));
        }
    }

    /// Adds silence up to `now` while no audio arrives.
    fn fill(&mut self, now: Moment) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let gap = run.fill_absence(&mut self.recording, now);
        run.drop_unkept();
        // The level falls, and the clock goes on.
        let measured = Measured {
            reading: Some(LevelReading {
                percent: 0,
                captured_ms: self.recording.captured().ms(),
            }),
            silence: None,
        };
        self.mark_gap(gap);
        self.report_measured(now, &measured);
    }

    /// Goes on with the microphone that delivers audio again.
    pub(super) fn end_absence(&mut self, now: Moment) {
        self.fill(now);
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let Source::Absent(absence) = &run.intake.source else {
            return;
        };
        let from_ms = absence.from_ms;
        match absence.search {
            // The same microphone may report what it has dropped in that time.
            None => {
                let ms = self.recording.captured().ms().saturating_sub(from_ms);
                run.intake.count(now, Duration::from_millis(ms.into()));
            }
            Some(Search::Opened { rate_hz, .. })
                if rate_hz != self.recording.captured().rate_hz() =>
            {
                run.change_rate(&mut self.recording, rate_hz);
            }
            Some(_) => {}
        }
        run.intake.open(now, &mut self.timers);
        self.timers.stop(Timer::FirstBlock);
        self.resolve_missing_microphone();
    }

    fn resolve_missing_microphone(&mut self) {
        if let Phase::Running(run) = &mut self.phase
            && let Some(problem) = run.missing_microphone.take()
        {
            self.emit(Event::Resolved(problem));
        }
    }

    pub(super) fn mark_gap(&mut self, gap: Option<Gap>) {
        if let Some(change) = gap.and_then(|gap| self.recording.mark_gap(gap)) {
            self.emit(Event::Changed(change));
        }
    }

    /// Turns the microphone off. Blocks that it has captured may still arrive.
    pub(super) fn close_intake(&mut self, now: Moment) {
        self.write_pause(now);
        self.settle_stall(now);
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        let gap = run.fill_absence(&mut self.recording, now);
        let is_gone = !run.intake.has_microphone();
        run.intake.end(now);
        self.timers.stop_intake();
        self.effects.push_back(Effect::CloseMicrophone);
        let was_silent = run.intake.silence.stop();
        if is_gone {
            run.end_intake(&mut self.timers);
        } else {
            self.timers.set(Timer::AudioEnd, now + AUDIO_END_TIMEOUT);
        }
        self.report_state();
        self.mark_gap(gap);
        if was_silent {
            self.emit(Event::Resolved(Problem::MicrophoneSilent));
        }
        self.resolve_missing_microphone();
    }

    pub(super) fn on_audio_ended(&mut self, now: Moment) {
        // Without a Stop before, the audio graph ended by itself.
        self.on_microphone_lost(now, Problem::MicrophoneLost);
        if let Phase::Running(run) = &mut self.phase
            && matches!(run.intake.source, Source::Ending(_))
        {
            run.end_intake(&mut self.timers);
        }
    }

    /// The first block of a microphone in place of a lost one has not come.
    pub(super) fn on_no_first_block(&mut self, now: Moment) {
        let Phase::Running(run) = &self.phase else {
            return;
        };
        if run.intake.hold.is_some() {
            self.timers
                .set(Timer::FirstBlock, now + FIRST_BLOCK_TIMEOUT);
        } else if let Some(search) = run.intake.search() {
            // Not later: it may begin to deliver while the recorder waits.
            self.search(Search::Requested(match search {
                Search::Opened {
                    device: Device::Lost,
                    ..
                } => Device::SystemDefault,
                _ => Device::Lost,
            }));
        }
    }

    /// Checks whether blocks still arrive.
    pub(super) fn check_blocks(&mut self, now: Moment) {
        let Phase::Running(run) = &mut self.phase else {
            return;
        };
        self.timers
            .set(Timer::BlockWatchdog, now + BLOCK_WATCHDOG_INTERVAL);
        let is_given_up = run.intake.search().is_none() && run.intake.miss();
        let is_held = run.intake.hold.is_some();
        match (&run.intake.source, is_given_up, is_held) {
            (Source::Opened, true, false) if run.upload.end_sample() == 0 => {
                self.fail(Problem::NoSound);
            }
            (Source::Open, true, true) => {
                run.begin_absence(&self.recording, now);
                self.fill(now);
            }
            (_, true, false) => self.on_microphone_lost(now, Problem::MicrophonePaused),
            (Source::Absent(_), _, _) => self.fill(now),
            _ => {}
        }
    }

    /// Reports what comes from the microphone, if that has changed.
    pub(super) fn report_sound(&mut self) {
        let sound = match &self.phase {
            Phase::Running(run) => run.intake.sound(self.recording.captured().ms()),
            Phase::Idle | Phase::AwaitingMicrophone => Sound::Arriving,
        };
        let old = std::mem::replace(&mut self.sound, sound);
        let is_over = !matches!(&self.phase, Phase::Running(run) if run.intake.is_open());
        if sound != old && !is_over {
            self.emit(Event::Sound(sound));
        }
    }
}

impl Run {
    /// Begins a time without audio, unless it has begun: at the last block, or now if there was
    /// none.
    fn begin_absence(&mut self, recording: &Recording, now: Moment) {
        let (from_ms, filled_until) = match &self.intake.source {
            Source::Absent(absence) => (absence.from_ms, absence.filled_until),
            Source::Open => (recording.captured().ms(), self.intake.last_block),
            _ => (recording.captured().ms(), now),
        };
        self.intake.source = Source::Absent(Absence {
            from_ms,
            filled_until,
            search: None,
        });
    }
}
