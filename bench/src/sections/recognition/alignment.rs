//! How far the times of the words are from a forced alignment: that of PocketSphinx' decoder, with
//! a grammar that allows only the words that were said.

use std::{fs, path::Path, process::Stdio};

use anyhow::{Context as _, ensure};
use inturn_testkit::words::words;
use tokio::process::Command;

use super::corpus::Recording;

/// A word and its start in ms.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Start {
    pub(super) word: String,
    pub(super) ms: f64,
}

/// Aligns a recording with its text.
pub(super) async fn align(recording: &Recording) -> anyhow::Result<Vec<Start>> {
    let folder = tempfile::tempdir()?;
    let sound = folder.path().join("sound.wav");
    recording.sound.write_wav(&sound)?;
    let grammar = folder.path().join("text.gram");
    // The dictionary has no abbreviations.
    let text: Vec<String> = words(recording.text).into_iter().map(written_out).collect();
    let text = text.join(" ");
    let rule = format!("#JSGF V1.0;\ngrammar text;\npublic <text> = {text};\n");
    fs::write(&grammar, rule)?;
    let aligned = run(&sound, &grammar).await?;
    let starts = parse(&aligned);
    let found: Vec<&str> = starts.iter().map(|it| it.word.as_str()).collect();
    ensure!(found.join(" ") == text, "the alignment has other words");
    Ok(starts)
}

async fn run(sound: &Path, grammar: &Path) -> anyhow::Result<String> {
    let output = Command::new(ALIGNER)
        .args(["-remove_silence", "no", "-time", "yes", "-infile"])
        .arg(sound)
        .arg("-jsgf")
        .arg(grammar)
        .stderr(Stdio::null())
        .output()
        .await
        .with_context(|| format!("{ALIGNER} can't be started"))?;
    ensure!(output.status.success(), "{ALIGNER}: {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// Reads lines such as `leisure(2) 2.220 2.710 1.000000`: a word with the number of its
/// pronunciation, start, end and probability. Fillers are in brackets.
fn parse(aligned: &str) -> Vec<Start> {
    let start = |line: &str| {
        let fields: Vec<&str> = line.split(' ').collect();
        let [word, start, end, _] = fields[..] else {
            return None;
        };
        // The line with the whole text may have four words.
        end.parse::<f64>().ok()?;
        let is_filler = word.starts_with(['<', '[', '+']);
        (!is_filler).then_some(Start {
            word: word.split('(').next()?.to_owned(),
            ms: start.parse::<f64>().ok()? * 1e3,
        })
    };
    aligned.lines().filter_map(start).collect()
}

/// Returns the absolute differences of the starts of those words that both have, in order.
pub(super) fn errors_ms(aligned: &[Start], found: &[Start]) -> Vec<f64> {
    // The longest common subsequence: `lengths[i][j]` is that of what follows.
    let mut lengths = vec![vec![0; found.len() + 1]; aligned.len() + 1];
    let is_same = |i: usize, j: usize| aligned[i].word == found[j].word;
    for i in (0..aligned.len()).rev() {
        for j in (0..found.len()).rev() {
            lengths[i][j] = if is_same(i, j) {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut errors = Vec::new();
    while i < aligned.len() && j < found.len() {
        if is_same(i, j) {
            errors.push((aligned[i].ms - found[j].ms).abs());
            (i, j) = (i + 1, j + 1);
        } else if lengths[i + 1][j] >= lengths[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    errors
}

/// Returns the starts of the words that a recogniser wrote as `text` from `ms` on: more than one
/// word if it has a hyphen, of which only the first has a known start.
pub(super) fn first_start(text: &str, ms: f64) -> Option<Start> {
    let word = words(text).into_iter().next()?;
    Some(Start {
        word: written_out(word),
        ms,
    })
}

fn written_out(word: String) -> String {
    if word == "mr" {
        "mister".to_owned()
    } else {
        word
    }
}

/// A program of Debian's package `pocketsphinx`.
const ALIGNER: &str = "pocketsphinx_continuous";

#[cfg(test)]
mod tests {
    use super::*;

    fn start(word: &str, ms: f64) -> Start {
        Start {
            word: word.to_owned(),
            ms,
        }
    }

    #[test]
    fn an_alignment_is_its_words_without_fillers_and_pronunciations() {
        let aligned = "ten of the clubs\n<sil> 0.000 0.140 1.000000\nten 0.150 0.360 1.000000\n\
                       of(2) 0.370 0.620 0.990000\n[NOISE] 0.630 0.700 1.000000\n";
        assert_eq!(parse(aligned), [start("ten", 150.0), start("of", 370.0)]);
    }

    #[test]
    fn only_words_that_both_have_are_compared() {
        let aligned = [("he", 0.0), ("was", 100.0), ("an", 200.0), ("ill", 300.0)];
        let found = [("he", 20.0), ("is", 90.0), ("an", 150.0), ("ill", 300.0)];
        let [aligned, found] = [aligned, found].map(|it| it.map(|(word, ms)| start(word, ms)));
        assert_eq!(errors_ms(&aligned, &found), [20.0, 50.0, 0.0]);
    }

    #[test]
    fn a_word_with_a_hyphen_counts_as_its_first_part() {
        assert_eq!(first_start("ill-disposed,", 5.0), Some(start("ill", 5.0)));
        assert_eq!(first_start("Mr.", 5.0), Some(start("mister", 5.0)));
        assert_eq!(first_start("–", 5.0), None);
    }
}
