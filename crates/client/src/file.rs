//! Audio from files and pipes.

mod container;
mod cutter;
mod decoded;
mod decoder;
mod pace;
mod pcm;
mod player;
mod progress;
mod wav;

use std::{
    fmt, fs,
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
    thread,
};

use inturn_client_core::{problem::MicrophoneFailure, session::Device};
use tokio::sync::{Mutex, oneshot};

use self::{
    container::ContainerError,
    decoder::{Decoder, DecoderError},
    pace::Schedule,
    player::{Clock, Feed},
};
pub use self::{
    pace::Pace,
    pcm::{Encoding, RawFormat},
    progress::FileProgress,
};
use crate::source::{AudioStream, OpenError, Source};

/// Audio from a file, or from any reader such as standard input.
///
/// WAV, FLAC, MP3, Ogg Vorbis, AAC and M4A are decoded, and samples without a header if their
/// [`RawFormat`] is given. A thread of its own decodes.
///
/// Files are delivered as a microphone would: 100 ms of audio every 100 ms. So are pipes, even if
/// a program fills them faster: the pipe is read a little ahead only, so that its writer is held
/// back. A live pipe is never delayed by this.
///
/// After a pause, the audio goes on where it stopped. Of a damaged file, all that can be decoded
/// is delivered; [`FileProgress::problem`] says what is wrong.
pub struct FileSource {
    progress: FileProgress,
    pace: Pace,
    is_pipe: bool,
    /// The work of the thread that decodes, until it is started.
    decoding: Option<Decoding>,
    state: State,
}

enum State {
    Opening(oneshot::Receiver<Result<Feed, OpenError>>),
    Open(Arc<Mutex<Feed>>),
    Failed(OpenError),
}

type Decoding = Box<dyn FnOnce() + Send>;

impl FileSource {
    /// Opens a file, and decodes its beginning. `format` is the format of samples without a
    /// header; with `None`, the content of the file tells its format.
    ///
    /// A named pipe is not opened before the recording starts.
    ///
    /// # Errors
    ///
    /// [`OpenError`] names the file and says why it can't be transcribed.
    pub fn open(path: impl Into<PathBuf>, format: Option<RawFormat>) -> Result<Self, OpenError> {
        let path = path.into();
        let name = path.display().to_string();
        let metadata = fs::metadata(&path).map_err(|error| failed(&name, &error.into()))?;
        if metadata.is_dir() {
            return Err(OpenError {
                failure: MicrophoneFailure::Unsupported,
                message: format!("{name}: this is a folder. Give the files in it."),
            });
        }
        if !metadata.is_file() {
            let open = move || Decoder::open_pipe(fs::File::open(path)?, format);
            return Ok(Self::new(FileProgress::new(name), true, open));
        }
        let decoder = Decoder::open_file(&path, format).map_err(|error| failed(&name, &error))?;
        let progress = FileProgress::new(name);
        player::note_length(&decoder, &progress);
        Ok(Self::new(progress, false, || Ok(decoder)))
    }

    /// Takes the audio from a reader. `name` stands for it in messages, such as `standard input`.
    /// `format` is the format of samples without a header; with `None`, the content tells it.
    ///
    /// The reader is not read before the recording starts.
    pub fn from_reader(
        name: impl Into<String>,
        reader: impl Read + Send + Sync + 'static,
        format: Option<RawFormat>,
    ) -> Self {
        let open = move || Decoder::open_pipe(reader, format);
        Self::new(FileProgress::new(name.into()), true, open)
    }

    /// Sets how fast the audio is delivered. The default is real time.
    #[must_use]
    pub fn with_pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Returns a handle that shows how far the audio has been delivered.
    pub fn progress(&self) -> FileProgress {
        self.progress.clone()
    }

    fn new(
        progress: FileProgress,
        is_pipe: bool,
        open: impl FnOnce() -> Result<Decoder, DecoderError> + Send + 'static,
    ) -> Self {
        let (reply, opened) = oneshot::channel();
        let decoding = {
            let progress = progress.clone();
            move || match open() {
                Ok(decoder) => {
                    player::note_length(&decoder, &progress);
                    let (sender, feed) = player::queue(decoder.rate_hz(), progress.clone());
                    // Without a recording, decoding ends with its first block.
                    let _ = reply.send(Ok(feed));
                    player::decode(decoder, &sender, &progress);
                }
                Err(error) => {
                    let _ = reply.send(Err(failed(progress.name(), &error)));
                }
            }
        };
        Self {
            progress,
            pace: Pace::default(),
            is_pipe,
            decoding: Some(Box::new(decoding)),
            state: State::Opening(opened),
        }
    }

    /// Returns the decoded blocks. The first call starts the thread that decodes, and waits until
    /// the format is known. Cancel-safe.
    async fn feed(&mut self) -> Result<Arc<Mutex<Feed>>, OpenError> {
        if let Some(decoding) = self.decoding.take() {
            let thread = thread::Builder::new().name("inturn-file".into());
            if let Err(error) = thread.spawn(decoding) {
                self.state = State::Failed(failed(self.progress.name(), &error.into()));
            }
        }
        let opened = match &mut self.state {
            State::Open(feed) => return Ok(Arc::clone(feed)),
            State::Failed(error) => return Err(error.clone()),
            State::Opening(opened) => opened.await,
        };
        let opened = opened.unwrap_or_else(|_| {
            Err(OpenError {
                failure: MicrophoneFailure::Other,
                message: format!("{}: its decoder has crashed.", self.progress.name()),
            })
        });
        match opened {
            Ok(feed) => {
                let feed = Arc::new(Mutex::new(feed));
                self.state = State::Open(Arc::clone(&feed));
                Ok(feed)
            }
            Err(error) => {
                self.state = State::Failed(error.clone());
                Err(error)
            }
        }
    }
}

impl Source for FileSource {
    async fn open(&mut self, _device: Device) -> Result<AudioStream, OpenError> {
        let feed = self.feed().await?;
        // The stream before this one lets go of it when it is stopped or dropped.
        let mut feed = feed.lock_owned().await;
        let clock = Clock::start();
        let schedule = if self.is_pipe {
            Schedule::for_pipe(self.pace, clock.now())
        } else {
            Schedule::for_file(self.pace, clock.now())
        };
        let (writer, stream) = AudioStream::channel(feed.rate_hz(), STREAM_PIECES);
        tokio::spawn(async move { feed.play(clock, schedule, writer).await });
        Ok(stream)
    }
}

impl fmt::Debug for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSource")
            .field("progress", &self.progress)
            .field("pace", &self.pace)
            .field("is_pipe", &self.is_pipe)
            .finish_non_exhaustive()
    }
}

/// Says why a file can't be transcribed, and what to do.
fn failed(name: &str, error: &DecoderError) -> OpenError {
    let (failure, message) = match error {
        DecoderError::Io(error) => match error.kind() {
            io::ErrorKind::NotFound => (
                MicrophoneFailure::Missing,
                format!("{name}: there is no such file."),
            ),
            io::ErrorKind::PermissionDenied => (
                MicrophoneFailure::Denied,
                format!("{name}: you have no permission to read this file."),
            ),
            _ => (
                MicrophoneFailure::Other,
                format!("{name}: can't be read: {error}."),
            ),
        },
        DecoderError::Container(ContainerError::UnknownFormat) => (
            MicrophoneFailure::Unsupported,
            format!(
                "{name}: unknown format. Give {KNOWN_FORMATS}; for samples without a header, give \
                 their rate, channels and encoding."
            ),
        ),
        DecoderError::Container(ContainerError::Codec(_)) => (
            MicrophoneFailure::Unsupported,
            format!("{name}: {error}. Convert the file to one of {KNOWN_FORMATS}."),
        ),
        _ => (
            MicrophoneFailure::Unsupported,
            format!("{name}: can't be decoded: {error}."),
        ),
    };
    OpenError { failure, message }
}

const KNOWN_FORMATS: &str = "WAV, FLAC, MP3, Ogg Vorbis or M4A (AAC)";
/// The blocks that wait for the recording: what is delivered is in a recording soon.
const STREAM_PIECES: usize = 1;
