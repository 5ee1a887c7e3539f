//! Warnings about the configuration, which do not keep the server from starting.

use std::{env, path::Path};

use inturn_cli::{DotenvFile, FILE_VARIABLES};
use inturn_service::ServiceUrl;

/// A risk in the configuration.
#[derive(Debug)]
pub(crate) struct ConfigWarning {
    /// The subject, in one or two words.
    pub(crate) what: &'static str,
    /// What is risky.
    pub(crate) message: String,
    /// What to do.
    pub(crate) remedy: &'static str,
}

/// Checks whether the API key is sent unencrypted, and whether all users can read a file of
/// secrets.
pub(super) fn warnings(
    key_recipient: Option<&ServiceUrl>,
    dotenv: Option<&DotenvFile>,
) -> Vec<ConfigWarning> {
    let mut warnings = Vec::new();
    let is_unencrypted = |service: &&ServiceUrl| !service.is_secure() && !service.is_loopback();
    if let Some(service) = key_recipient.filter(is_unencrypted) {
        warnings.push(ConfigWarning {
            what: "service",
            message: format!("The API key and the tokens go to {service} unencrypted."),
            remedy: "Use https:// in --service-url.",
        });
    }
    for variable in FILE_VARIABLES {
        let Some(path) = env::var_os(variable).filter(|path| !path.is_empty()) else {
            continue;
        };
        let path = Path::new(&path);
        if is_world_readable(path) {
            warnings.push(ConfigWarning {
                what: "secrets",
                message: format!(
                    "Every user of this machine may read {}, the file in {variable}.",
                    path.display()
                ),
                remedy: READ_BY_OTHERS,
            });
        }
    }
    let dotenv = dotenv.filter(|dotenv| dotenv.holds_secrets);
    if let Some(dotenv) = dotenv.filter(|dotenv| is_world_readable(&dotenv.path)) {
        warnings.push(ConfigWarning {
            what: "secrets",
            message: format!(
                "Every user of this machine may read {}, which holds secrets.",
                dotenv.path.display()
            ),
            remedy: READ_BY_OTHERS,
        });
    }
    warnings
}

#[cfg(unix)]
fn is_world_readable(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    // If the file can't be accessed, reading it reports the error.
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.mode() & OTHERS_READ != 0)
}

#[cfg(not(unix))]
fn is_world_readable(_: &Path) -> bool {
    false
}

const READ_BY_OTHERS: &str = "Make it readable only for the user of this program: chmod 600.";

/// `S_IROTH`. Group permission is not checked: Kubernetes uses it to give secrets to a non-root
/// user.
#[cfg(unix)]
const OTHERS_READ: u32 = 0o004;
