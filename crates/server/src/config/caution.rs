//! What an operator should know at start, though the server can be of use all the same.

use std::{env, path::Path};

use inturn_service::ServiceUrl;

use super::{dotenv::DotenvFile, secret::FILE_VARIABLES};

/// Something risky in the configuration.
#[derive(Debug)]
pub(crate) struct Caution {
    /// What it concerns, in a word or two.
    pub(crate) what: &'static str,
    /// What is risky.
    pub(crate) sentence: String,
    /// What to do.
    pub(crate) remedy: &'static str,
}

/// Looks at where the API key goes, and at who may read the files of secrets.
pub(super) fn cautions(
    key_goes_to: Option<&ServiceUrl>,
    dotenv: Option<&DotenvFile>,
) -> Vec<Caution> {
    let mut cautions = Vec::new();
    let is_open = |service: &&ServiceUrl| !service.is_secure() && !service.is_loopback();
    if let Some(service) = key_goes_to.filter(is_open) {
        cautions.push(Caution {
            what: "service",
            sentence: format!("The API key and the tokens go to {service} unencrypted."),
            remedy: "Use https:// in --service-url.",
        });
    }
    for variable in FILE_VARIABLES {
        let Some(path) = env::var_os(variable).filter(|path| !path.is_empty()) else {
            continue;
        };
        let path = Path::new(&path);
        if others_may_read(path) {
            cautions.push(Caution {
                what: "secrets",
                sentence: format!(
                    "Every user of this machine may read {}, which {variable} names.",
                    path.display()
                ),
                remedy: READ_BY_OTHERS,
            });
        }
    }
    let dotenv = dotenv.filter(|dotenv| dotenv.holds_secrets);
    if let Some(dotenv) = dotenv.filter(|dotenv| others_may_read(&dotenv.path)) {
        cautions.push(Caution {
            what: "secrets",
            sentence: format!(
                "Every user of this machine may read {}, which holds secrets.",
                dotenv.path.display()
            ),
            remedy: READ_BY_OTHERS,
        });
    }
    cautions
}

#[cfg(unix)]
fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    // A file that can't be looked at is named where it is read.
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.mode() & OTHERS_READ != 0)
}

#[cfg(not(unix))]
fn others_may_read(_: &Path) -> bool {
    false
}

const READ_BY_OTHERS: &str = "Give it to the user of this program alone: chmod 600.";

/// `S_IROTH`. Reading by the file's group is how Kubernetes hands secrets to a user who is not root.
#[cfg(unix)]
const OTHERS_READ: u32 = 0o004;
