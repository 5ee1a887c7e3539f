//! Finds the program, the library and a model.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where Moonshine is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MoonshinePaths {
    /// The program `inturn-moonshine`. `None` is the one in the folder of the running program.
    pub program: Option<PathBuf>,
    /// The vendor's package, unpacked; or a folder with a model, whose name is `tiny` or `base` and
    /// a language code, such as `base-es`. `None` is the package in the first of the usual folders
    /// that has it.
    pub folder: Option<PathBuf>,
}

/// An installed library and a model for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Install {
    pub(super) library: PathBuf,
    pub(super) model: PathBuf,
    /// The number of the model's architecture in the library's header.
    pub(super) architecture: u32,
    /// `None` for English.
    pub(super) language: Language,
}

/// Language code of a model; `None` for English.
pub(super) type Language = Option<Arc<str>>;

impl MoonshinePaths {
    /// Returns the program.
    ///
    /// # Errors
    ///
    /// Returns a sentence without a full stop if it is missing.
    pub fn program(&self) -> Result<PathBuf, String> {
        let program = match &self.program {
            Some(program) => program.clone(),
            None => next_to_this_program()
                .ok_or("the folder of this program is unknown, and so where inturn-moonshine is")?,
        };
        if program.is_file() {
            Ok(program)
        } else {
            Err(format!("the program {} is missing", program.display()))
        }
    }

    /// Returns the folder where the package belongs: the given one, or the person's own. Returns
    /// `None` if no variable names that person's folder.
    pub fn package_folder(&self) -> Option<PathBuf> {
        self.package_folder_of(&usual_folders(|name| env::var_os(name)))
    }

    fn package_folder_of(&self, usual: &[PathBuf]) -> Option<PathBuf> {
        // The package of a model is in one of the usual folders.
        let is_model = |folder: &Path| folder.join(MODEL_FILES[0]).is_file();
        let given = self.folder.clone().filter(|folder| !is_model(folder));
        given.or_else(|| usual.first().cloned())
    }

    /// Returns the given folder if it is for a model: it contains something, but not the package.
    pub fn model(&self) -> Option<&Path> {
        let has_entry = |folder: &Path| {
            std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
        };
        let folder = self.folder.as_deref()?;
        (!is_package(folder) && has_entry(folder)).then_some(folder)
    }

    /// Whether the vendor's library is in one of the usual folders.
    pub fn has_usual_library() -> bool {
        has_library_in(&usual_folders(|name| env::var_os(name)))
    }

    /// Whether the package is found in this folder if none is given.
    pub fn is_usual(folder: &Path) -> bool {
        usual_folders(|name| env::var_os(name)).contains(&folder.to_owned())
    }
}

fn next_to_this_program() -> Option<PathBuf> {
    let this = env::current_exe().ok()?;
    let folder = this.parent()?;
    let name = format!("{}{}", inturn_moonshine::PROGRAM, env::consts::EXE_SUFFIX);
    Some(folder.join(name))
}

impl Install {
    /// Finds the library and the model.
    ///
    /// # Errors
    ///
    /// Returns what is missing.
    pub(super) fn find(folder: Option<&Path>) -> Result<Self, String> {
        Self::find_in(folder, &usual_folders(|name| env::var_os(name)))
    }

    fn find_in(folder: Option<&Path>, usual: &[PathBuf]) -> Result<Self, String> {
        let model = folder.filter(|folder| !is_package(folder));
        let package = match (folder, model) {
            (Some(package), None) => package,
            _ => usual
                .iter()
                .find(|folder| is_package(folder))
                .ok_or_else(|| {
                    let folders: Vec<_> = usual.iter().map(|it| it.display().to_string()).collect();
                    format!(
                        "Moonshine is in none of these folders: {}",
                        folders.join(", ")
                    )
                })?,
        };
        let library = package.join(PACKAGE).join(LIBRARY);
        let model = model.map_or_else(|| package.join(PACKAGE).join(ENGLISH), Path::to_owned);
        let files = MODEL_FILES.map(|name| model.join(name));
        for file in [&library].into_iter().chain(&files) {
            if !file.is_file() {
                return Err(format!("Moonshine's {} is missing", file.display()));
            }
        }
        let (architecture, language) = kind_of(&model)?;
        Ok(Self {
            library,
            model,
            architecture,
            language,
        })
    }
}

/// Looks where [`Install::find_in`] does for a model.
fn has_library_in(usual: &[PathBuf]) -> bool {
    let package = usual.iter().find(|folder| is_package(folder));
    package.is_some_and(|folder| folder.join(PACKAGE).join(LIBRARY).is_file())
}

fn is_package(folder: &Path) -> bool {
    folder.join(PACKAGE).is_dir()
}

/// Returns the architecture and the language that the name of a model's folder says.
fn kind_of(model: &Path) -> Result<(u32, Language), String> {
    let name = model.file_name().unwrap_or_default().to_string_lossy();
    let (architecture, language) = name.split_once('-').unwrap_or((&name, "en"));
    let architecture = match architecture {
        "tiny" => 0,
        "base" => 1,
        _ => {
            return Err(format!(
                "the name of the model's folder must be tiny or base and a language code, such as \
                 base-es: {}",
                model.display()
            ));
        }
    };
    let language = (language != "en").then(|| Arc::from(language));
    Ok((architecture, language))
}

/// Returns the folders in which the package is searched, in this order.
fn usual_folders(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let path = |name: &str| {
        variable(name)
            .filter(|it| !it.is_empty())
            .map(PathBuf::from)
    };
    let person = if cfg!(windows) {
        path("LOCALAPPDATA")
    } else {
        path("XDG_DATA_HOME").or_else(|| Some(path("HOME")?.join(".local/share")))
    };
    let machine = if cfg!(windows) {
        vec![]
    } else {
        vec!["/usr/local/share".into(), "/usr/share".into()]
    };
    let shares = person.into_iter().chain(machine);
    shares.map(|share| share.join("inturn/moonshine")).collect()
}

/// The package's folder of modules.
const PACKAGE: &str = "moonshine_voice";

/// The English model in it.
const ENGLISH: &str = "assets/tiny-en";

#[cfg(target_os = "macos")]
const LIBRARY: &str = "libmoonshine.dylib";
#[cfg(windows)]
const LIBRARY: &str = "moonshine.dll";
#[cfg(not(any(target_os = "macos", windows)))]
const LIBRARY: &str = "libmoonshine.so";

/// Streaming models have others, and other functions of the library.
const MODEL_FILES: [&str; 3] = [
    "encoder_model.ort",
    "decoder_model_merged.ort",
    "tokenizer.bin",
];

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn package(root: &Path) {
        model(&root.join(PACKAGE).join(ENGLISH));
        fs::write(root.join(PACKAGE).join(LIBRARY), "").expect("a file");
    }

    fn model(folder: &Path) {
        fs::create_dir_all(folder).expect("a folder");
        for name in MODEL_FILES {
            fs::write(folder.join(name), "").expect("a file");
        }
    }

    #[test]
    fn a_package_has_the_library_and_the_english_model() {
        let root = tempfile::tempdir().expect("a folder");
        package(root.path());
        let given = Install::find_in(Some(root.path()), &[]).expect("a package");
        assert_eq!((given.architecture, given.language.as_deref()), (0, None));
        let usual = [root.path().join("nothing"), root.path().to_owned()];
        assert_eq!(Install::find_in(None, &usual), Ok(given));
    }

    #[test]
    fn a_model_uses_the_library_of_the_package() {
        let root = tempfile::tempdir().expect("a folder");
        package(root.path());
        let spanish = root.path().join("base-es");
        model(&spanish);
        let install = Install::find_in(Some(&spanish), &[root.path().to_owned()]).expect("both");
        assert_eq!(install.architecture, 1);
        assert_eq!(install.language.as_deref(), Some("es"));
        assert_eq!(install.model, spanish);
        assert!(install.library.starts_with(root.path().join(PACKAGE)));
    }

    #[test]
    fn what_is_missing_is_named() {
        let root = tempfile::tempdir().expect("a folder");
        let usual = [root.path().to_owned()];
        let nothing = Install::find_in(None, &usual).expect_err("nothing is there");
        assert!(
            nothing.contains(&root.path().display().to_string()),
            "{nothing}"
        );
        package(root.path());
        fs::remove_file(
            root.path()
                .join(PACKAGE)
                .join(ENGLISH)
                .join("tokenizer.bin"),
        )
        .expect("it was there");
        let incomplete = Install::find_in(None, &usual).expect_err("a file is missing");
        assert!(
            incomplete.ends_with("tokenizer.bin is missing"),
            "{incomplete}"
        );
        let other = root.path().join("small-streaming-en");
        model(&other);
        package(root.path());
        let unknown = Install::find_in(Some(&other), &usual).expect_err("an unknown kind");
        assert!(unknown.contains("small-streaming-en"), "{unknown}");
    }

    #[test]
    fn the_package_of_a_model_belongs_into_the_usual_folder() {
        let root = tempfile::tempdir().expect("a folder");
        let usual = [root.path().join("usual"), root.path().join("other")];
        let of = |folder: Option<&Path>| {
            let paths = MoonshinePaths {
                folder: folder.map(Path::to_owned),
                ..MoonshinePaths::default()
            };
            paths.package_folder_of(&usual)
        };
        assert_eq!(of(None).as_ref(), Some(&usual[0]));
        let given = root.path().join("given");
        assert_eq!(of(Some(&given)), Some(given));
        let spanish = root.path().join("base-es");
        model(&spanish);
        assert_eq!(of(Some(&spanish)).as_ref(), Some(&usual[0]));
    }

    #[test]
    fn a_folder_without_the_package_is_for_a_model() {
        let root = tempfile::tempdir().expect("a folder");
        let is_model = |folder: &Path| {
            let paths = MoonshinePaths {
                folder: Some(folder.to_owned()),
                ..MoonshinePaths::default()
            };
            paths.model() == Some(folder)
        };
        assert_eq!(MoonshinePaths::default().model(), None);
        let folder = root.path().join("base-es");
        assert!(!is_model(&folder), "the package may be fetched there");
        fs::create_dir(&folder).expect("a folder");
        assert!(!is_model(&folder), "it is empty");
        fs::write(folder.join("tokenizer.bin"), "").expect("a file");
        assert!(is_model(&folder), "an incomplete model");
        assert!(!has_library_in(&[root.path().to_owned()]));
        package(root.path());
        assert!(!is_model(root.path()));
        assert!(has_library_in(&[folder, root.path().to_owned()]));
    }

    #[test]
    #[cfg(not(windows))]
    fn a_persons_folder_comes_first() {
        let folders = usual_folders(|name| (name == "HOME").then(|| "/home/ann".into()));
        assert_eq!(
            folders[0],
            Path::new("/home/ann/.local/share/inturn/moonshine")
        );
        let folders = usual_folders(|name| (name == "XDG_DATA_HOME").then(|| "/data".into()));
        assert_eq!(folders[0], Path::new("/data/inturn/moonshine"));
    }
}
