//! Identifies the system from the text of `/etc/os-release`.

/// The kind of system, as far as the installation of packages depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// Debian and its derivatives.
    Debian,
    /// Ubuntu and its derivatives: apt as in Debian, but the package `chromium` installs a snap.
    Ubuntu,
    /// Anything else.
    Other,
}

impl System {
    /// Parses the fields `ID` and `ID_LIKE`
    /// (<https://www.freedesktop.org/software/systemd/man/latest/os-release.html>).
    pub(crate) fn from_os_release(text: &str) -> Self {
        let words = |name: &str| {
            let value = text.lines().find_map(|line| {
                let value = line.trim().strip_prefix(name)?.strip_prefix('=')?;
                Some(value.trim_matches(['"', '\'']))
            });
            value.unwrap_or_default().split_whitespace()
        };
        let is = |system| {
            words("ID")
                .chain(words("ID_LIKE"))
                .any(|word| word == system)
        };
        if is("ubuntu") {
            Self::Ubuntu
        } else if is("debian") {
            Self::Debian
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_is_identified_by_id_and_id_like() {
        let table = [
            (
                "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n",
                System::Debian,
            ),
            ("ID=raspbian\nID_LIKE=debian\n", System::Debian),
            (
                "NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\n",
                System::Ubuntu,
            ),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", System::Ubuntu),
            ("ID='fedora'\n", System::Other),
            ("VERSION_ID=debian\n", System::Other),
            ("", System::Other),
        ];
        for (text, system) in table {
            assert_eq!(System::from_os_release(text), system, "{text:?}");
        }
    }
}
