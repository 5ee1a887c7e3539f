//! The programs besides Chromium that the tests drive, listen with and put in front: Firefox,
//! WebKitGTK, a sound system for machines without a sound card, and reverse proxies.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{
    failure::Failure,
    os_release::System,
    run::{self, note},
    system_packages, tools,
    workspace::Workspace,
};

/// The variables that tell the tests where their programs are, or none of them where these engines
/// don't run.
///
/// # Errors
///
/// One sentence naming the first thing that is missing, and the package that it is in.
pub(crate) fn ensure(workspace: &Workspace) -> Result<Vec<(&'static str, PathBuf)>, Failure> {
    if !cfg!(target_os = "linux") {
        note(
            "Firefox and WebKitGTK are tested on Linux only, where a microphone can be made of \
             PulseAudio: here Chromium is the one browser",
        );
        return Ok(Vec::new());
    }
    let system = system_packages::system();
    let wanted = wanted(system, |variable| named_by(variable).is_some());
    if system != System::Other {
        let missing = system_packages::missing(workspace, &wanted);
        if !missing.is_empty() {
            system_packages::install(workspace, &missing)?;
        }
    }
    let mut found = Vec::new();
    for program in PROGRAMS {
        found.push((program.variable, program.find(system)?));
    }
    let driver = match named_by(GECKODRIVER) {
        Some(named) => existing(GECKODRIVER, named)?,
        None => tools::ensure_geckodriver(workspace)?,
    };
    found.push((GECKODRIVER, driver));
    Ok(found)
}

/// A program that the tests start, and where it comes from.
struct Program {
    /// What people call it.
    name: &'static str,
    /// Names another one than what is found.
    variable: &'static str,
    /// What its file is called on the `PATH`.
    files: &'static [&'static str],
    /// Where else it is: `*` stands for one folder.
    places: &'static [&'static str],
    /// In Debian.
    package: &'static str,
    /// Packages whose files it loads, which no `PATH` shows.
    loads: &'static [&'static str],
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "Firefox",
        variable: "INTURN_FIREFOX",
        files: &["firefox-esr", "firefox"],
        places: &[],
        package: "firefox-esr",
        loads: &[],
    },
    Program {
        name: "PulseAudio",
        variable: "INTURN_PULSEAUDIO",
        files: &["pulseaudio"],
        places: &[],
        package: "pulseaudio",
        loads: &[],
    },
    Program {
        name: "PulseAudio's pactl",
        variable: "INTURN_PACTL",
        files: &["pactl"],
        places: &[],
        package: "pulseaudio-utils",
        loads: &[],
    },
    Program {
        name: "PulseAudio's pacat",
        variable: "INTURN_PACAT",
        files: &["pacat"],
        places: &[],
        package: "pulseaudio-utils",
        loads: &[],
    },
    Program {
        name: "WebKitGTK's driver",
        variable: "INTURN_WEBKIT_DRIVER",
        files: &["WebKitWebDriver"],
        places: &[],
        package: "webkit2gtk-driver",
        loads: &[
            "gstreamer1.0-plugins-base",
            "gstreamer1.0-plugins-good",
            "gstreamer1.0-plugins-bad",
        ],
    },
    Program {
        name: "WebKitGTK's MiniBrowser",
        variable: "INTURN_WEBKIT_BROWSER",
        files: &["MiniBrowser"],
        places: &[
            "/usr/lib/*/webkit2gtk-4.1/MiniBrowser",
            "/usr/lib/*/webkit2gtk-4.0/MiniBrowser",
            "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
        ],
        package: "libwebkit2gtk-4.1-0",
        loads: &[],
    },
    Program {
        name: "Xvfb, a screen for WebKitGTK,",
        variable: "INTURN_XVFB",
        files: &["Xvfb"],
        places: &[],
        package: "xvfb",
        loads: &["xauth"],
    },
    Program {
        name: "nginx",
        variable: "INTURN_NGINX",
        files: &["nginx"],
        places: &["/usr/sbin/nginx"],
        package: "nginx-light",
        loads: &[],
    },
    Program {
        name: "Caddy",
        variable: "INTURN_CADDY",
        files: &["caddy"],
        places: &[],
        package: "caddy",
        loads: &[],
    },
    Program {
        name: "HAProxy",
        variable: "INTURN_HAPROXY",
        files: &["haproxy"],
        places: &["/usr/sbin/haproxy"],
        package: "haproxy",
        loads: &[],
    },
];

const GECKODRIVER: &str = "INTURN_GECKODRIVER";

/// The packages of all programs but those that `is_named` knows another one for.
fn wanted(system: System, is_named: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let mut packages = Vec::new();
    for program in PROGRAMS {
        if is_named(program.variable) {
            continue;
        }
        if system != System::Ubuntu || program.package != "firefox-esr" {
            packages.push(program.package);
        }
        packages.extend(program.loads);
    }
    packages.dedup();
    packages
}

impl Program {
    fn find(&self, system: System) -> Result<PathBuf, Failure> {
        if let Some(named) = named_by(self.variable) {
            return existing(self.variable, named);
        }
        run::find(self.files)
            .filter(|file| !is_snap(file))
            .or_else(|| self.places.iter().find_map(|place| in_place(place)))
            .ok_or_else(|| self.absent(system))
    }

    fn absent(&self, system: System) -> Failure {
        let Self {
            name,
            variable,
            package,
            ..
        } = self;
        Failure::new(match system {
            System::Ubuntu if *package == "firefox-esr" => format!(
                "The browser tests need Firefox, and Ubuntu's own is a snap, which a driver can't \
                 start: install Mozilla's build and name it in {variable}."
            ),
            System::Debian | System::Ubuntu => format!(
                "The browser tests need {name} but it is not there: run `sudo apt-get install \
                 {package}`, or name it in {variable}."
            ),
            System::Other => format!(
                "The browser tests need {name} but it is not there: install what Debian calls \
                 {package}, or name it in {variable}."
            ),
        })
    }
}

fn named_by(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn existing(variable: &str, named: PathBuf) -> Result<PathBuf, Failure> {
    if named.is_file() {
        return Ok(named);
    }
    Err(Failure::new(format!(
        "{variable} names {}, but there is no such program: correct the variable or take it away.",
        named.display()
    )))
}

/// Ubuntu's `firefox` is a script that starts, or fetches, a snap.
fn is_snap(file: &Path) -> bool {
    let is_small = fs::metadata(file).is_ok_and(|file| file.len() < 10_000);
    file.starts_with("/snap")
        || is_small && fs::read_to_string(file).is_ok_and(|text| text.contains("/snap/"))
}

/// The file at `place`, whatever the folder is called that a `*` stands for.
fn in_place(place: &str) -> Option<PathBuf> {
    let Some((above, below)) = place.split_once("*/") else {
        return Some(PathBuf::from(place)).filter(|file| file.is_file());
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
    fn what_is_missing_is_one_sentence_that_names_the_package_and_the_variable() {
        for program in PROGRAMS {
            for system in [System::Debian, System::Ubuntu, System::Other] {
                let sentence = program.absent(system).to_string();
                assert!(
                    sentence.ends_with('.') && !sentence.contains(". "),
                    "{sentence}"
                );
                assert!(sentence.contains(program.variable), "{sentence}");
                let has_package = system != System::Ubuntu || program.name != "Firefox";
                assert_eq!(
                    has_package,
                    sentence.contains(program.package),
                    "{sentence}"
                );
            }
        }
    }

    #[test]
    fn a_variable_that_points_nowhere_is_named() {
        let nowhere = PathBuf::from("/nowhere/firefox");
        let sentence = existing("INTURN_FIREFOX", nowhere).expect_err("it is not there");
        let sentence = sentence.to_string();
        assert!(
            sentence.starts_with("INTURN_FIREFOX names /nowhere/firefox,"),
            "{sentence}"
        );
    }

    #[test]
    fn what_a_variable_names_is_not_installed() {
        let all = wanted(System::Debian, |_| false);
        for package in [
            "firefox-esr",
            "pulseaudio",
            "webkit2gtk-driver",
            "xvfb",
            "xauth",
        ] {
            assert!(all.contains(&package), "{package}: {all:?}");
        }
        let rest = wanted(System::Debian, |variable| variable == "INTURN_FIREFOX");
        assert!(!rest.contains(&"firefox-esr") && rest.len() == all.len() - 1);
        let on_ubuntu = wanted(System::Ubuntu, |_| false);
        assert!(!on_ubuntu.contains(&"firefox-esr"), "{on_ubuntu:?}");
    }

    #[test]
    fn a_place_is_found_whatever_the_machine_is_called() {
        let root = env!("CARGO_MANIFEST_DIR");
        let found = in_place(&format!("{root}/*/engines.rs"));
        assert_eq!(found, Some(Path::new(root).join("src/engines.rs")));
        assert_eq!(in_place(&format!("{root}/*/nothing.rs")), None);
        assert!(in_place(&format!("{root}/Cargo.toml")).is_some());
    }
}
