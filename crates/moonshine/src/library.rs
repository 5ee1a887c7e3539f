//! Bindings to the C interface of Moonshine's library. All `unsafe` code of this crate is here.
//!
//! The declarations follow `moonshine-c-api.h` of version 3 (`moonshine-voice` 0.1.0).

#![expect(unsafe_code, reason = "calls the functions of a C library")]

use std::{
    error::Error as _,
    ffi::{CStr, CString, c_char, c_void},
    path::Path,
    ptr, slice,
};

use inturn_moonshine::{SAMPLE_RATE_HZ, pipe::Line};

/// A loaded model. Its voice detector keeps a state between calls, so one serves one session.
pub(crate) struct Transcriber {
    handle: i32,
    transcribe: Transcribe,
    free: Free,
    error_text: ErrorText,
    // Declared last, so that it is dropped last: the pointers above are copies without a lifetime.
    _library: libloading::Library,
}

/// Why the library can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LibraryError {
    #[error("the library can't be loaded: {0}")]
    Load(String),
    #[error("the library has no function {0}")]
    Function(&'static str),
    #[error("the library has version {0}, and a version from 30000 to 39999 is needed")]
    Version(i32),
    #[error("the model's path contains a zero byte")]
    Path,
    #[error("the model can't be opened: {0}")]
    Open(String),
    #[error("the audio can't be recognised: {0}")]
    Transcribe(String),
}

type Version = unsafe extern "C" fn() -> i32;
type ErrorText = unsafe extern "C" fn(i32) -> *const c_char;
type Load = unsafe extern "C" fn(*const c_char, u32, *const Setting, u64, i32) -> i32;
type Transcribe = unsafe extern "C" fn(i32, *mut f32, u64, i32, u32, *mut *mut TranscriptC) -> i32;
type Free = unsafe extern "C" fn(i32);

/// `transcriber_option_t`.
#[repr(C)]
struct Setting {
    name: *const c_char,
    value: *const c_char,
}

/// `transcript_t`.
#[repr(C)]
struct TranscriptC {
    lines: *const LineC,
    count: u64,
}

/// `transcript_line_t`. Only some fields are read; the others give it its size.
#[repr(C)]
struct LineC {
    text: *const c_char,
    audio: *const f32,
    audio_len: usize,
    start_secs: f32,
    duration_secs: f32,
    id: u64,
    flags: [i8; 5],
    spans: *const c_void,
    span_count: u64,
    latency_ms: u32,
    words: *const c_void,
    word_count: u64,
}

// The sizes that the vendor's own binding checks for 64-bit systems.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<LineC>() == 88 && size_of::<TranscriptC>() == 16);

impl Transcriber {
    /// Loads the library, and a model of this architecture.
    pub(crate) fn open(
        library: &Path,
        model: &Path,
        architecture: u32,
    ) -> Result<Self, LibraryError> {
        let model = model.as_os_str().as_encoded_bytes();
        let model = CString::new(model).map_err(|_| LibraryError::Path)?;
        // SAFETY: loading runs the library's initialisers, which set up its own tables. The
        // operator chooses the library, as with any program.
        let library = unsafe { libloading::Library::new(library) }.map_err(|error| {
            // The cause is what the system says; the error itself names only the call.
            let cause = error
                .source()
                .map_or_else(|| error.to_string(), ToString::to_string);
            LibraryError::Load(cause)
        })?;
        // SAFETY: each symbol has the type that the header declares. The version is checked before
        // any function is called whose arguments depend on it. The pointers are copied out of their
        // borrows, and the same struct owns the library.
        unsafe {
            let version: Version = function(&library, "moonshine_get_version")?;
            let version = version();
            if version / 10_000 != HEADER_VERSION / 10_000 {
                return Err(LibraryError::Version(version));
            }
            let load: Load = function(&library, "moonshine_load_transcriber_from_files")?;
            let error_text = function(&library, "moonshine_error_to_string")?;
            let transcribe = function(&library, "moonshine_transcribe_without_streaming")?;
            let free = function(&library, "moonshine_free_transcriber")?;
            let settings = SETTINGS.map(|[name, value]| Setting {
                name: name.as_ptr(),
                value: value.as_ptr(),
            });
            let handle = load(
                model.as_ptr(),
                architecture,
                settings.as_ptr(),
                settings.len() as u64,
                HEADER_VERSION,
            );
            if handle < 0 {
                return Err(LibraryError::Open(describe(error_text, handle)));
            }
            Ok(Self {
                handle,
                transcribe,
                free,
                error_text,
                _library: library,
            })
        }
    }

    /// Returns the words of a piece of audio.
    pub(crate) fn transcribe(&mut self, samples: &[i16]) -> Result<Vec<Line>, LibraryError> {
        let mut audio = vec![0.0; LEAD];
        audio.extend(samples.iter().map(|sample| f32::from(*sample) / 32_768.0));
        audio.resize(audio.len() + TAIL, 0.0);
        let mut transcript = ptr::null_mut();
        // SAFETY: the handle is open, and the pointers are valid during the call. The library sets
        // `transcript` to memory of its own, which stays valid until the next call.
        let lines = unsafe {
            let result = (self.transcribe)(
                self.handle,
                audio.as_mut_ptr(),
                audio.len() as u64,
                SAMPLE_RATE_HZ as i32,
                0,
                &raw mut transcript,
            );
            if result != 0 {
                let reason = describe(self.error_text, result);
                return Err(LibraryError::Transcribe(reason));
            }
            lines(transcript)
        };
        let length_ms = ms(samples.len());
        let lines = lines.into_iter().filter_map(|line| line.placed(length_ms));
        Ok(lines.collect())
    }
}

impl Drop for Transcriber {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and is not used again.
        unsafe { (self.free)(self.handle) };
    }
}

/// A line with the library's times, in seconds from the start of the silence before the audio.
struct RawLine {
    text: String,
    start_secs: f32,
    duration_secs: f32,
}

impl RawLine {
    /// Returns the line with times from the start of the audio, which is `length_ms` long. Returns
    /// `None` if it is no speech.
    fn placed(self, length_ms: u32) -> Option<Line> {
        if self.duration_secs < MIN_SPEECH_SECS || self.text.trim().is_empty() {
            return None;
        }
        let in_piece = |secs: f32| {
            let ms = (secs * 1_000.0) as u32;
            ms.saturating_sub(ms_of_lead()).min(length_ms)
        };
        Some(Line {
            start_ms: in_piece(self.start_secs),
            end_ms: in_piece(self.start_secs + self.duration_secs),
            text: self.text,
        })
    }
}

/// Returns a function of the library.
///
/// # Safety
///
/// `F` is its type.
unsafe fn function<F: Copy>(
    library: &libloading::Library,
    name: &'static str,
) -> Result<F, LibraryError> {
    // SAFETY: see above.
    let function = unsafe { library.get::<F>(name) };
    function
        .map(|it| *it)
        .map_err(|_| LibraryError::Function(name))
}

/// # Safety
///
/// `transcript` is null, or a transcript of the library that is still valid.
unsafe fn lines(transcript: *const TranscriptC) -> Vec<RawLine> {
    // SAFETY: see above. A transcript without lines may have a null pointer to them.
    unsafe {
        let Some(transcript) = transcript.as_ref() else {
            return Vec::new();
        };
        if transcript.lines.is_null() {
            return Vec::new();
        }
        slice::from_raw_parts(transcript.lines, transcript.count as usize)
            .iter()
            .map(|line| RawLine {
                text: text(line.text),
                start_secs: line.start_secs,
                duration_secs: line.duration_secs,
            })
            .collect()
    }
}

/// # Safety
///
/// `error_text` is the library's function.
unsafe fn describe(error_text: ErrorText, code: i32) -> String {
    // SAFETY: the library returns a constant text, or null for an unknown code.
    let text = unsafe { text(error_text(code)) };
    if text.is_empty() {
        format!("error {code}")
    } else {
        text
    }
}

/// # Safety
///
/// `chars` is null or a text that ends with a zero byte.
unsafe fn text(chars: *const c_char) -> String {
    if chars.is_null() {
        return String::new();
    }
    // SAFETY: see above.
    let text = unsafe { CStr::from_ptr(chars) };
    text.to_string_lossy().into_owned()
}

fn ms(samples: usize) -> u32 {
    (samples as u64 * 1_000 / u64::from(SAMPLE_RATE_HZ)) as u32
}

fn ms_of_lead() -> u32 {
    ms(LEAD)
}

/// The version of the header that these declarations follow: 3.0.0. Its first number changes with
/// the layout of the structs.
const HEADER_VERSION: i32 = 30_000;

/// The audio is not copied back. Segments may be as long as a piece.
const SETTINGS: [[&CStr; 2]; 2] = [
    [c"return_audio_data", c"false"],
    [c"vad_max_segment_duration", c"30"],
];

/// Silence before the audio: 0.1 s. The voice detector may miss the first sound without it.
const LEAD: usize = SAMPLE_RATE_HZ as usize / 10;

/// Silence after the audio: 0.3 s. The voice detector cuts the last sound of a word without it.
const TAIL: usize = 3 * SAMPLE_RATE_HZ as usize / 10;

/// Shorter lines are no speech: a rest of the voice detector's state from the call before, which
/// reads "You" or "I".
const MIN_SPEECH_SECS: f32 = 0.3;
