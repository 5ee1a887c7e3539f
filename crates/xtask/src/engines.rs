//! Finds the programs that the tests need in addition to Chromium: Firefox, WebKitGTK, PulseAudio
//! (a microphone for machines without a sound card), and reverse proxies.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{
    failure::Failure,
    os_release::System,
    run::{self, info},
    system_packages, tools,
    workspace::Workspace,
};

/// Finds all programs; installs missing ones on Debian and Ubuntu as root.
///
/// Returns the variables that pass the programs' paths to the tests. The list is empty on systems
/// other than Linux.
///
/// # Errors
///
/// Returns a message that names the first missing program and its package.
pub(crate) fn ensure(workspace: &Workspace) -> Result<Vec<(&'static str, PathBuf)>, Failure> {
    if !cfg!(target_os = "linux") {
        info(
            "Firefox and WebKitGTK are tested on Linux only, because their fake microphone needs \
             PulseAudio: here the tests use only Chromium",
        );
        return Ok(Vec::new());
    }
    let system = system_packages::system();
    let packages = packages(system, |variable| path_from_env(variable).is_some());
    if system != System::Other {
        let missing = system_packages::missing(workspace, &packages);
        if !missing.is_empty() {
            system_packages::install(workspace, &missing)?;
        }
    }
    let mut found = Vec::new();
    for program in PROGRAMS {
        found.push((program.variable, program.find(system)?));
    }
    let driver = match path_from_env(GECKODRIVER) {
        Some(path) => existing_file(GECKODRIVER, path)?,
        None => tools::ensure_geckodriver(workspace)?,
    };
    found.push((GECKODRIVER, driver));
    Ok(found)
}

/// A program that the tests start, and where to find it.
struct Program {
    /// Its name in messages.
    name: &'static str,
    /// The variable that names another program to use.
    variable: &'static str,
    /// Its file names on the `PATH`.
    files: &'static [&'static str],
    /// Its paths outside of the `PATH`; `*` matches one folder.
    patterns: &'static [&'static str],
    /// Debian's package.
    package: &'static str,
    /// Packages with files that the program loads at run time.
    runtime_packages: &'static [&'static str],
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "Firefox",
        variable: "INTURN_FIREFOX",
        files: &["firefox-esr", "firefox"],
        patterns: &[],
        package: "firefox-esr",
        runtime_packages: &[],
    },
    Program {
        name: "PulseAudio",
        variable: "INTURN_PULSEAUDIO",
        files: &["pulseaudio"],
        patterns: &[],
        package: "pulseaudio",
        runtime_packages: &[],
    },
    Program {
        name: "PulseAudio's pactl",
        variable: "INTURN_PACTL",
        files: &["pactl"],
        patterns: &[],
        package: "pulseaudio-utils",
        runtime_packages: &[],
    },
    Program {
        name: "PulseAudio's pacat",
        variable: "INTURN_PACAT",
        files: &["pacat"],
        patterns: &[],
        package: "pulseaudio-utils",
        runtime_packages: &[],
    },
    Program {
        name: "WebKitGTK's driver",
        variable: "INTURN_WEBKIT_DRIVER",
        files: &["WebKitWebDriver"],
        patterns: &[],
        package: "webkit2gtk-driver",
        runtime_packages: &[
            "gstreamer1.0-plugins-base",
            "gstreamer1.0-plugins-good",
            "gstreamer1.0-plugins-bad",
        ],
    },
    Program {
        name: "WebKitGTK's MiniBrowser",
        variable: "INTURN_WEBKIT_BROWSER",
        files: &["MiniBrowser"],
        patterns: &[
            "/usr/lib/*/webkit2gtk-4.1/MiniBrowser",
            "/usr/lib/*/webkit2gtk-4.0/MiniBrowser",
            "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
        ],
        package: "libwebkit2gtk-4.1-0",
        runtime_packages: &[],
    },
    Program {
        name: "Xvfb, a screen for WebKitGTK,",
        variable: "INTURN_XVFB",
        files: &["Xvfb"],
        patterns: &[],
        package: "xvfb",
        runtime_packages: &["xauth"],
    },
    Program {
        name: "nginx",
        variable: "INTURN_NGINX",
        files: &["nginx"],
        patterns: &["/usr/sbin/nginx"],
        package: "nginx-light",
        runtime_packages: &[],
    },
    Program {
        name: "Caddy",
        variable: "INTURN_CADDY",
        files: &["caddy"],
        patterns: &[],
        package: "caddy",
        runtime_packages: &[],
    },
    Program {
        name: "HAProxy",
        variable: "INTURN_HAPROXY",
        files: &["haproxy"],
        patterns: &["/usr/sbin/haproxy"],
        package: "haproxy",
        runtime_packages: &[],
    },
];

const GECKODRIVER: &str = "INTURN_GECKODRIVER";

/// Returns the packages of all programs, except those whose variable is set.
fn packages(system: System, is_set: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let mut packages = Vec::new();
    for program in PROGRAMS {
        if is_set(program.variable) {
            continue;
        }
        if system != System::Ubuntu || program.package != "firefox-esr" {
            packages.push(program.package);
        }
        packages.extend(program.runtime_packages);
    }
    packages.dedup();
    packages
}

impl Program {
    fn find(&self, system: System) -> Result<PathBuf, Failure> {
        if let Some(path) = path_from_env(self.variable) {
            return existing_file(self.variable, path);
        }
        run::find_on_path(self.files)
            .filter(|file| !is_snap(file))
            .or_else(|| self.patterns.iter().find_map(|it| first_match(it)))
            .ok_or_else(|| self.not_found(system))
    }

    fn not_found(&self, system: System) -> Failure {
        let Self {
            name,
            variable,
            package,
            ..
        } = self;
        Failure::new(match system {
            System::Ubuntu if *package == "firefox-esr" => format!(
                "The browser tests need Firefox, but Ubuntu's package installs a snap, which a \
                 driver can't start: install Mozilla's build and name it in {variable}."
            ),
            System::Debian | System::Ubuntu => format!(
                "The browser tests need {name}, which is not installed: run `sudo apt-get install \
                 {package}`, or name the program in {variable}."
            ),
            System::Other => format!(
                "The browser tests need {name}, which is not installed: install it (Debian's \
                 package is {package}), or name the program in {variable}."
            ),
        })
    }
}

fn path_from_env(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn existing_file(variable: &str, path: PathBuf) -> Result<PathBuf, Failure> {
    if path.is_file() {
        return Ok(path);
    }
    Err(Failure::new(format!(
        "{variable} names {}, but there is no such file: correct or unset the variable.",
        path.display()
    )))
}

/// Returns `true` for Ubuntu's `firefox`: a script that starts or installs a snap.
fn is_snap(file: &Path) -> bool {
    let is_small = fs::metadata(file).is_ok_and(|file| file.len() < 10_000);
    file.starts_with("/snap")
        || is_small && fs::read_to_string(file).is_ok_and(|text| text.contains("/snap/"))
}

/// Returns the first existing file that matches `pattern`; `*` matches one folder.
fn first_match(pattern: &str) -> Option<PathBuf> {
    let Some((above, below)) = pattern.split_once("*/") else {
        return Some(PathBuf::from(pattern)).filter(|file| file.is_file());
    };
    let mut files: Vec<PathBuf> = fs::read_dir(above)
        .ok()?
        .flatten()
        .map(|folder| folder.path().join(below))
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    files.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_one_sentence_that_names_package_and_variable() {
        for program in PROGRAMS {
            for system in [System::Debian, System::Ubuntu, System::Other] {
                let message = program.not_found(system).to_string();
                assert!(
                    message.ends_with('.') && !message.contains(". "),
                    "{message}"
                );
                assert!(message.contains(program.variable), "{message}");
                let has_package = system != System::Ubuntu || program.name != "Firefox";
                assert_eq!(has_package, message.contains(program.package), "{message}");
            }
        }
    }

    #[test]
    fn a_variable_that_names_no_file_is_reported() {
        let nowhere = PathBuf::from("/nowhere/firefox");
        let message = existing_file("INTURN_FIREFOX", nowhere).expect_err("there is no such file");
        let message = message.to_string();
        assert!(
            message.starts_with("INTURN_FIREFOX names /nowhere/firefox,"),
            "{message}"
        );
    }

    #[test]
    fn programs_named_by_a_variable_are_not_installed() {
        let all = packages(System::Debian, |_| false);
        for package in [
            "firefox-esr",
            "pulseaudio",
            "webkit2gtk-driver",
            "xvfb",
            "xauth",
        ] {
            assert!(all.contains(&package), "{package}: {all:?}");
        }
        let rest = packages(System::Debian, |variable| variable == "INTURN_FIREFOX");
        assert!(!rest.contains(&"firefox-esr") && rest.len() == all.len() - 1);
        let on_ubuntu = packages(System::Ubuntu, |_| false);
        assert!(!on_ubuntu.contains(&"firefox-esr"), "{on_ubuntu:?}");
    }

    #[test]
    fn a_star_in_a_pattern_matches_any_folder() {
        let root = env!("CARGO_MANIFEST_DIR");
        let found = first_match(&format!("{root}/*/engines.rs"));
        assert_eq!(found, Some(Path::new(root).join("src/engines.rs")));
        assert_eq!(first_match(&format!("{root}/*/nothing.rs")), None);
        assert!(first_match(&format!("{root}/Cargo.toml")).is_some());
    }
}
