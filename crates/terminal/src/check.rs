//! `inturn-listen check`: checks all that a recording needs, one line for each.

use std::{cell::RefCell, time::Duration};

use inturn_cli::{CheckReport, CheckResult, Issue, check_service, read_api_key};
use inturn_client::{
    AudioStream, Device, Event, OpenError, Options, Piece, Problem, Recording, Source, State,
};
use inturn_client_core::audio::Level;

use crate::{
    cli::{Config, Input},
    run::{LocalService, Prepared, Transcriber},
    track::Origin,
    wording::Wording,
};

/// Checks the input, who transcribes, and that a session begins and ends.
///
/// The session has no audio; the service bills a second or two of it.
pub async fn check(config: &Config) -> CheckReport {
    let mut report = CheckReport::default();
    input(config, &mut report).await;
    let has_service = config.whom.server.is_none() && !config.whom.local_service;
    if has_service && let Ok(Some(key)) = read_api_key() {
        check_service(&config.whom.service(), &key, CALL_TIMEOUT, &mut report).await;
        if !report.is_ok() {
            return report;
        }
    }
    let warnings = RefCell::new(Vec::new());
    let warn = |text: &str| warnings.borrow_mut().push(Issue::new(text, "").warning());
    let transcriber = Transcriber::choose(config, warn).await;
    for warning in warnings.into_inner() {
        report.add("encryption", Err(warning));
    }
    match transcriber {
        Err(failure) => report.add("service", Err(Issue::new(failure, ""))),
        Ok(transcriber) => {
            let billed = match &transcriber.local {
                Some(local) => {
                    report.add("service", local_service(local));
                    ""
                }
                None => "; the service bills about a second",
            };
            let began = session(Options::new(transcriber.tokens.clone())).await;
            report.add(
                "session",
                began.map(|()| format!("began and ended{billed}")),
            );
        }
    }
    report
}

fn local_service(local: &LocalService) -> CheckResult {
    let description = format!("local: {}", local.description());
    match local.advice() {
        None => Ok(description),
        Some(advice) => {
            Err(Issue::new(format_args!("{description}."), advice.to_owned()).warning())
        }
    }
}

/// Opens the input, and listens to it for a moment.
async fn input(config: &Config, report: &mut CheckReport) {
    let what = match config.input.input() {
        Input::Files(_) => "file",
        Input::Microphone | Input::System | Input::Both => "device",
    };
    let sources = match Prepared::all(&config.input) {
        Ok(sources) => sources,
        Err(failure) => return report.add(what, Err(Issue::new(failure, ""))),
    };
    for (at, source) in sources.into_iter().enumerate() {
        // The second of both is what the computer plays.
        let is_playback = match config.input.input() {
            Input::System => true,
            Input::Both => at > 0,
            Input::Microphone | Input::Files(_) => false,
        };
        let result = match source {
            Prepared::File(file) => {
                let progress = file.progress();
                let length = progress
                    .length_ms()
                    .map(|it| format!(", {} s", it.div_ceil(1_000)));
                Ok(format!("{}{}", progress.name(), length.unwrap_or_default()))
            }
            Prepared::Device(mut device) => match device.open(Device::Chosen).await {
                Ok(stream) => sound(stream, is_playback).await,
                Err(error) => Err(issue(&error)),
            },
        };
        report.add(what, result);
    }
}

/// Listens to a device, and says how loud it is. Playback may be silent.
async fn sound(mut stream: AudioStream, is_playback: bool) -> CheckResult {
    let rate_hz = stream.rate_hz();
    let (mut peak, mut samples) = (0.0_f32, 0);
    // The device's own samples are the clock.
    while samples < rate_hz as usize {
        let piece = tokio::time::timeout(SOUND_TIMEOUT, stream.next()).await;
        match piece {
            Ok(Some(Piece::Block { planar, channels })) => {
                samples += planar.len() / channels.max(1);
                peak = planar
                    .iter()
                    .fold(peak, |peak, sample| peak.max(sample.abs()));
            }
            Ok(Some(Piece::Lost { cause })) => {
                return Err(Issue::new(
                    format_args!("The device was lost: {cause}."),
                    "Reconnect it, or choose another one with --device.",
                ));
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => {
                return Err(Issue::new(
                    "The device delivers no samples.",
                    "Choose another one of `inturn-listen devices` with --device.",
                ));
            }
        }
    }
    if peak == 0.0 && is_playback {
        return Ok(format!("{rate_hz} Hz, nothing plays"));
    }
    if peak == 0.0 {
        let issue = Issue::new(
            "The device delivers only digital silence.",
            "Check whether it is muted, or choose another one with --device.",
        );
        return Err(issue.warning());
    }
    let level = Level {
        peak,
        ..Level::default()
    };
    Ok(format!(
        "{rate_hz} Hz, loudest {:.0} dBFS in a second",
        level.peak_dbfs()
    ))
}

/// Opens a session and ends it.
async fn session(options: Options) -> Result<(), Issue> {
    let (handle, mut events) = Recording::start(Silence, options);
    let mut problem = None;
    let mut has_begun = false;
    while let Some(event) = events.next().await {
        match event {
            Event::State(State::Listening(_)) if !has_begun => {
                has_begun = true;
                handle.stop();
            }
            Event::Problem(it) => problem = Some(it),
            // The check does not wait until it works again.
            Event::Interrupted(it) => {
                problem = Some(it);
                break;
            }
            _ => {}
        }
    }
    match problem {
        Some(problem) => Err(wording(&problem)),
        None if has_begun => Ok(()),
        None => Err(Issue::new("The session did not begin.", "Try again.")),
    }
}

fn wording(problem: &Problem) -> Issue {
    let words = Wording::of(problem, Origin::Microphone);
    Issue::new(words.cause, words.remedy.into_owned())
}

fn issue(error: &OpenError) -> Issue {
    Issue::new(error, "")
}

/// A microphone in a room where no one speaks.
struct Silence;

impl Source for Silence {
    async fn open(&mut self, _device: Device) -> Result<AudioStream, OpenError> {
        let (writer, stream) = AudioStream::channel(RATE_HZ, 1);
        tokio::spawn(async move {
            let block = vec![QUIET; RATE_HZ as usize / 10];
            let mut ticks = tokio::time::interval(Duration::from_millis(100));
            while !writer.is_stopped() {
                ticks.tick().await;
                let piece = Piece::Block {
                    planar: block.clone(),
                    channels: 1,
                };
                if writer.send(piece).await.is_err() {
                    break;
                }
            }
        });
        Ok(stream)
    }
}

const RATE_HZ: u32 = 16_000;

/// Far below any voice, but not digital silence, for which the recording would not be worth a
/// session.
const QUIET: f32 = 1e-4;

/// Timeout of one call to the service, as for recordings.
const CALL_TIMEOUT: Duration = inturn_service::CALL_TIMEOUT;

/// A Bluetooth link takes about 0.6 s to start.
const SOUND_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    /// What the check says about a device that delivers these pieces.
    async fn of(pieces: impl IntoIterator<Item = Piece>, is_playback: bool) -> CheckResult {
        let (writer, stream) = AudioStream::channel(RATE_HZ, 1);
        let send = async {
            for piece in pieces {
                writer.send(piece).await.expect("it is read");
            }
        };
        tokio::join!(sound(stream, is_playback), send).0
    }

    #[tokio::test]
    async fn silence_is_usual_for_what_the_computer_plays() {
        let second = || {
            (0..10).map(|_| Piece::Block {
                planar: vec![0.0; RATE_HZ as usize / 10],
                channels: 1,
            })
        };
        let played = of(second(), true).await;
        assert_eq!(played.ok().as_deref(), Some("16000 Hz, nothing plays"));
        assert!(of(second(), false).await.is_err());
    }

    #[tokio::test]
    async fn a_lost_device_has_a_remedy() {
        let cause = "it was unplugged".to_owned();
        let mut report = CheckReport::default();
        report.add("device", of([Piece::Lost { cause }], false).await);
        assert!(report.to_string().contains("--device"), "{report}");
    }
}
