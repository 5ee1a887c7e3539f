//! Parses the command line by hand: a parser crate would cost more compile time than these commands
//! are worth.

/// A command with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Print [`HELP`].
    Help,
    /// Build the client and run the server with these arguments.
    Serve {
        /// Arguments of `inturn`.
        server_args: Vec<String>,
    },
    /// Build the terminal client and run it with these arguments.
    Listen {
        /// Arguments of `inturn-listen`.
        listen_args: Vec<String>,
    },
    /// Run all tests, or those that the arguments for `cargo test` select.
    Test {
        /// Arguments of `cargo test`.
        cargo_args: Vec<String>,
    },
    /// Run every check except the tests.
    Check,
    /// Check the dependencies for security advisories only.
    Advisories,
    /// Run all benchmarks, or only these sections.
    Bench {
        /// Names of sections.
        sections: Vec<String>,
    },
    /// Package one program that contains the page.
    Dist,
}

impl Task {
    /// Parses the arguments after the program's name.
    ///
    /// # Errors
    ///
    /// Returns a message that names the unknown word.
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
            "listen" => {
                strip_separator(&mut rest);
                Ok(Self::Listen { listen_args: rest })
            }
            "test" => {
                strip_separator(&mut rest);
                Ok(Self::Test { cargo_args: rest })
            }
            "bench" => {
                strip_separator(&mut rest);
                Ok(Self::Bench { sections: rest })
            }
            "check" => without_arguments(Self::Check, &name, &rest),
            "advisories" => without_arguments(Self::Advisories, &name, &rest),
            "dist" => without_arguments(Self::Dist, &name, &rest),
            unknown => Err(format!(
                "Unknown command `{unknown}`: use serve, listen, test, check, advisories, bench or \
                 dist. `cargo xtask --help` describes them."
            )),
        }
    }
}

/// Returns `task`, or an error if arguments follow its name.
fn without_arguments(task: Task, name: &str, rest: &[String]) -> Result<Task, String> {
    match rest.first() {
        None => Ok(task),
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

/// The output of `cargo xtask --help`.
pub(crate) const HELP: &str = "\
The commands of this repository. Each command first installs what it needs (see below).

Usage: cargo xtask <COMMAND>

Commands:
  serve [-- SERVER ARGUMENTS]
      Builds the client and runs the server on http://localhost:8000. Ctrl-C stops it.
      Without an API key the server uses the local service, which recognises speech with Moonshine,
      or with PocketSphinx if Moonshine can't be installed. Without both it plays a script.
        cargo xtask serve
        cargo xtask serve -- --listen 127.0.0.1:9000
        cargo xtask serve -- --help          lists every flag of the server

  listen [-- ARGUMENTS OF THE TERMINAL CLIENT]
      Builds the terminal client and runs it: it prints the words of the microphone until Ctrl-C.
      Without an API key and without --server, the local service recognises them.
        cargo xtask listen
        cargo xtask listen -- talk.mp3 --output talk.srt
        cargo xtask listen -- --help         lists every flag

  test [-- ARGUMENTS FOR CARGO TEST]
      Builds the client and runs all tests, including those in real browsers: Chromium, Firefox and
      WebKitGTK on Linux, only Chromium on other systems.
        cargo xtask test
        cargo xtask test -- last_words       only tests with this in their name
        cargo xtask test -- in_firefox       only tests in Firefox
        cargo xtask test -- --test page      only test files with this name

  check
      Checks the format, line widths, imports, lints (native and wasm), docs, links in Markdown
      files, dependencies between crates, import cycles between files, licences, and banned crates.
      Checks security advisories if their database can be fetched. Runs every check even if one
      fails, and lists all failures at the end.

  advisories
      Checks the dependencies for security advisories (RustSec). Fails if the database can't be
      fetched. Run it once a week.

  bench [-- SECTIONS]
      Measures the program and its peers and writes docs/performance.md (takes 15 minutes).
        cargo xtask bench
        cargo xtask bench -- audio server    only these sections, printed but not written

  dist
      Builds one program that contains the page (fully static on Linux), and the one that runs the
      speech library. Tests both in an empty folder, and packs them with the files of deploy/ into
      target/dist. Writes the checksum and SBOMs next to the archive.
        cargo xtask dist

What is installed:
  With rustup:
    all commands except advisories: the target wasm32-unknown-unknown
    check     clippy, rustfmt
    dist      on Linux: the musl target
  Into target/tools:
    serve, test, bench, dist: wasm-bindgen; wasm-opt (serve: only with npm)
    test      geckodriver (on Linux)
    dist      cargo-cyclonedx
    check, advisories: cargo-deny
  With apt, on Debian and Ubuntu, as root (otherwise the command to run is printed):
    serve     without an API key, optional: pip, or PocketSphinx and its English model
    test      pip; PocketSphinx, its English model and recorded speech; Chromium and its driver
              (Debian only); Firefox (Debian only); WebKitGTK and its driver, Xvfb, GStreamer
              plugins; PulseAudio, PipeWire, SoX; nginx, Caddy, HAProxy; Redis; npm
    bench     pip; PocketSphinx, its English model and recorded speech; Chromium and its driver
              (Debian only); nginx with its echo module, wrk, Node, npm
    dist      on Linux: musl-tools
  With pip:
    serve     without an API key: Moonshine's speech library and English model, into target/tools
    test      the same, and AssemblyAI's library for Python
  With npm:
    test      axe-core and AssemblyAI's library for Node, into target/tools
    bench     Express and axios, for the baseline server, into target/bench

Environment variables that name the program to use instead of the one on the PATH:
  INTURN_CHROMIUM, INTURN_CHROMEDRIVER
  INTURN_FIREFOX, INTURN_GECKODRIVER
  INTURN_WEBKIT_BROWSER (WebKitGTK's MiniBrowser), INTURN_WEBKIT_DRIVER, INTURN_XVFB
  INTURN_PULSEAUDIO, INTURN_PACTL, INTURN_PACAT
  INTURN_NGINX, INTURN_CADDY, INTURN_HAPROXY, INTURN_REDIS_SERVER
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Task, String> {
        Task::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn no_arguments_or_a_help_flag_print_the_help() {
        for line in ["", "--help", "-h", "help", "serve --help", "check -h"] {
            assert_eq!(parse(line), Ok(Task::Help), "{line:?}");
        }
    }

    #[test]
    fn arguments_are_passed_on_with_or_without_a_separator() {
        let server_args = vec!["--listen".to_owned(), "[::1]:9000".to_owned()];
        let expected = Ok(Task::Serve { server_args });
        assert_eq!(parse("serve -- --listen [::1]:9000"), expected);
        assert_eq!(parse("serve --listen [::1]:9000"), expected);
    }

    #[test]
    fn only_the_first_separator_is_removed() {
        let cargo_args = vec!["mic".to_owned(), "--".to_owned(), "--nocapture".to_owned()];
        assert_eq!(
            parse("test -- mic -- --nocapture"),
            Ok(Task::Test { cargo_args })
        );
    }

    #[test]
    fn help_after_the_separator_is_passed_to_the_server() {
        let server_args = vec!["--help".to_owned()];
        assert_eq!(parse("serve -- --help"), Ok(Task::Serve { server_args }));
    }

    #[test]
    fn the_error_names_an_unknown_command_or_argument() {
        let message = parse("sevre").expect_err("`sevre` is not a command");
        assert!(message.contains("`sevre`"), "{message}");
        for line in ["check --fast", "advisories now", "dist --musl"] {
            let extra = line.split(' ').next_back().unwrap_or_default();
            let message = parse(line).expect_err("the command takes no arguments");
            assert!(message.contains(extra), "{message}");
        }
        assert_eq!(parse("advisories"), Ok(Task::Advisories));
    }
}
