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
            push_escaped(&mut file, name.chars());
            file.push('>');
        }
        // Some models report `en_us`.
        if let Some(language) = &cue.language {
            file.push_str("<lang ");
            let hyphen = |it| if it == '_' { '-' } else { it };
            push_escaped(&mut file, language.chars().map(hyphen));
            file.push('>');
        }
        for (at, line) in cue.lines.iter().enumerate() {
            if at > 0 {
                file.push('\n');
            }
            push_escaped(&mut file, line.chars());
        }
        if cue.language.is_some() {
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

fn push_escaped(file: &mut String, text: impl Iterator<Item = char>) {
    for letter in text {
        match letter {
            '&' => file.push_str("&amp;"),
            '<' => file.push_str("&lt;"),
            '>' => file.push_str("&gt;"),
            _ => file.push(letter),
        }
    }
}
