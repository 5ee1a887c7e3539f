//! The formats of outputs.

use std::str::FromStr;

use inturn_transcript::{
    Document,
    export::{CueOptions, TextOptions, Times, to_json, to_markdown, to_srt, to_text, to_webvtt},
};

/// A format of an output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Plain text. To standard output, one line for each final turn.
    #[default]
    Text,
    /// JSON lines: one object for each change.
    Jsonl,
    /// SRT subtitles.
    Srt,
    /// WebVTT subtitles.
    Vtt,
    /// Markdown.
    Md,
    /// JSON, which Inturn's page can open.
    Json,
}

impl Format {
    /// All formats, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        Self::Text,
        Self::Jsonl,
        Self::Srt,
        Self::Vtt,
        Self::Md,
        Self::Json,
    ];

    /// The name, as in `--format`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Jsonl => "jsonl",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
            Self::Md => "md",
            Self::Json => "json",
        }
    }

    /// Returns the document in this format; `None` for [`Jsonl`](Self::Jsonl), which consists of
    /// changes.
    pub fn render(self, document: &Document) -> Option<String> {
        // A program that reads text needs no headings.
        let text = TextOptions {
            headings: document.parts().len() > 1,
            times: Times::Recording,
            ..TextOptions::default()
        };
        let cues = CueOptions::default();
        Some(match self {
            Self::Text => to_text(document, &text),
            Self::Md => to_markdown(document, &TextOptions::default()),
            Self::Srt => to_srt(document, &cues),
            Self::Vtt => to_webvtt(document, &cues),
            Self::Json => to_json(document),
            Self::Jsonl => return None,
        })
    }
}

/// The name is that of no format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the formats are text, jsonl, srt, vtt, md and json")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let format = Self::ALL.into_iter().find(|it| it.name() == name);
        format.ok_or(UnknownFormat)
    }
}
