//! WebVTT, <https://www.w3.org/TR/webvtt1/>.

use super::{arrows::push_without_arrows, block::one_line, cues::cues, options::CueOptions};
use crate::document::Document;

/// Writes a document as WebVTT, with speakers as `<v Name>` and languages as `<lang en>`.
pub fn to_webvtt(document: &Document, options: &CueOptions) -> String {
    let mut file = String::from("WEBVTT");
    if !document.title().is_empty() {
        file.push_str(" - ");
        // The header is no markup, but an arrow in it would end it.
        push_without_arrows(&mut file, &one_line(document.title()));
    }
    file.push_str("\n\n");
    for cue in cues(document, options) {
        let (start, end) = (time(cue.start_ms), time(cue.end_ms));
        file.push_str(&format!("{start} --> {end}\n"));
        if let Some(name) = &cue.name {
            file.push_str("<v ");
            push_escaped(&mut file, name);
            file.push('>');
        }
        // Some models report `en_us`.
        let language = cue.language.as_ref().map(|it| it.replace('_', "-"));
        if let Some(language) = &language {
            file.push_str("<lang ");
            push_escaped(&mut file, language);
            file.push('>');
        }
        push_escaped(&mut file, &cue.lines.join("\n"));
        if language.is_some() {
            file.push_str("</lang>");
        }
        file.push_str("\n\n");
    }
    file
}

/// Formats as `00:01:05.250`.
fn time(ms: u64) -> String {
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    let (secs, ms) = (ms / 1_000 % 60, ms % 1_000);
    format!("{hours:02}:{minutes:02}:{secs:02}.{ms:03}")
}

fn push_escaped(file: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => file.push_str("&amp;"),
            '<' => file.push_str("&lt;"),
            '>' => file.push_str("&gt;"),
            _ => file.push(letter),
        }
    }
}
