//! Security advisories for the dependencies, from the RustSec database.

use crate::{
    failure::Failure,
    run::{self, cargo, step},
    tools,
    workspace::Workspace,
};

/// What became of the check.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No advisory concerns a dependency, but for those that `deny.toml` names.
    None,
    /// At least one does; cargo-deny has printed it.
    Found,
    /// The database could not be fetched, so nothing is known.
    Unavailable,
}

/// Runs the check by itself: `cargo xtask advisories`.
///
/// # Errors
///
/// When an advisory was found, or when the database could not be fetched: a scheduled job that
/// checks nothing must not look green.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    tools::ensure_for_check(workspace)?;
    match check(workspace) {
        Outcome::None => Ok(()),
        Outcome::Found => Err(Failure::new(FOUND)),
        Outcome::Unavailable => Err(Failure::new(UNAVAILABLE)),
    }
}

/// Fetches the database and compares `Cargo.lock` with it. Expects cargo-deny to be installed.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    step("Security advisories (RustSec)");
    let mut fetch = cargo(workspace);
    fetch
        .args(["deny", "fetch", "db"])
        // cargo-deny calls git, which must neither ask for a password nor wait on a silent peer.
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

/// The sentence for a dependency with an advisory.
pub(crate) const FOUND: &str = "A dependency has a security advisory: see under \"Security advisories\", then \
                                update it, or list the advisory in deny.toml with the reason why it does not apply.";

/// The sentence for a database that could not be fetched.
pub(crate) const UNAVAILABLE: &str = "The dependencies were NOT checked for security advisories: the RustSec database, a Git \
                           repository on the Internet, could not be fetched. Run `cargo xtask advisories` where it can \
                           be reached.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_database_nothing_is_claimed() {
        let asked = || panic!("there is nothing to compare with");
        assert_eq!(outcome(false, asked), Outcome::Unavailable);
    }

    #[test]
    fn an_advisory_is_found_only_in_a_database_that_was_fetched() {
        assert_eq!(outcome(true, || true), Outcome::None);
        assert_eq!(outcome(true, || false), Outcome::Found);
    }
}
