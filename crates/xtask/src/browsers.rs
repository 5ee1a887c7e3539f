//! Finding the browser that the tests drive.

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

/// A browser and the driver of the same version.
#[derive(Debug)]
pub(crate) struct Chromium {
    /// The browser's program.
    pub(crate) browser: PathBuf,
    /// The WebDriver server for it.
    pub(crate) driver: PathBuf,
}

impl Chromium {
    /// Finds both, installing them on Debian as root.
    ///
    /// # Errors
    ///
    /// One sentence saying what is missing and how to get it.
    pub(crate) fn ensure(workspace: &Workspace) -> Result<Self, Failure> {
        let system = system_packages::system();
        if Self::find().is_none() && system == System::Debian {
            let missing = system_packages::missing(workspace, system_packages::CHROMIUM);
            if !missing.is_empty() {
                system_packages::install(workspace, &missing)?;
            }
        }
        let chromium = Self::find().ok_or_else(|| absent(system))?;
        chromium.check_versions(workspace)?;
        Ok(chromium)
    }

    fn find() -> Option<Self> {
        Some(Self {
            browser: named_by("INTURN_CHROMIUM")
                .or_else(|| run::find(BROWSERS))
                .or_else(|| Some(PathBuf::from(MAC_CHROME)).filter(|path| path.is_file()))?,
            driver: named_by("INTURN_CHROMEDRIVER")
                .or_else(|| run::find(&["chromedriver"]))
                .or_else(hosted_driver)?,
        })
    }

    /// A driver refuses a browser of another version, in words that send people astray.
    fn check_versions(&self, workspace: &Workspace) -> Result<(), Failure> {
        let version = |path: &Path| {
            let text = output(program(workspace, path).arg("--version"));
            let major = text.as_deref().and_then(major_version).map(str::to_owned);
            major.ok_or_else(|| {
                let path = path.display();
                Failure::new(format!(
                    "`{path} --version` doesn't say its version: is it broken?"
                ))
            })
        };
        let (browser, driver) = (version(&self.browser)?, version(&self.driver)?);
        if browser == driver {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{} is of version {browser} but {} of version {driver}: install matching ones, or name \
             them in INTURN_CHROMIUM and INTURN_CHROMEDRIVER.",
            self.browser.display(),
            self.driver.display(),
        )))
    }
}

fn absent(system: System) -> Failure {
    Failure::new(match system {
        System::Debian => {
            "The browser tests need Chromium and its driver: run `sudo apt-get install chromium \
             chromium-driver`."
        }
        System::Ubuntu => {
            "The browser tests need Google Chrome and the chromedriver of its version (Ubuntu's \
             chromium package only fetches a snap, which a driver can't start): install both and \
             name them in INTURN_CHROMIUM and INTURN_CHROMEDRIVER."
        }
        System::Other => {
            "The browser tests need Chromium or Chrome and the chromedriver of its version: install \
             both, and name them in INTURN_CHROMIUM and INTURN_CHROMEDRIVER if they aren't on the \
             PATH."
        }
    })
}

fn named_by(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// GitHub's hosted machines keep the driver in a folder that this variable names.
fn hosted_driver() -> Option<PathBuf> {
    let driver = PathBuf::from(env::var_os("CHROMEWEBDRIVER")?).join("chromedriver");
    driver.is_file().then_some(driver)
}

/// `156` from `Chromium 156.0.8078.73 built on Debian` or `ChromeDriver 156.0.8078.73 (…)`.
fn major_version(text: &str) -> Option<&str> {
    let number = text
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number.split('.').next()
}

/// Under which names systems install the browser.
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
    fn the_major_version_is_found_in_each_programs_words() {
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
