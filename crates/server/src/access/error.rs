//! Errors of the access rule at start.

/// Reason why the access rule can't be applied.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Other machines can reach the server, and no flag says which people may use it.
    #[error(
        "--listen {listen} accepts connections from other machines, but --auth loopback serves \
         only this one: choose --auth proxy (a reverse proxy signs people in), --auth password \
         (one passphrase for all) or, if everyone may spend this account's money, --auth open."
    )]
    BeyondLoopback {
        /// The requested address.
        listen: std::net::SocketAddr,
    },
    /// No proxy is trusted.
    #[error(
        "--auth proxy needs --trusted-proxy: the address or network that your reverse proxy \
         connects from, such as 127.0.0.1 or 10.0.0.0/8."
    )]
    NoProxy,
    /// No passphrase is set.
    #[error(
        "--auth password needs a passphrase's hash in INTURN_PASSWORD_HASH, or in the file that \
         INTURN_PASSWORD_HASH_FILE names: create one with `inturn hash-password`."
    )]
    NoPassword,
    /// The operating system returned no random bytes.
    #[error("The operating system returned no random bytes, which signing in needs.")]
    NoRandomness,
    /// No API key is set, so the server can't request tokens.
    #[error(
        "There is no API key: set ASSEMBLYAI_API_KEY or ASSEMBLYAI_API_KEY_FILE, or choose the \
         local service with --local-service. (Only --auth loopback uses it by default.)"
    )]
    NoKey,
}
