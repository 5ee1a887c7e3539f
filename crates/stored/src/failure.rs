//! Why a recording is not stored.

/// Why the browser does not store a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageFailure {
    /// The storage is full.
    Full,
    /// This browser, or this kind of window, has no such storage: private windows of Firefox, and
    /// browsers on WebKitGTK.
    Unavailable,
    /// Anything else, for example a damaged disk.
    Failed,
}

impl StorageFailure {
    /// Returns the failure for the name of a browser's exception, as `store.js` posts it.
    pub fn from_exception(name: &str) -> Self {
        match name {
            "QuotaExceededError" => Self::Full,
            // `TypeError`: a function is missing.
            "SecurityError" | "TypeError" => Self::Unavailable,
            _ => Self::Failed,
        }
    }

    /// Returns the sentence for the person.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Full => {
                "Storage is full, so new words are not kept on this device. \
                 Recording continues. Delete old transcripts, and download this one."
            }
            Self::Unavailable => {
                "This browser can't keep transcripts on this device. \
                 Download the transcript before you close or reload the page."
            }
            Self::Failed => {
                "This transcript could not be kept on this device. \
                 Download it before you close or reload the page."
            }
        }
    }
}
