//! Finds Chromium and its driver for the browser tests.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{
    failure::Failure,
    os_release::System,
    run::{self, output, program},
    system_packages,
    workspace::Workspace,
};

/// Chromium or Chrome, and the driver of the same version.
#[derive(Debug)]
pub(crate) struct Chromium {
    /// The path of the browser.
    pub(crate) browser: PathBuf,
    /// The path of its WebDriver server.
    pub(crate) driver: PathBuf,
}

impl Chromium {
    /// Finds both programs; installs them on Debian as root.
    ///
    /// # Errors
    ///
    /// Returns a message that says what is missing and how to install it.
    pub(crate) fn ensure(workspace: &Workspace) -> Result<Self, Failure> {
        let system = system_packages::system();
        if Self::find().is_none() && system == System::Debian {
            let missing = system_packages::missing(workspace, system_packages::CHROMIUM);
            if !missing.is_empty() {
                system_packages::install(workspace, &missing)?;
            }
        }
        let chromium = Self::find().ok_or_else(|| not_found(system))?;
        chromium.check_versions(workspace)?;
        Ok(chromium)
    }

    fn find() -> Option<Self> {
        Some(Self {
            browser: path_from_env("INTURN_CHROMIUM")
                .or_else(|| run::find_on_path(BROWSERS))
                .or_else(|| Some(PathBuf::from(MAC_CHROME)).filter(|path| path.is_file()))?,
            driver: path_from_env("INTURN_CHROMEDRIVER")
                .or_else(|| run::find_on_path(&["chromedriver"]))
                .or_else(github_runner_driver)?,
        })
    }

    /// Checks that browser and driver have the same major version. A driver refuses other versions
    /// with a misleading message.
    fn check_versions(&self, workspace: &Workspace) -> Result<(), Failure> {
        let version = |path: &Path| {
            let text = output(program(workspace, path).arg("--version"));
            let major = text.as_deref().and_then(major_version).map(str::to_owned);
            major.ok_or_else(|| {
                let path = path.display();
                Failure::new(format!(
                    "`{path} --version` prints no version: check that the program works."
                ))
            })
        };
        let (browser, driver) = (version(&self.browser)?, version(&self.driver)?);
        if browser == driver {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{} has version {browser} but {} has version {driver}: install matching versions, or \
             name matching programs in INTURN_CHROMIUM and INTURN_CHROMEDRIVER.",
            self.browser.display(),
            self.driver.display(),
        )))
    }
}

fn not_found(system: System) -> Failure {
    Failure::new(match system {
        System::Debian => {
            "The browser tests need Chromium and its driver: run `sudo apt-get install chromium \
             chromium-driver`."
        }
        System::Ubuntu => {
            "The browser tests need Google Chrome and the chromedriver of its version (Ubuntu's \
             chromium package installs a snap, which a driver can't start): install both, and name \
             them in INTURN_CHROMIUM and INTURN_CHROMEDRIVER."
        }
        System::Other => {
            "The browser tests need Chromium or Chrome and the chromedriver of the same version: \
             install both, and name them in INTURN_CHROMIUM and INTURN_CHROMEDRIVER if they aren't \
             on the PATH."
        }
    })
}

fn path_from_env(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// The driver on GitHub's hosted runners: this variable names its folder.
fn github_runner_driver() -> Option<PathBuf> {
    let driver = PathBuf::from(env::var_os("CHROMEWEBDRIVER")?).join("chromedriver");
    driver.is_file().then_some(driver)
}

/// Parses the major version out of the output of `--version`: `156` from
/// `Chromium 156.0.8078.73 built on Debian` or `ChromeDriver 156.0.8078.73 (…)`.
fn major_version(text: &str) -> Option<&str> {
    let number = text
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number.split('.').next()
}

/// The names under which systems install the browser.
const BROWSERS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

const MAC_CHROME: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_parsed_from_each_programs_output() {
        let table = [
            (
                "Chromium 156.0.8078.73 built on Debian GNU/Linux 12 (bookworm)\n",
                Some("156"),
            ),
            ("Google Chrome 157.0.1.2 \n", Some("157")),
            (
                "ChromeDriver 156.0.8078.73 (abc-refs/heads@{#1})\n",
                Some("156"),
            ),
            ("usage: chrome\n", None),
        ];
        for (text, version) in table {
            assert_eq!(major_version(text), version, "{text:?}");
        }
    }
}
