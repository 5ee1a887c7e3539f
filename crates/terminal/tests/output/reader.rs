//! Programs that read our files.

use inturn_terminal::output::Format;
use inturn_transcript::from_json;
use webvtt_parser::Vtt;

/// The formats of whole documents.
pub(crate) const WHOLE: [Format; 5] = [
    Format::Text,
    Format::Srt,
    Format::Vtt,
    Format::Md,
    Format::Json,
];

/// Returns all words like `word1` of a complete file, in order, as public parsers find them. Case
/// and full stops are left out.
pub(crate) fn words(format: Format, file: &str) -> Result<Vec<String>, String> {
    let text = texts(format, file)?.join(" ").to_lowercase();
    let words = text.split_whitespace().map(|it| it.trim_end_matches('.'));
    // Text and Markdown have times and headings too.
    let words = words.filter(|it| it.starts_with("word"));
    Ok(words.map(str::to_owned).collect())
}

/// Returns the texts of a complete file, in order.
pub(crate) fn texts(format: Format, file: &str) -> Result<Vec<String>, String> {
    let text: Vec<String> = match format {
        Format::Srt => {
            let cues = srtparse::from_str(file).map_err(|error| error.to_string())?;
            cues.into_iter().map(|it| it.text).collect()
        }
        Format::Vtt => {
            let file = Vtt::parse(file).map_err(|error| format!("{error:?}"))?;
            file.cues.iter().map(|it| it.text.to_owned()).collect()
        }
        Format::Json => {
            let document = from_json(file).map_err(|error| error.to_string())?;
            let turns = document.parts().iter().flat_map(|it| it.transcript.turns());
            turns.map(|it| it.text().to_owned()).collect()
        }
        Format::Text | Format::Md => {
            if !file.ends_with('\n') {
                return Err("the last line is cut off".to_owned());
            }
            vec![file.to_owned()]
        }
        Format::Jsonl => {
            if !file.is_empty() && !file.ends_with('\n') {
                return Err("the last line is cut off".to_owned());
            }
            let lines = file.lines().map(serde_json::from_str);
            let lines: Vec<serde_json::Value> = lines
                .collect::<Result<_, _>>()
                .map_err(|error: serde_json::Error| error.to_string())?;
            let texts = lines.iter().filter_map(|it| it["text"].as_str());
            texts.map(str::to_owned).collect()
        }
    };
    Ok(text)
}
