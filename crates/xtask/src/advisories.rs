//! Checks the dependencies against the security advisories of the RustSec database.

use crate::{
    failure::Failure,
    run::{self, cargo, step},
    tools,
    workspace::Workspace,
};

/// The result of the check.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No advisory applies to a dependency, except those that `deny.toml` ignores.
    None,
    /// At least one advisory applies; cargo-deny has printed it.
    Found,
    /// The database could not be fetched, so the dependencies were not checked.
    Unavailable,
}

/// Runs only this check: `cargo xtask advisories`.
///
/// # Errors
///
/// Returns an error if an advisory was found or if the database could not be fetched: a scheduled
/// job that checks nothing must not pass.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    tools::ensure_for_check(workspace)?;
    match check(workspace) {
        Outcome::None => Ok(()),
        Outcome::Found => Err(Failure::new(FOUND)),
        Outcome::Unavailable => Err(Failure::new(UNAVAILABLE)),
    }
}

/// Fetches the database and checks `Cargo.lock` against it. Requires an installed cargo-deny.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    step("Security advisories (RustSec)");
    let mut fetch = cargo(workspace);
    fetch
        .args(["deny", "fetch", "db"])
        // cargo-deny calls git: it must not ask for a password, nor wait for a stalled connection.
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_HTTP_LOW_SPEED_LIMIT", "1000")
        .env("GIT_HTTP_LOW_SPEED_TIME", "30");
    let fetched = run::run(&mut fetch, UNAVAILABLE).is_ok();
    outcome(fetched, || {
        let mut check = cargo(workspace);
        check.args(["deny", "--offline", "check", "advisories"]);
        run::run(&mut check, FOUND).is_ok()
    })
}

fn outcome(fetched: bool, is_clean: impl FnOnce() -> bool) -> Outcome {
    match fetched.then(is_clean) {
        None => Outcome::Unavailable,
        Some(true) => Outcome::None,
        Some(false) => Outcome::Found,
    }
}

/// The message for [`Outcome::Found`].
pub(crate) const FOUND: &str = "\
    A dependency has a security advisory: see under \"Security advisories\". Update the \
    dependency, or list the advisory in deny.toml with the reason why it does not apply.";

/// The message for [`Outcome::Unavailable`].
pub(crate) const UNAVAILABLE: &str = "\
    The dependencies were NOT checked for security advisories: the RustSec database, a Git \
    repository on the Internet, could not be fetched. Run `cargo xtask advisories` on a machine \
    that can reach it.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_database_is_reported_as_unavailable() {
        let check = || panic!("the check must not run without the database");
        assert_eq!(outcome(false, check), Outcome::Unavailable);
    }

    #[test]
    fn a_fetched_database_gives_the_result_of_the_check() {
        assert_eq!(outcome(true, || true), Outcome::None);
        assert_eq!(outcome(true, || false), Outcome::Found);
    }
}
