//! Files of a document: plain text, Markdown, SRT, WebVTT and JSON.
//!
//! To export a part of a document, export what [`Document::selected`](crate::Document::selected)
//! returns.

mod arrows;
mod block;
mod calendar;
mod columns;
mod cue;
mod cue_breaks;
mod cue_text;
mod cue_times;
mod cues;
mod file_stem;
mod json;
mod markdown;
mod options;
mod plain_text;
mod srt;
mod wav;
mod webvtt;

pub use self::{
    calendar::{clock, date_and_time},
    columns::{Breakable, breakable},
    cue::{Cue, MAX_COLUMNS, MAX_LINES, MAX_MS, MIN_MS},
    cues::cues,
    file_stem::{file_stem, recording_file_stem},
    json::{json_entry, to_json},
    markdown::to_markdown,
    options::{CueOptions, TextOptions, Times},
    plain_text::to_text,
    srt::to_srt,
    wav::wav_header,
    webvtt::to_webvtt,
};
