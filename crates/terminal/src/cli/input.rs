//! What to transcribe.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::duration::Span;
use crate::track::{Origin, Side};

/// Flags of what to transcribe.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Input")]
pub struct InputConfig {
    /// Audio file, one after another if there are several; `-` is standard input. Without one, the
    /// microphone is transcribed.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Audio file: WAV, FLAC, MP3, Ogg Vorbis, AAC or M4A. Can be repeated.
    #[arg(long = "file", value_name = "PATH")]
    pub more_files: Vec<PathBuf>,

    /// Microphone: its number or a part of its name in `inturn-listen devices`. `INTURN_DEVICE`,
    /// default the system's.
    #[arg(long, env = "INTURN_DEVICE", value_name = "NAME|NUMBER")]
    pub device: Option<String>,

    /// Transcribe what the computer plays, such as a meeting, instead of the microphone.
    #[arg(long, conflicts_with = "both")]
    pub system: bool,

    /// Transcribe the microphone ("You") and what the computer plays ("Meeting"), in two sessions:
    /// the service bills both. With --output talk.srt, the files are talk.you.srt and
    /// talk.meeting.srt.
    #[arg(long)]
    pub both: bool,

    /// Standard input is raw samples at this rate, in Hz. Without it, standard input is a file of
    /// any of the formats above.
    #[arg(long, value_name = "HZ",
        value_parser = clap::value_parser!(u32).range(1_000..=768_000))]
    pub rate: Option<u32>,

    /// Channels of raw samples. Default 1.
    #[arg(long, value_name = "COUNT", requires = "rate",
        value_parser = clap::value_parser!(u16).range(1..=32))]
    pub channels: Option<u16>,

    /// Encoding of raw samples. Default `s16le`.
    #[arg(long, value_name = "NAME", requires = "rate", value_enum)]
    pub encoding: Option<PcmEncoding>,

    /// Stop after this time of recording, such as `30s`, `5m` or `1h`.
    #[arg(long = "for", value_name = "TIME")]
    pub time: Option<Span>,

    /// Stop after this time without a word, at least `61s`; the last minute is counted down. `off`
    /// never stops. `INTURN_STOP_AFTER_SILENCE`, default `5m` for a microphone, `off` for files.
    // The core counts down for one minute before it stops.
    #[arg(
        long,
        env = "INTURN_STOP_AFTER_SILENCE",
        value_name = "TIME|off",
        value_parser = silence
    )]
    pub stop_after_silence: Option<Silence>,
}

/// After which time without a word a recording stops.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Silence {
    /// Never.
    Off,
    /// After this time.
    After(Span),
}

/// What to transcribe.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Input {
    /// A microphone.
    Microphone,
    /// What the computer plays.
    System,
    /// Both of these.
    Both,
    /// Files, one after another. `-` is standard input.
    Files(Vec<PathBuf>),
}

/// The encoding of raw samples.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum PcmEncoding {
    /// 8-bit, unsigned.
    U8,
    /// 16-bit, little endian.
    #[default]
    S16le,
    /// 16-bit, big endian.
    S16be,
    /// 24-bit, little endian.
    S24le,
    /// 32-bit, little endian.
    S32le,
    /// 32-bit floating point, little endian.
    F32le,
    /// G.711 mu-law.
    Mulaw,
    /// G.711 A-law.
    Alaw,
}

impl InputConfig {
    /// Returns what to transcribe.
    pub fn input(&self) -> Input {
        let files: Vec<PathBuf> = self.files.iter().chain(&self.more_files).cloned().collect();
        if !files.is_empty() {
            Input::Files(files)
        } else if self.both {
            Input::Both
        } else if self.system {
            Input::System
        } else if self.rate.is_some() {
            Input::Files(vec![PathBuf::from(STANDARD_INPUT)])
        } else {
            Input::Microphone
        }
    }

    /// Returns who is heard in the recordings that run together; nothing if there is only one at a
    /// time.
    pub fn sides(&self) -> &'static [Side] {
        match self.input() {
            Input::Both => &[Side::You, Side::Meeting],
            Input::Microphone | Input::System | Input::Files(_) => &[],
        }
    }

    /// Returns where the sound of a recording comes from. `side` is which of two it is.
    pub fn origin(&self, side: Option<Side>) -> Origin {
        match (self.input(), side) {
            (Input::Files(_), _) => Origin::Files,
            (Input::System, _) | (_, Some(Side::Meeting)) => Origin::Playback,
            (Input::Microphone | Input::Both, _) => Origin::Microphone,
        }
    }

    /// Returns after how many seconds without words the core begins its countdown of a minute; 0
    /// for never.
    pub fn idle_secs(&self) -> u32 {
        let silence = self.stop_after_silence.unwrap_or(match self.input() {
            Input::Files(_) => Silence::Off,
            Input::Microphone | Input::System | Input::Both => Silence::After(Span(USUAL_SILENCE)),
        });
        match silence {
            Silence::Off => 0,
            // At most a week, which fits.
            Silence::After(Span(time)) => (time - COUNTDOWN).as_secs() as u32,
        }
    }

    /// Returns what is wrong with the combination of flags. A device from a variable is ignored
    /// where there is no microphone.
    pub(super) fn check(&self, is_device_flag: bool) -> Result<(), String> {
        let input = self.input();
        if is_device_flag && matches!(input, Input::System | Input::Files(_)) {
            return Err(
                "--device is for a microphone: remove it, or --system or the file.".to_owned(),
            );
        }
        let Input::Files(files) = &input else {
            return match self.rate {
                Some(_) if self.system || self.both => {
                    Err("--rate is for standard input: remove it.".to_owned())
                }
                _ => Ok(()),
            };
        };
        let of_devices = [(self.system, "--system"), (self.both, "--both")];
        if let Some((_, flag)) = of_devices.iter().find(|(is_set, _)| *is_set) {
            return Err(format!(
                "{flag} and a file can't be used together: remove one."
            ));
        }
        let pipes = files.iter().filter(|it| is_standard_input(it)).count();
        if pipes > 1 {
            return Err("Standard input (-) can be read only once.".to_owned());
        }
        if self.rate.is_some() && pipes == 0 {
            return Err("--rate is for standard input: add - or remove it.".to_owned());
        }
        Ok(())
    }
}

/// Whether a path stands for standard input.
pub fn is_standard_input(path: &std::path::Path) -> bool {
    path.as_os_str() == STANDARD_INPUT
}

fn silence(text: &str) -> Result<Silence, &'static str> {
    if text == "off" {
        return Ok(Silence::Off);
    }
    let span = text.parse::<Span>().ok().filter(|it| it.0 > COUNTDOWN);
    span.map(Silence::After)
        .ok_or("it must be off, or a duration of 61 seconds or more, such as 90s or 5m")
}

const STANDARD_INPUT: &str = "-";

/// Longer than any pause of a meeting in which people still talk to each other; the page's default
/// too.
const USUAL_SILENCE: std::time::Duration = std::time::Duration::from_secs(300);

const COUNTDOWN: std::time::Duration = inturn_client_core::session::IDLE_COUNTDOWN;
