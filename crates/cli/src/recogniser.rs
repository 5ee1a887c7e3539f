//! Sentences about recognisers and about how Moonshine is installed, for checks and logs.

use std::path::Path;

use inturn_emulator::{MoonshinePaths, RecogniserKind};

/// Describes a recogniser and its accuracy, which is measured only for the package's own model.
pub fn describe(kind: RecogniserKind, moonshine: &MoonshinePaths) -> String {
    let name = match kind {
        RecogniserKind::Moonshine => "Moonshine",
        RecogniserKind::PocketSphinx => "PocketSphinx",
        RecogniserKind::Script => "script",
        RecogniserKind::Tones => "tones",
    };
    if let (RecogniserKind::Moonshine, Some(model)) = (kind, moonshine.model()) {
        let model = model.file_name().unwrap_or_default().to_string_lossy();
        return format!("{name} recognises speech with the model {model}");
    }
    match kind.wrong_words_in_100() {
        Some(wrong) => {
            format!("{name} recognises English, with about {wrong} of 100 words wrong")
        }
        None => format!("{name}: no word is one that was said"),
    }
}

/// Says how to install Moonshine, or the part of it that is missing.
pub fn install_remedy(paths: &MoonshinePaths) -> String {
    let Ok(_) = paths.program() else {
        return "Put inturn-moonshine of the same release next to inturn.".to_owned();
    };
    if paths.model().is_some() {
        return if MoonshinePaths::has_usual_library() {
            CORRECT_FOLDER.to_owned()
        } else {
            "Run `inturn fetch-recogniser` for the library.".to_owned()
        };
    }
    let folder = paths.folder.as_deref();
    let folder = folder.map_or_else(String::new, |folder| {
        format!(" --moonshine-dir {}", shell_word(folder))
    });
    format!(
        "For about {} of 100 words wrong, run `inturn fetch-recogniser{folder}`.",
        RecogniserKind::Moonshine
            .wrong_words_in_100()
            .unwrap_or_default()
    )
}

/// Says what to do if the package is complete, but does not work.
pub fn broken_remedy(paths: &MoonshinePaths) -> &'static str {
    if paths.model().is_some() {
        CORRECT_FOLDER
    } else {
        "On Linux, check that this system has glibc 2.34 or later and libstdc++."
    }
}

/// Returns a path as a word of a command: in quotes, unless every character stands for itself.
pub fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |it: char| it.is_alphanumeric() || "/._-+:@%,=".contains(it);
    let is_plain = |it: char| is_plain(it) || (cfg!(windows) && it == '\\');
    if !text.is_empty() && text.chars().all(is_plain) {
        text
    } else if cfg!(windows) {
        // No path contains this mark there.
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

const CORRECT_FOLDER: &str = "Correct --moonshine-dir, or leave it out to use the package's model.";

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use super::*;

    fn paths(folder: &Path) -> MoonshinePaths {
        MoonshinePaths {
            // Any file.
            program: env::current_exe().ok(),
            folder: Some(folder.to_owned()),
        }
    }

    #[test]
    fn the_accuracy_of_another_model_is_not_known() {
        let root = tempfile::tempdir().expect("a folder");
        let model = root.path().join("base-es");
        fs::create_dir(&model).expect("a folder");
        fs::write(model.join("tokenizer.bin"), "").expect("a file");
        let of = |kind| describe(kind, &paths(&model));
        let moonshine = of(RecogniserKind::Moonshine);
        assert!(moonshine.ends_with("with the model base-es"), "{moonshine}");
        assert!(of(RecogniserKind::PocketSphinx).contains("36 of 100"));
        let package = describe(RecogniserKind::Moonshine, &MoonshinePaths::default());
        assert!(
            package.contains("English, with about 5 of 100"),
            "{package}"
        );
    }

    #[test]
    fn the_package_is_never_fetched_into_the_folder_of_a_model() {
        let root = tempfile::tempdir().expect("a folder");
        let empty = install_remedy(&paths(root.path()));
        assert!(
            empty.contains("fetch-recogniser --moonshine-dir "),
            "{empty}"
        );
        assert!(broken_remedy(&paths(root.path())).contains("glibc 2.34"));

        fs::write(root.path().join("tokenizer.bin"), "").expect("a file");
        let model = install_remedy(&paths(root.path()));
        assert!(
            !model.contains("fetch-recogniser --moonshine-dir"),
            "{model}"
        );
        let bad = broken_remedy(&paths(root.path()));
        assert!(bad.starts_with("Correct --moonshine-dir"), "{bad}");
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_in_a_command_is_one_word() {
        for (path, word) in [
            ("/srv/inturn/moonshine-2", "/srv/inturn/moonshine-2"),
            ("/srv/my files", "'/srv/my files'"),
            ("/srv/ann's", r"'/srv/ann'\''s'"),
            ("/srv/$HOME", "'/srv/$HOME'"),
        ] {
            assert_eq!(shell_word(Path::new(path)), word);
        }
    }
}
