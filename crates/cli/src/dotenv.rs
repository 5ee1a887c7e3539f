//! The variables of a `.env` file.
//!
//! Each line is `NAME=value`, empty, or a comment after `#`. `export ` before the name is allowed.
//! A value may be quoted. Nothing in it is expanded, so the hash of a passphrase, which contains
//! `$` signs, needs no escaping.

use std::{env, ffi::OsString, fs, io, path::Path};

use crate::secret::FILE_VARIABLES;

/// The content of a `.env` file.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Dotenv {
    variables: Vec<(String, String)>,
    /// The numbers of the lines that are not variables. None of them contains a name of ours.
    bad_lines: Vec<usize>,
}

/// A summary of a `.env` file, for the log and for checks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DotenvFile {
    /// The path, absolute if the current folder is known.
    pub path: std::path::PathBuf,
    /// The numbers of the lines that were ignored because they are not `NAME=value`.
    pub bad_lines: Vec<usize>,
    /// Whether one of its variables is a secret.
    pub holds_secrets: bool,
}

impl Dotenv {
    /// Reads the file. Returns `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// [`DotenvError`] if it can't be read, or if a line that contains a name of ours is invalid.
    pub fn read(path: &Path) -> Result<Option<Self>, DotenvError> {
        match fs::read(path) {
            Ok(bytes) => Self::parse(&bytes).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(DotenvError::Unreadable(error)),
        }
    }

    /// Sets the variables of `.env` in the current folder. Variables that are already set win.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    ///
    /// # Safety
    ///
    /// No other thread may exist yet: it could read the environment at the same time.
    #[expect(unsafe_code, reason = "the only way to set variables")]
    pub unsafe fn set_variables() -> Result<Option<DotenvFile>, DotenvError> {
        let path = Path::new(".env");
        let Some(found) = Self::read(path)? else {
            return Ok(None);
        };
        for (name, value) in found.missing(|name| env::var_os(name)) {
            // SAFETY: the caller promises that there is no other thread.
            unsafe { env::set_var(name, value) };
        }
        Ok(Some(found.file(path)))
    }

    fn parse(bytes: &[u8]) -> Result<Self, DotenvError> {
        let text = decode(bytes)?;
        let mut found = Self::default();
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            match parse_line(line) {
                Ok(Some(variable)) => found.variables.push(variable),
                Ok(None) => {}
                Err(BadLine) => match OURS.iter().find(|prefix| line.contains(**prefix)) {
                    Some(prefix) => return Err(DotenvError::BadLine { number, prefix }),
                    None => found.bad_lines.push(number),
                },
            }
        }
        Ok(found)
    }

    /// Returns the variables to add to the environment, which is read by `value_of`.
    ///
    /// A variable that is set already wins. One of ours that is set but empty counts as not set;
    /// others may be empty on purpose, such as `HTTPS_PROXY`. If a name occurs twice, the first
    /// line wins.
    pub fn missing(
        &self,
        value_of: impl Fn(&str) -> Option<OsString>,
    ) -> impl Iterator<Item = (&str, &str)> {
        let mut seen = std::collections::BTreeSet::new();
        self.variables.iter().filter_map(move |(name, value)| {
            let is_ours = OURS.iter().any(|prefix| name.starts_with(prefix));
            let is_set = value_of(name).is_some_and(|value| !(is_ours && value.is_empty()));
            (!is_set && seen.insert(name)).then_some((name.as_str(), value.as_str()))
        })
    }

    /// Returns the summary of this file.
    pub fn file(&self, path: &Path) -> DotenvFile {
        let folder = env::current_dir().unwrap_or_default();
        DotenvFile {
            path: folder.join(path),
            bad_lines: self.bad_lines.clone(),
            holds_secrets: self.variables.iter().any(|(name, value)| {
                let is_secret = |file: &&str| file.strip_suffix("_FILE") == Some(name.as_str());
                !value.is_empty() && FILE_VARIABLES.iter().any(is_secret)
            }),
        }
    }
}

impl DotenvFile {
    /// Lists the numbers of the ignored lines. Returns `None` if there are none.
    pub fn ignored(&self) -> Option<String> {
        let shown: Vec<String> = self
            .bad_lines
            .iter()
            .take(MAX_SHOWN)
            .map(usize::to_string)
            .collect();
        let more = if self.bad_lines.len() > MAX_SHOWN {
            " and more"
        } else {
            ""
        };
        (!shown.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
    }
}

/// Why a `.env` file can't be used. Never contains a line of it, since a line may contain the key.
#[derive(Debug, thiserror::Error)]
pub enum DotenvError {
    /// The file can't be read.
    #[error("The file .env can't be read: {0}.")]
    Unreadable(io::Error),
    /// Neither UTF-8 nor UTF-16 with a byte order mark.
    #[error("The file .env is not text in UTF-8: save it as UTF-8.")]
    NotUtf8,
    /// A line that contains a name of ours is invalid.
    #[error(
        "Line {number} of .env contains a variable that begins with {prefix}, but is not \
         NAME=value: write one variable per line, and quote values on both sides or not at all."
    )]
    BadLine {
        /// The line's number, from 1.
        number: usize,
        /// The prefix of our variables that the line contains.
        prefix: &'static str,
    },
}

/// Decodes UTF-8, or UTF-16 with a byte order mark, as Windows PowerShell writes (`echo … > .env`).
fn decode(bytes: &[u8]) -> Result<String, DotenvError> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        match String::from_utf16(&units) {
            Ok(text) if rest.is_empty() => Ok(text),
            _ => Err(DotenvError::NotUtf8),
        }
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            // UTF-16 without a byte order mark is also valid UTF-8, with a zero after each letter.
            if bytes.contains(&0) {
                return Err(DotenvError::NotUtf8);
            }
            String::from_utf8(bytes.to_vec()).map_err(|_| DotenvError::NotUtf8)
        }
    }
}

/// A line that is neither a variable nor a comment nor empty.
struct BadLine;

fn parse_line(line: &str) -> Result<Option<(String, String)>, BadLine> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (name, value) = line.split_once('=').ok_or(BadLine)?;
    let name = name.trim();
    let name = name.strip_prefix("export ").unwrap_or(name).trim_start();
    let mut letters = name.bytes();
    let begins = letters
        .next()
        .is_some_and(|it| it.is_ascii_alphabetic() || it == b'_');
    if !begins || !letters.all(|it| it.is_ascii_alphanumeric() || b"_.-".contains(&it)) {
        return Err(BadLine);
    }
    Ok(Some((name.to_owned(), parse_value(value.trim())?)))
}

fn parse_value(text: &str) -> Result<String, BadLine> {
    let Some(quote @ ('"' | '\'')) = text.chars().next() else {
        // A comment begins after white space: `#` may be part of a value.
        let comment = [" #", "\t#"].iter().filter_map(|it| text.find(it)).min();
        let value = &text[..comment.unwrap_or(text.len())];
        let value = if text.starts_with('#') { "" } else { value };
        return Ok(value.trim_end().to_owned());
    };
    let mut value = String::new();
    let mut rest = text[1..].chars();
    loop {
        match rest.next().ok_or(BadLine)? {
            end if end == quote => break,
            '\\' if quote == '"' => match rest.next().ok_or(BadLine)? {
                'n' => value.push('\n'),
                plain @ ('"' | '\\' | '$') => value.push(plain),
                other => value.extend(['\\', other]),
            },
            plain => value.push(plain),
        }
    }
    let after = rest.as_str().trim_start();
    if after.is_empty() || after.starts_with('#') {
        Ok(value)
    } else {
        Err(BadLine)
    }
}

/// The prefixes of our variables.
const OURS: [&str; 2] = ["ASSEMBLYAI_", "INTURN_"];

/// Enough to see what is wrong. A file of another kind may have thousands.
const MAX_SHOWN: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Dotenv {
        Dotenv::parse(text.as_bytes()).expect("good lines")
    }

    #[test]
    fn quotes_are_removed_from_a_value_and_nothing_in_it_is_expanded() {
        for (line, expected) in [
            ("INTURN_A=b", "b"),
            ("  export INTURN_A = b  ", "b"),
            ("INTURN_A=b # why", "b"),
            ("INTURN_A=b#c", "b#c"),
            ("INTURN_A=# why", ""),
            ("INTURN_A=", ""),
            ("INTURN_A=b c", "b c"),
            ("INTURN_A=\"b # c\" # why", "b # c"),
            ("INTURN_A='b\\n$c'", "b\\n$c"),
            (r#"INTURN_A="b\"\\\$\n\t""#, "b\"\\$\n\\t"),
            ("INTURN_A=$argon2id$v=19$m=1", "$argon2id$v=19$m=1"),
        ] {
            let found = parse(line).variables;
            assert_eq!(
                found,
                [("INTURN_A".to_owned(), expected.to_owned())],
                "{line}"
            );
        }
    }

    #[test]
    fn a_bad_line_is_an_error_only_if_it_contains_a_name_of_ours() {
        for line in [
            "ASSEMBLYAI_API_KEY marker",
            "ASSEMBLYAI_API_KEY: marker",
            "$env:ASSEMBLYAI_API_KEY='marker'",
            "INTURN_AUTH=\"marker",
            "INTURN_AUTH='marker' marker",
            "INTURN AUTH=INTURN_marker",
        ] {
            let text = format!("# mine\nOTHER=it\n{line}\n");
            match Dotenv::parse(text.as_bytes()) {
                Err(error @ DotenvError::BadLine { number: 3, .. }) => {
                    let sentence = format!("{error} {error:?}");
                    assert!(!sentence.contains("marker"), "{sentence}");
                }
                other => panic!("{line}: {other:?}"),
            }
        }
        let found = parse("OTHER='it\nstray\n\n2=3\nINTURN_AUTH=open");
        assert_eq!(found.bad_lines, [1, 2, 4]);
        assert_eq!(found.variables.len(), 1);
        let many = parse(&"stray\n".repeat(9)).file(Path::new(".env"));
        assert_eq!(many.ignored().as_deref(), Some("1, 2, 3, 4, 5 and more"));
    }

    #[test]
    fn utf8_and_utf16_with_a_mark_are_decoded_and_anything_else_is_refused() {
        let text = "INTURN_A=\u{fc}\r\nOTHER=b\r\n";
        let plain = parse(text);
        assert_eq!(plain.variables[0].1, "\u{fc}");
        let units = || std::iter::once(0xfeff).chain(text.encode_utf16());
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        let marked = format!("\u{feff}{text}").into_bytes();
        for bytes in [&little, &big, &marked] {
            let found = Dotenv::parse(bytes);
            assert!(found.is_ok_and(|found| found == plain), "{bytes:?}");
        }
        for bytes in [
            &little[2..],
            &little[..little.len() - 1],
            b"A=\xfc",
            b"A=\0",
        ] {
            let found = Dotenv::parse(bytes);
            assert!(matches!(found, Err(DotenvError::NotUtf8)), "{bytes:?}");
        }
    }

    #[test]
    fn an_empty_variable_of_ours_counts_as_not_set() {
        let found = parse("INTURN_A=1\nINTURN_B=2\nINTURN_C=3\nINTURN_C=4\nOTHER=5");
        let set = |name: &str| match name {
            "INTURN_A" | "OTHER" => Some(OsString::new()),
            "INTURN_B" => Some("set".into()),
            _ => None,
        };
        let missing: Vec<_> = found.missing(set).collect();
        assert_eq!(missing, [("INTURN_A", "1"), ("INTURN_C", "3")]);
    }
}
