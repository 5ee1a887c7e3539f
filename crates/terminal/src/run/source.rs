//! The sources of a run, from the flags.

use std::{
    future::poll_fn,
    io,
    path::{Path, PathBuf},
    pin::pin,
    task::Poll,
};

use inturn_client::{
    DeviceChoice, Encoding, Event, Events, FileProgress, FileSource, Microphone, OpenError,
    Options, RawFormat, Recording, RecordingHandle,
};

use super::failure::Failure;
use crate::{
    cli::{Input, InputConfig, PcmEncoding, is_standard_input},
    wording::ExitStatus,
};

/// A source that is ready to be recorded.
#[derive(Debug)]
pub enum Prepared {
    /// A microphone, or what the computer plays.
    Device(Microphone),
    /// A file or standard input.
    File(FileSource),
}

/// A recording that has started.
#[derive(Debug)]
pub struct Started {
    /// Controls it.
    pub handle: RecordingHandle,
    /// What happens in it.
    pub events: Events,
    /// How far it is, if it is a file.
    pub progress: Option<FileProgress>,
    /// Whether there are no more events.
    is_over: bool,
}

impl Prepared {
    /// Prepares the sources: those of [`Input::Both`], which are recorded together, or files, which
    /// are recorded one after another. Files are opened now, so that a
    /// wrong name is noticed before the first one is transcribed.
    ///
    /// # Errors
    ///
    /// [`Failure`] if a file can't be opened.
    pub fn all(config: &InputConfig) -> Result<Vec<Self>, Failure> {
        let device = |choice| Ok(vec![Self::Device(Microphone::new(choice))]);
        match config.input() {
            Input::Microphone => device(choice(config.device.as_deref())),
            Input::System => device(DeviceChoice::SystemSound),
            Input::Both => Ok(vec![
                Self::Device(Microphone::new(choice(config.device.as_deref()))),
                Self::Device(Microphone::new(DeviceChoice::SystemSound)),
            ]),
            Input::Files(files) => {
                let sources = files.into_iter().map(|path| file(path, config));
                sources.map(|it| it.map(Self::File)).collect()
            }
        }
    }

    /// How far it is, if it is a file.
    pub fn progress(&self) -> Option<FileProgress> {
        match self {
            Self::Device(_) => None,
            Self::File(file) => Some(file.progress()),
        }
    }

    /// Starts to record it.
    pub fn start(self, options: Options) -> Started {
        let progress = self.progress();
        let (handle, events) = match self {
            Self::Device(device) => Recording::start(device, options),
            Self::File(file) => Recording::start(file, options),
        };
        Started {
            progress,
            ..Started::new(handle, events)
        }
    }
}

impl Started {
    /// Takes over a recording.
    pub fn new(handle: RecordingHandle, events: Events) -> Self {
        Self {
            handle,
            events,
            progress: None,
            is_over: false,
        }
    }

    /// Returns how much of a file was read, in percent.
    pub(super) fn percent(&self) -> Option<u8> {
        let progress = self.progress.as_ref()?;
        let length = progress.length_ms().filter(|it| *it > 0)?;
        Some((progress.position_ms() * 100 / length).min(100) as u8)
    }
}

/// Returns the next event of any of the recordings, with the place of the recording; `None` is the
/// end of its events. Cancel-safe.
pub(super) async fn next_event(together: &mut [Started]) -> (usize, Option<Event>) {
    poll_fn(|cx| {
        let running = together.iter_mut().enumerate();
        for (at, started) in running.filter(|(_, it)| !it.is_over) {
            if let Poll::Ready(event) = pin!(started.events.next()).poll(cx) {
                started.is_over = event.is_none();
                return Poll::Ready((at, event));
            }
        }
        Poll::Pending
    })
    .await
}

fn choice(device: Option<&str>) -> DeviceChoice {
    match device {
        None => DeviceChoice::Default,
        Some(text) => match text.parse() {
            Ok(index) => DeviceChoice::Index(index),
            Err(_) => DeviceChoice::Name(text.to_owned()),
        },
    }
}

fn file(path: PathBuf, config: &InputConfig) -> Result<FileSource, Failure> {
    if is_standard_input(&path) {
        return Ok(FileSource::from_reader(
            "standard input",
            io::stdin(),
            raw_format(config),
        ));
    }
    open(&path).map_err(|error| Failure::new(ExitStatus::WrongUse, error))
}

fn open(path: &Path) -> Result<FileSource, OpenError> {
    FileSource::open(path, None)
}

fn raw_format(config: &InputConfig) -> Option<RawFormat> {
    let rate_hz = config.rate?;
    Some(RawFormat {
        rate_hz,
        channels: config.channels.unwrap_or(1),
        encoding: match config.encoding.unwrap_or_default() {
            PcmEncoding::U8 => Encoding::U8,
            PcmEncoding::S16le => Encoding::S16Le,
            PcmEncoding::S16be => Encoding::S16Be,
            PcmEncoding::S24le => Encoding::S24Le,
            PcmEncoding::S32le => Encoding::S32Le,
            PcmEncoding::F32le => Encoding::F32Le,
            PcmEncoding::Mulaw => Encoding::MuLaw,
            PcmEncoding::Alaw => Encoding::ALaw,
        },
    })
}
