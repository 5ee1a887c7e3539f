//! Reads how far cargo is from what it prints.

/// What a program of a job has printed.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The text without cargo's bars.
    pub(super) printed: String,
    /// The crates that cargo has compiled, and all that it compiles: `(12, 310)`.
    pub(super) crates: Option<(u32, u32)>,
    /// The bytes since the last end of a line.
    line: Vec<u8>,
}

impl Progress {
    /// Adds the next bytes of the output.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                // Cargo draws each bar over the last one.
                b'\r' | b'\n' => self.end_line(),
                _ => self.line.push(*byte),
            }
        }
    }

    /// Forgets what was printed: another program begins.
    pub(super) fn begin(&mut self) {
        self.printed.clear();
    }

    /// Ends a last line without an end.
    pub(super) fn end(&mut self) {
        self.end_line();
    }

    fn end_line(&mut self) {
        let text = String::from_utf8_lossy(&self.line);
        // An escape sequence clears what is left of the bar.
        let text = text.trim_start_matches(CLEAR).trim_end();
        match bar(text) {
            Some(crates) => self.crates = Some(crates),
            None if text.is_empty() => {}
            None => {
                self.printed.push_str(text);
                self.printed.push('\n');
            }
        }
        self.line.clear();
    }
}

/// Reads a bar, such as `    Building [=====>      ] 12/310: serde, syn`.
fn bar(line: &str) -> Option<(u32, u32)> {
    let counts = line.trim_start().strip_prefix("Building [")?;
    let (_, counts) = counts.split_once("] ")?;
    let (counts, _) = counts.split_once(':').unwrap_or((counts, ""));
    let (compiled, all) = counts.split_once('/')?;
    Some((compiled.trim().parse().ok()?, all.trim().parse().ok()?))
}

/// Clears the line behind the cursor.
const CLEAR: &str = "\u{1b}[K";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_counted_and_lines_are_kept() {
        let mut progress = Progress::default();
        for part in [
            "   Compiling serde v1.0.0\n    Building [==>    ] 3/31",
            "0: serde, syn\r\u{1b}[K   Compiling syn v2.0.0\r\n",
            "    Building [====>  ] 12/310\r",
        ] {
            progress.add(part.as_bytes());
        }
        assert_eq!(progress.crates, Some((12, 310)));
        let expected = "   Compiling serde v1.0.0\n   Compiling syn v2.0.0\n";
        assert_eq!(progress.printed, expected);
    }

    #[test]
    fn a_line_that_is_no_bar_is_kept() {
        for line in ["Building [x", "    Building [=> ] many", "error: [] 1/2"] {
            assert_eq!(bar(line), None, "{line}");
        }
    }
}
