//! Looking for secrets in all that was printed.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use crate::{
    place::Place,
    secrets::{MARKS, is_in_word, kind_of},
};

/// What was looked through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Report {
    /// How many files.
    pub files: usize,
    /// How much they hold together.
    pub bytes: u64,
}

/// Why it can't be said that no secret was printed.
#[derive(Debug)]
pub enum SearchError {
    /// One was.
    Found {
        /// What it is.
        kind: &'static str,
        /// The file that holds it.
        file: PathBuf,
        /// The line, counted from one.
        line: usize,
    },
    /// All tests ran, and this place did not say what it always says.
    Missing(Place),
    /// The folder can't be read.
    Unreadable(PathBuf, io::Error),
}

impl fmt::Display for SearchError {
    /// Names the secret's kind, and never the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { kind, file, line } => {
                write!(f, "A test has printed {kind}: {}:{line}.", file.display())
            }
            Self::Missing(place) => write!(
                f,
                "No secret was found, but neither was {:?} in any file {}-…, where all tests together \
                 always print it: not everything was kept.",
                place.control(),
                place.name()
            ),
            Self::Unreadable(path, error) => {
                write!(f, "{} can't be searched: {error}.", path.display())
            }
        }
    }
}

/// Looks through all files of `folder`. `expected` must have said their [`Place::control`].
///
/// # Errors
///
/// [`SearchError`] for the first secret in the order of the files' names, or for what is not there.
pub fn search(folder: &Path, expected: &[Place]) -> Result<Report, SearchError> {
    let files = files(folder).map_err(|error| SearchError::Unreadable(folder.to_owned(), error))?;
    let mut report = Report { files: 0, bytes: 0 };
    let mut said: BTreeMap<Place, bool> = expected.iter().map(|place| (*place, false)).collect();
    for file in files {
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) => return Err(SearchError::Unreadable(file, error)),
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let place = Place::ALL
            .into_iter()
            .find(|place| name.split('-').next() == Some(place.name()));
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if place == Some(Place::Console) && contains(line, BROWSERS_OWN) {
                continue;
            }
            if let Some(kind) = secret_in(line) {
                let line = number + 1;
                return Err(SearchError::Found { kind, file, line });
            }
        }
        if let Some((place, said)) = place.and_then(|place| Some((place, said.get_mut(&place)?))) {
            *said |= contains(&bytes, place.control());
        }
        report.files += 1;
        report.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    }
    match said.into_iter().find(|(_, said)| !said) {
        Some((place, _)) => Err(SearchError::Missing(place)),
        None => Ok(report),
    }
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|it| it.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    Ok(files)
}

fn secret_in(line: &[u8]) -> Option<&'static str> {
    if let Some((kind, _)) = MARKS.iter().find(|(_, mark)| contains(line, mark)) {
        return Some(kind);
    }
    line.split(|byte| !is_in_word(*byte))
        .filter_map(|word| str::from_utf8(word).ok())
        .find_map(kind_of)
}

fn contains(text: &[u8], part: &str) -> bool {
    text.windows(part.len()).any(|it| it == part.as_bytes())
}

/// How browsers begin what they say by themselves of a socket that could not be opened, with its whole
/// address. No page can keep them from it; the line stays on the device of the person whose token it was.
const BROWSERS_OWN: &str = "WebSocket connection to '";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets;

    /// Puts these files into a folder and searches it.
    fn searched(files: &[(&str, &str)], expected: &[Place]) -> Result<Report, SearchError> {
        let folder = std::env::temp_dir().join(format!(
            "inturn-search-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        fs::create_dir_all(&folder).expect("a folder");
        for (name, text) in files {
            fs::write(folder.join(name), text).expect("written");
        }
        let found = search(&folder, expected);
        fs::remove_dir_all(&folder).expect("it is ours");
        found
    }

    #[test]
    fn each_secret_is_found_wherever_it_stands_and_never_shown() {
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
            (secrets::PASSWORD, "a password of somebody at a proxy"),
            (
                "YWRhOnBhc3N3b3JkLW1hcmtlcg==",
                "a password of somebody at a proxy",
            ),
            (
                "Ym9iOnBhc3N3b3JkLW1hcmtlcg==",
                "a password of somebody at a proxy",
            ),
            (secrets::UPSTREAM, "what the service wrote"),
            (&sign_in, "somebody's sign-in"),
        ] {
            for text in [
                format!("fine\nINFO x=\"{secret}\" fine\n"),
                format!("fine\n{{\"url\":\"/token?key={secret}&x\"}}"),
            ] {
                let files = [("server-1-0", "fine\n"), ("server-1-1", text.as_str())];
                let error = searched(&files, &[]).expect_err(&text);
                let said = error.to_string();
                assert!(said.contains(kind), "{said}");
                assert!(said.contains("server-1-1:2"), "{said}");
                assert!(!said.contains(secret), "{said}");
            }
        }
    }

    #[test]
    fn what_only_looks_like_a_secret_is_none() {
        let text = "id=0123456789abcdef address=127.0.0.1 AQI sha256-AQIbcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO= \
                    1763741234.5 app-0123456789abcdef_bg.wasm marker token key";
        let report = searched(&[("server-1-0", text)], &[]).expect("nothing");
        assert_eq!(report.files, 1);
        assert_eq!(report.bytes, u64::try_from(text.len()).expect("a size"));
    }

    #[test]
    fn a_browser_alone_may_name_the_address_of_its_socket() {
        let line = format!(
            "WebSocket connection to 'wss://x/?token={}' failed",
            secrets::TOKEN
        );
        searched(&[("console-1-0", &line)], &[]).expect("the browser's own");
        searched(&[("server-1-0", &line)], &[]).expect_err("the server's");
    }

    #[test]
    fn silence_proves_nothing() {
        let server = Place::Server.control();
        for (files, missing) in [
            (&[][..], Some(Place::Server)),
            (&[("server-1-0", "")][..], Some(Place::Server)),
            (&[("log-1-0", server)][..], Some(Place::Server)),
            (&[("server-1-0", server)][..], Some(Place::Metrics)),
            (
                &[
                    ("server-1-0", server),
                    ("metrics-1-0", Place::Metrics.control()),
                ][..],
                None,
            ),
        ] {
            let found = searched(files, &[Place::Server, Place::Metrics]);
            match (found, missing) {
                (Err(SearchError::Missing(place)), Some(missing)) => assert_eq!(place, missing),
                (Ok(report), None) => assert_eq!(report.files, 2),
                (found, _) => panic!("{files:?}: {found:?}"),
            }
        }
        searched(&[], &[]).expect("a few tests may print nothing");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let nowhere = Path::new("/nowhere/at/all");
        assert!(matches!(
            search(nowhere, &[]),
            Err(SearchError::Unreadable(..))
        ));
    }
}
