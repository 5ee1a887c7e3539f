//! The command line, parsed by hand: six commands don't pay for a parser's compile time.

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Print [`HELP`].
    Help,
    /// Build everything and run the server with these arguments added.
    Serve {
        /// Arguments of `inturn`.
        server_args: Vec<String>,
    },
    /// Run all tests, or those that the arguments of `cargo test` leave.
    Test {
        /// Arguments of `cargo test`.
        cargo_args: Vec<String>,
    },
    /// Everything a reviewer would run, short of the tests.
    Check,
    /// Only the security advisories of the dependencies.
    Advisories,
    /// Measure the program beside its peers, or only these sections of it.
    Bench {
        /// Names of sections.
        sections: Vec<String>,
    },
    /// Pack one program with the page in it.
    Dist,
}

impl Command {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    ///
    /// One sentence that names the word that wasn't understood.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut args = args.into_iter();
        let Some(name) = args.next() else {
            return Ok(Self::Help);
        };
        let mut rest: Vec<String> = args.collect();
        if rest.first().is_some_and(|first| is_help(first)) {
            return Ok(Self::Help);
        }
        match name.as_str() {
            name if is_help(name) => Ok(Self::Help),
            "serve" => {
                strip_separator(&mut rest);
                Ok(Self::Serve { server_args: rest })
            }
            "test" => {
                strip_separator(&mut rest);
                Ok(Self::Test { cargo_args: rest })
            }
            "bench" => {
                strip_separator(&mut rest);
                Ok(Self::Bench { sections: rest })
            }
            "check" => alone(Self::Check, &name, &rest),
            "advisories" => alone(Self::Advisories, &name, &rest),
            "dist" => alone(Self::Dist, &name, &rest),
            unknown => Err(format!(
                "There is no command `{unknown}`: use serve, test, check, advisories, bench or dist, \
                 or --help to read about them."
            )),
        }
    }
}

/// A command that takes no arguments.
fn alone(command: Command, name: &str, rest: &[String]) -> Result<Command, String> {
    match rest.first() {
        None => Ok(command),
        Some(extra) => Err(format!(
            "`cargo xtask {name}` takes no arguments, but got `{extra}`."
        )),
    }
}

fn is_help(word: &str) -> bool {
    matches!(word, "help" | "--help" | "-h")
}

fn strip_separator(args: &mut Vec<String>) {
    if args.first().is_some_and(|first| first == "--") {
        args.remove(0);
    }
}

/// The page that `cargo xtask --help` prints.
pub(crate) const HELP: &str = "\
The commands of this repository. Each sets up what it needs and keeps it in target/.

Usage: cargo xtask <COMMAND>

Commands:
  serve [-- SERVER ARGUMENTS]
      Build the client and run the server on http://localhost:8000. Ctrl-C ends it.
      Without an API key the local service stands in; with PocketSphinx (installed by apt where
      possible) it understands speech, without it it plays a script.
        cargo xtask serve
        cargo xtask serve -- --listen 127.0.0.1:9000
        cargo xtask serve -- --help          every flag of the server

  test [-- ARGUMENTS OF CARGO TEST]
      Build the client and run every test, those in real browsers included: Chromium, Firefox and
      WebKitGTK on Linux, Chromium elsewhere.
        cargo xtask test
        cargo xtask test -- last_words       only the tests with this in their names
        cargo xtask test -- in_firefox       only those in this engine
        cargo xtask test -- --test page      only the files of tests with this name

  check
      What a reviewer runs: format, lints (native and wasm), docs, the arrows between crates,
      circles of files, licences, bans, and security advisories if their database can be fetched.
      Goes on after a failure and lists all of them at the end.

  advisories
      Only the security advisories of the dependencies (RustSec). Fails if their database can't be
      fetched. Run it once a week.

  bench [-- SECTIONS]
      Measures the program beside its peers and writes docs/performance.md (a quarter of an hour).
        cargo xtask bench
        cargo xtask bench -- audio server    only these, printed and not written

  dist
      Builds one program with the page in it, fully static on Linux, tries it in an empty folder, and
      packs it with the recipes into target/dist.
        cargo xtask dist

What gets installed:
  by rustup      the target wasm32-unknown-unknown; for check also clippy and rustfmt; for dist on
                 Linux also the target for musl
  in target/tools  Trunk, wasm-bindgen, wasm-opt; for test also geckodriver; for check
                 also cargo-deny
  by apt, on Debian and Ubuntu as root
                 PocketSphinx and its English model; for test also Chromium and its driver, Firefox,
                 WebKitGTK with its driver, Xvfb and GStreamer's plugins, PulseAudio, and recordings
                 of speech; for bench nginx with its echo module, wrk, Node and npm; for dist
                 musl's tools. Elsewhere the
                 command to run is printed instead.
  by npm         for bench the Express server that ours is measured beside, in target/bench

Environment: programs to test with, if not the ones on the PATH
  INTURN_CHROMIUM, INTURN_CHROMEDRIVER
  INTURN_FIREFOX, INTURN_GECKODRIVER
  INTURN_WEBKIT_BROWSER, INTURN_WEBKIT_DRIVER, INTURN_XVFB     the browser is WebKitGTK's MiniBrowser
  INTURN_PULSEAUDIO, INTURN_PACTL, INTURN_PACAT
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        Command::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn nothing_or_a_call_for_help_gives_the_page() {
        for line in ["", "--help", "-h", "help", "serve --help", "check -h"] {
            assert_eq!(parse(line), Ok(Command::Help), "{line:?}");
        }
    }

    #[test]
    fn arguments_pass_with_or_without_the_separator() {
        let server_args = vec!["--listen".to_owned(), "[::1]:9000".to_owned()];
        let expected = Ok(Command::Serve { server_args });
        assert_eq!(parse("serve -- --listen [::1]:9000"), expected);
        assert_eq!(parse("serve --listen [::1]:9000"), expected);
    }

    #[test]
    fn only_the_first_separator_is_ours() {
        let cargo_args = vec!["mic".to_owned(), "--".to_owned(), "--nocapture".to_owned()];
        assert_eq!(
            parse("test -- mic -- --nocapture"),
            Ok(Command::Test { cargo_args })
        );
    }

    #[test]
    fn help_after_the_separator_is_the_servers() {
        let server_args = vec!["--help".to_owned()];
        assert_eq!(parse("serve -- --help"), Ok(Command::Serve { server_args }));
    }

    #[test]
    fn an_unknown_command_is_named() {
        let sentence = parse("sevre").expect_err("`sevre` is no command");
        assert!(sentence.contains("`sevre`"), "{sentence}");
        for line in ["check --fast", "advisories now", "dist --musl"] {
            let extra = line.split(' ').next_back().unwrap_or_default();
            let sentence = parse(line).expect_err("it takes no arguments");
            assert!(sentence.contains(extra), "{sentence}");
        }
        assert_eq!(parse("advisories"), Ok(Command::Advisories));
    }
}
