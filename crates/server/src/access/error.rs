//! Errors of the access rule at start.

/// Why nobody could be told apart from anybody else.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Other machines can reach it, and nothing says who may.
    #[error(
        "--listen {listen} lets other machines in, and --auth loopback serves this one alone: choose \
         --auth proxy (a reverse proxy signs people in), --auth password (one passphrase for all) or, \
         where everybody may spend this account's money, --auth open."
    )]
    BeyondLoopback {
        /// The address that was asked for.
        listen: std::net::SocketAddr,
    },
    /// Nobody's word is believed.
    #[error(
        "--auth proxy needs --trusted-proxy: the address or network from which your reverse proxy \
         calls, such as 127.0.0.1 or 10.0.0.0/8."
    )]
    NoProxy,
    /// There is no passphrase.
    #[error(
        "--auth password needs a passphrase's hash in INTURN_PASSWORD_HASH, or in the file that \
         INTURN_PASSWORD_HASH_FILE names: `inturn hash-password` makes one."
    )]
    NoPassword,
    /// The system gave no random bytes.
    #[error("The system gives no random bytes, without which nobody can sign in.")]
    NoRandomness,
    /// There is nothing to mint tokens with.
    #[error(
        "There is no API key: set ASSEMBLYAI_API_KEY or ASSEMBLYAI_API_KEY_FILE, or ask for the local \
         service with --local-service. (Only --auth loopback takes it without being asked.)"
    )]
    NoKey,
}
