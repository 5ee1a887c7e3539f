//! Where the words go.

use std::path::PathBuf;

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use inturn_cli::LogFilter;

use crate::output::Format;

/// Flags of where the words go.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub struct OutputConfig {
    /// Format of the output. Without it, a name in --output decides, such as `talk.srt`; otherwise
    /// `text`.
    #[arg(long, value_name = "FORMAT", value_parser = format())]
    pub format: Option<Format>,

    /// File for the words, complete and valid at every moment; `-` is standard output. With --both,
    /// there are two files.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// With `jsonl`, write every change of a turn, not only its end.
    #[arg(long)]
    pub partials: bool,

    /// Print no status and no notices, only the words and errors.
    #[arg(long, short)]
    pub quiet: bool,

    /// What to log to standard error: error, warn, info, debug, trace, or levels by module. The log
    /// contains no token and no word of a transcript. `INTURN_LOG_FILTER`, default none.
    #[arg(long, env = "INTURN_LOG_FILTER", value_name = "FILTER")]
    pub log_filter: Option<LogFilter>,
}

impl OutputConfig {
    /// Returns what is wrong with the combination of flags. The name of a file may say its format.
    pub(super) fn check(&self) -> Result<(), String> {
        let may_be_jsonl = match self.format {
            Some(format) => format == Format::Jsonl,
            None => self
                .output
                .as_ref()
                .is_some_and(|it| it.extension().is_some()),
        };
        if self.partials && !may_be_jsonl {
            return Err("--partials is for --format jsonl: add that or remove it.".to_owned());
        }
        Ok(())
    }
}

/// Parses the name of a format. `--help` lists all of them.
fn format() -> impl TypedValueParser<Value = Format> {
    let named = |format: Format| {
        PossibleValue::new(format.name()).help(match format {
            Format::Text => "One line for each turn",
            Format::Jsonl => "One JSON object per line, for each turn or each change",
            Format::Srt => "Subtitles",
            Format::Vtt => "Subtitles for the web",
            Format::Md => "Markdown",
            Format::Json => "The transcript as JSON, which the page can open",
        })
    };
    PossibleValuesParser::new(Format::ALL.map(named)).try_map(|name| name.parse::<Format>())
}
