//! Where the package comes from.

use std::{ffi::OsStr, path::PathBuf};

use reqwest::Url;

use crate::error::FetchError;

/// Where the package comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// pip, with the person's configuration.
    Pip,
    /// A file.
    File(PathBuf),
    /// An address.
    Url(Url),
}

impl Source {
    /// Reads the value of a flag: an address if it begins with `http://` or `https://`, otherwise a
    /// file. `None` is pip.
    ///
    /// # Errors
    ///
    /// [`FetchError::Address`] if it isn't a valid address.
    pub fn read(text: Option<&OsStr>) -> Result<Self, FetchError> {
        let Some(text) = text else {
            return Ok(Self::Pip);
        };
        match text.to_str() {
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
                Url::parse(url)
                    .map(Self::Url)
                    .map_err(|error| FetchError::Address(error.to_string()))
            }
            _ => Ok(Self::File(text.into())),
        }
    }
}

/// Returns the host and the port, without credentials and query.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_begins_with_its_scheme() {
        let read = |text: &str| Source::read(Some(OsStr::new(text)));
        assert_eq!(Source::read(None).expect("pip"), Source::Pip);
        for file in ["a.whl", "/tmp/a.whl", "https.whl", "C:\\a.whl"] {
            assert_eq!(read(file).expect("a file"), Source::File(file.into()));
        }
        let url = read("https://ann:secret@example.org:8443/a.whl?token=1").expect("a URL");
        let Source::Url(url) = url else {
            panic!("{url:?}")
        };
        assert_eq!(host(&url), "example.org:8443");
        assert!(matches!(read("http://"), Err(FetchError::Address(_))));
    }
}
