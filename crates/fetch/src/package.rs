//! The package's version, and its file for each system.

use std::fmt;

/// The last version whose package contains a model.
pub(crate) const VERSION: &str = "0.1.0";

/// About how many megabytes are downloaded.
pub const DOWNLOAD_MB: u32 = 56;

/// About how many megabytes the unpacked package takes.
pub const DISK_MB: u32 = 113;

/// The package's name.
pub(crate) const PROJECT: &str = "moonshine-voice";

/// A file of the package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wheel {
    /// The name that the vendor gave it.
    pub file: &'static str,
    /// SHA-256, in lower-case hexadecimal.
    pub sha256: &'static str,
    /// The system for which it is built.
    pub system: System,
}

/// A system for which the vendor has built the package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux on x86-64.
    LinuxX86,
    /// Linux on arm64.
    LinuxArm,
    /// macOS on arm64.
    MacArm,
    /// Windows on x86-64.
    WindowsX86,
}

impl System {
    /// Returns the system that this program was built for. Returns `None` if the vendor has no
    /// package for it.
    pub fn this() -> Option<Self> {
        let systems = [
            (Self::LinuxX86, "linux", "x86_64"),
            (Self::LinuxArm, "linux", "aarch64"),
            (Self::MacArm, "macos", "aarch64"),
            (Self::WindowsX86, "windows", "x86_64"),
        ];
        let this = (std::env::consts::OS, std::env::consts::ARCH);
        systems
            .into_iter()
            .find_map(|(system, os, arch)| ((os, arch) == this).then_some(system))
    }

    /// Returns the files for this system, the preferred one first.
    pub fn wheels(self) -> Vec<Wheel> {
        let of_this = WHEELS.iter().filter(|wheel| wheel.system == self);
        of_this.copied().collect()
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LinuxX86 => "Linux on x86-64",
            Self::LinuxArm => "Linux on arm64",
            Self::MacArm => "macOS on arm64",
            Self::WindowsX86 => "Windows on x86-64",
        })
    }
}

/// The vendor's files. Linux on arm64 has two, for different versions of glibc.
pub(crate) const WHEELS: [Wheel; 5] = [
    Wheel {
        file: "moonshine_voice-0.1.0-py3-none-manylinux_2_34_x86_64.whl",
        sha256: "0f833deb43bad5dcfb4cfd3257b6df83ef9abd3f27be3199622fe41932e8d916",
        system: System::LinuxX86,
    },
    Wheel {
        file: "moonshine_voice-0.1.0-py3-none-manylinux_2_34_aarch64.whl",
        sha256: "da54a99587edb987c8755f2c746cab72fada0e67cf847f7edfb8105447f405af",
        system: System::LinuxArm,
    },
    Wheel {
        file: "moonshine_voice-0.1.0-py3-none-manylinux_2_31_aarch64.manylinux_2_39_aarch64.whl",
        sha256: "58d5546a656f65061d1d4a376818b08109fe25600a22dfdbbba0179ccb3f0d07",
        system: System::LinuxArm,
    },
    Wheel {
        file: "moonshine_voice-0.1.0-py3-none-macosx_15_0_arm64.whl",
        sha256: "9c70431836ed805f9ab30adcdfe97018c17b1e932ba7e205fff0562950dc0913",
        system: System::MacArm,
    },
    Wheel {
        file: "moonshine_voice-0.1.0-py3-none-win_amd64.whl",
        sha256: "af2b8536ab08c48f33d5b1e126656b05ceae9a8980fc1c95dd70665b0b57c8e7",
        system: System::WindowsX86,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_its_version_and_its_own_hash() {
        let mut hashes = Vec::new();
        for Wheel { file, sha256, .. } in WHEELS {
            assert!(file.contains(&format!("-{VERSION}-")), "{file}");
            let is_hex = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
            assert!(sha256.len() == 64 && sha256.bytes().all(is_hex), "{sha256}");
            assert!(!hashes.contains(&sha256), "{sha256}");
            hashes.push(sha256);
        }
    }

    #[test]
    fn linux_on_arm64_has_a_file_for_each_glibc() {
        assert_eq!(System::LinuxArm.wheels().len(), 2);
        assert_eq!(System::MacArm.wheels().len(), 1);
    }
}
