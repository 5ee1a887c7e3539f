//! What the Export menu offers: formats, what a text contains, names of files, and the sentences
//! that it shows.

mod selection;

use inturn_transcript::{
    Document, Phrases, RecordingInfo, Unicode,
    export::{
        CueOptions, TextOptions, Times, file_stem, recording_file_stem, to_json, to_markdown,
        to_srt, to_text, to_webvtt,
    },
};

pub use self::selection::{Bound, Row, place};

/// A format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// Subtitles as SRT.
    Srt,
    /// Subtitles as WebVTT.
    WebVtt,
    /// Everything, as JSON.
    Json,
}

/// What copied text, plain text and Markdown contain besides the words. Subtitles have times
/// anyway, and contain names if these do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choices {
    /// The times of turns and gaps.
    pub times: bool,
    /// Whether these are times of the day, instead of times since the start of the recording.
    pub of_day: bool,
    /// The names of the speakers, if the service labels them.
    pub names: bool,
}

impl Format {
    /// All formats, in the order of the menu.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::Markdown,
        Self::Srt,
        Self::WebVtt,
        Self::Json,
    ];

    /// The text of its button.
    pub fn label(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Markdown => "Markdown",
            Self::Srt => "SRT",
            Self::WebVtt => "WebVTT",
            Self::Json => "JSON",
        }
    }

    /// The extension of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Srt => "srt",
            Self::WebVtt => "vtt",
            Self::Json => "json",
        }
    }

    /// The media type of its files. All of them are UTF-8.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain;charset=utf-8",
            Self::Markdown => "text/markdown;charset=utf-8",
            Self::Srt => "application/x-subrip",
            Self::WebVtt => "text/vtt",
            Self::Json => "application/json",
        }
    }

    /// Returns the content of a file.
    pub fn write(self, document: &Document, choices: Choices, unicode: Unicode) -> String {
        let cues = CueOptions {
            names: choices.names,
            phrases: Phrases::ENGLISH,
            unicode,
        };
        match self {
            Self::Text => to_text(document, &choices.text_options(true)),
            Self::Markdown => to_markdown(document, &choices.text_options(true)),
            Self::Srt => to_srt(document, &cues),
            Self::WebVtt => to_webvtt(document, &cues),
            Self::Json => to_json(document),
        }
    }

    /// Returns the name of a file.
    pub fn file_name(self, document: &Document) -> String {
        [&file_stem(document), ".", self.extension()].concat()
    }
}

/// Returns the name of the file with a recording's audio.
pub fn audio_file_name(document: &Document, recording: RecordingInfo) -> String {
    [&recording_file_stem(document, recording), ".wav"].concat()
}

impl Choices {
    fn text_options(self, headings: bool) -> TextOptions {
        TextOptions {
            times: match (self.times, self.of_day) {
                (false, _) => Times::None,
                (true, false) => Times::Recording,
                (true, true) => Times::Day,
            },
            names: self.names,
            headings,
            phrases: Phrases::ENGLISH,
        }
    }
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            times: false,
            of_day: false,
            names: true,
        }
    }
}

/// Returns the text that is copied. Only a text of several recordings has their dates.
pub fn copied(document: &Document, choices: Choices) -> String {
    let mut filled = document
        .parts()
        .iter()
        .filter(|it| !it.transcript.is_empty());
    let has_several = filled.nth(1).is_some();
    to_text(document, &choices.text_options(has_several))
}

/// The status after a copy.
pub const COPIED: &str = "Copied.";

/// The status if the browser refuses to copy.
pub const COPY_REFUSED: &str =
    "Your browser does not allow copying here. Select your text and press Ctrl+C.";

/// The status after the module has crashed.
pub const CRASHED: &str = "Export has failed. Select your text and press Ctrl+C to copy it.";

/// Returns the status after a download.
pub fn downloaded(name: &str) -> String {
    ["Downloaded as ", name, "."].concat()
}
