//! Searches the output of programs for secrets.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use crate::{
    output_source::OutputSource,
    secrets::{MARKERS, generated_kind, is_word_byte},
};

/// Amount of output that was searched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SearchReport {
    /// Number of files.
    pub files: usize,
    /// Their total size.
    pub bytes: u64,
}

/// Error of [`search()`].
#[derive(Debug)]
pub enum SearchError {
    /// A secret was printed.
    Found {
        /// Kind of the secret.
        kind: &'static str,
        /// File that contains it.
        file: PathBuf,
        /// Line number, from 1.
        line: usize,
    },
    /// All tests ran, but this source did not print its [`OutputSource::expected_text`].
    Missing(OutputSource),
    /// The folder or a file can't be read.
    Unreadable(PathBuf, io::Error),
}

impl fmt::Display for SearchError {
    /// Writes the secret's kind, never the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { kind, file, line } => {
                write!(f, "A test has printed {kind}: {}:{line}.", file.display())
            }
            Self::Missing(source) => write!(
                f,
                "No secret was found, but no file {}-… contains {:?}, which a run of all tests \
                 always prints: some output was not kept.",
                source.file_prefix(),
                source.expected_text()
            ),
            Self::Unreadable(path, error) => {
                write!(f, "{} can't be searched: {error}.", path.display())
            }
        }
    }
}

/// Searches all files of `folder`, in the order of their names.
///
/// The `expected` sources must have printed their [`OutputSource::expected_text`].
///
/// # Errors
///
/// Returns an error for the first secret, for a source without its expected text, or if a file
/// can't be read.
pub fn search(folder: &Path, expected: &[OutputSource]) -> Result<SearchReport, SearchError> {
    let files = files(folder).map_err(|error| SearchError::Unreadable(folder.to_owned(), error))?;
    let mut report = SearchReport { files: 0, bytes: 0 };
    let mut found: BTreeMap<OutputSource, bool> =
        expected.iter().map(|source| (*source, false)).collect();
    for file in files {
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) => return Err(SearchError::Unreadable(file, error)),
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let source = OutputSource::ALL
            .into_iter()
            .find(|source| name.split('-').next() == Some(source.file_prefix()));
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if source == Some(OutputSource::Console) && contains(line, BROWSER_SOCKET_ERROR) {
                continue;
            }
            if let Some(kind) = secret_in(line) {
                let line = number + 1;
                return Err(SearchError::Found { kind, file, line });
            }
        }
        if let Some(source) = source
            && let Some(found) = found.get_mut(&source)
        {
            *found |= contains(&bytes, source.expected_text());
        }
        report.files += 1;
        report.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    }
    match found.into_iter().find(|(_, found)| !found) {
        Some((source, _)) => Err(SearchError::Missing(source)),
        None => Ok(report),
    }
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    Ok(files)
}

fn secret_in(line: &[u8]) -> Option<&'static str> {
    if let Some((kind, _)) = MARKERS.iter().find(|(_, marker)| contains(line, marker)) {
        return Some(kind);
    }
    line.split(|byte| !is_word_byte(*byte))
        .filter_map(|word| str::from_utf8(word).ok())
        .find_map(generated_kind)
}

fn contains(text: &[u8], part: &str) -> bool {
    text.windows(part.len())
        .any(|window| window == part.as_bytes())
}

/// Start of the console line that browsers write when a WebSocket can't be opened.
///
/// It contains the whole URL, and so the token. A page can't prevent it. The line stays on the
/// device of the person who received the token.
const BROWSER_SOCKET_ERROR: &str = "WebSocket connection to '";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets;

    /// Writes these files to a folder and searches it.
    fn search_files(
        files: &[(&str, &str)],
        expected: &[OutputSource],
    ) -> Result<SearchReport, SearchError> {
        let folder = std::env::temp_dir().join(format!(
            "inturn-search-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        fs::create_dir_all(&folder).expect("a folder");
        for (name, text) in files {
            fs::write(folder.join(name), text).expect("it can be written");
        }
        let result = search(&folder, expected);
        fs::remove_dir_all(&folder).expect("the test made it");
        result
    }

    #[test]
    fn each_secret_is_found_anywhere_and_never_shown() {
        let token = format!("AQI{}", "aB3-_".repeat(500));
        let sign_in = format!("1763741234.{}.{}", "a".repeat(22), "b".repeat(43));
        for (secret, kind) in [
            (secrets::KEY, "an API key"),
            (secrets::TOKEN, "a token"),
            (&token, "a token"),
            (&token[..60], "a token"),
            (secrets::PASSPHRASE, "the passphrase"),
            (
                "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
                "a passphrase's hash",
            ),
            (secrets::PROXY, "a proxy's secret"),
            (secrets::SIGN_IN, "the secret that signs sign-ins"),
            (secrets::REDIS, "a password of Redis"),
            (secrets::PASSWORD, "a user's password at a proxy"),
            (
                "YWRhOnBhc3N3b3JkLW1hcmtlcg==",
                "a user's password at a proxy",
            ),
            (
                "Ym9iOnBhc3N3b3JkLW1hcmtlcg==",
                "a user's password at a proxy",
            ),
            (secrets::UPSTREAM, "the body of the service's response"),
            (&sign_in, "a sign-in cookie"),
        ] {
            for text in [
                format!("fine\nINFO x=\"{secret}\" fine\n"),
                format!("fine\n{{\"url\":\"/token?key={secret}&x\"}}"),
            ] {
                let files = [("server-1-0", "fine\n"), ("server-1-1", text.as_str())];
                let error = search_files(&files, &[]).expect_err(&text);
                let text = error.to_string();
                assert!(text.contains(kind), "{text}");
                assert!(text.contains("server-1-1:2"), "{text}");
                assert!(!text.contains(secret), "{text}");
            }
        }
    }

    #[test]
    fn similar_words_are_no_secrets() {
        let text = "id=0123456789abcdef address=127.0.0.1 AQI \
                    sha256-AQIbcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO= 1763741234.5 \
                    app-0123456789abcdef_bg.wasm marker token key";
        let report = search_files(&[("server-1-0", text)], &[]).expect("no secret");
        assert_eq!(report.files, 1);
        assert_eq!(report.bytes, u64::try_from(text.len()).expect("a size"));
    }

    #[test]
    fn only_a_browser_may_print_the_url_of_its_socket() {
        let line = format!(
            "WebSocket connection to 'wss://x/?token={}' failed",
            secrets::TOKEN
        );
        search_files(&[("console-1-0", &line)], &[]).expect("the browser's line");
        search_files(&[("server-1-0", &line)], &[]).expect_err("the server's line");
    }

    #[test]
    fn missing_output_is_an_error() {
        let server = OutputSource::Server.expected_text();
        for (files, missing) in [
            (&[][..], Some(OutputSource::Server)),
            (&[("server-1-0", "")][..], Some(OutputSource::Server)),
            (&[("log-1-0", server)][..], Some(OutputSource::Server)),
            (&[("server-1-0", server)][..], Some(OutputSource::Metrics)),
            (
                &[
                    ("server-1-0", server),
                    ("metrics-1-0", OutputSource::Metrics.expected_text()),
                ][..],
                None,
            ),
        ] {
            let found = search_files(files, &[OutputSource::Server, OutputSource::Metrics]);
            match (found, missing) {
                (Err(SearchError::Missing(source)), Some(missing)) => assert_eq!(source, missing),
                (Ok(report), None) => assert_eq!(report.files, 2),
                (found, _) => panic!("{files:?}: {found:?}"),
            }
        }
        search_files(&[], &[]).expect("a few tests may print nothing");
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let missing = Path::new("/nowhere/at/all");
        assert!(matches!(
            search(missing, &[]),
            Err(SearchError::Unreadable(..))
        ));
    }
}
