//! A row of the table of problems, and what several rows share.

/// A row of the table: kind, cause, remedy.
pub(super) struct Row(
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
);

pub(super) const RETRY: &str = "Run the command again.";

pub(super) const CHECK_KEY: &str =
    "Check ASSEMBLYAI_API_KEY, or tell the person who runs the server.";

pub(super) const CHECK_SETTINGS: &str =
    "Check the settings of the command, or tell the person who runs the server.";

pub(super) const CHECK_LAST_LINE: &str = "Check whether the last line is complete.";

/// For every request that needs a sign-in, at the server or at a proxy.
pub(super) const SIGNED_OUT: Row = Row(
    "sign-in-needed",
    "The server asks you to sign in.",
    "Set INTURN_SERVER_PASSPHRASE or INTURN_SERVER_HEADERS, then run the command again.",
);
