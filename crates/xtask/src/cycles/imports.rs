//! Finds out which file of a crate imports which.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::outline::{Names, Outline, joined};

/// For each file the files that it imports, with the paths that import them.
pub(crate) type Imports = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

/// For each module its file; several files if `cfg` conditions choose between them.
type Modules = BTreeMap<Names, Vec<PathBuf>>;

/// Returns the imports between the files of the crate whose root file is `root`.
///
/// # Errors
///
/// Returns a message if a module's file is missing, can't be read, or can't be parsed.
pub(crate) fn imports_of_crate(
    root: &Path,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Result<Imports, String> {
    let mut modules = Modules::new();
    let mut outlines = Vec::new();
    let folder = root.parent().unwrap_or(Path::new("")).to_path_buf();
    let mut pending = vec![(Names::new(), vec![root.to_path_buf()], folder)];
    while let Some((module, candidates, folder)) = pending.pop() {
        let found = candidates
            .iter()
            .find_map(|file| Some((file.clone(), read(file)?)));
        let Some((file, source)) = found else {
            return Err(format!("{} can't be read.", candidates[0].display()));
        };
        let outline = Outline::of(&source)
            .map_err(|error| format!("{} can't be parsed: {error}.", file.display()))?;
        for inline in &outline.inline {
            modules
                .entry(joined(&module, inline))
                .or_default()
                .push(file.clone());
        }
        for declared in &outline.files {
            let module = joined(&module, &declared.names);
            let subfolder = folder.join(declared.names.iter().collect::<PathBuf>());
            if declared.moved_to.is_empty() {
                let candidates = vec![subfolder.with_extension("rs"), subfolder.join("mod.rs")];
                pending.push((module, candidates, subfolder));
                continue;
            }
            for moved in &declared.moved_to {
                let moved = file.parent().unwrap_or(Path::new("")).join(moved);
                let subfolder = moved.parent().unwrap_or(Path::new("")).to_path_buf();
                pending.push((module.clone(), vec![moved], subfolder));
            }
        }
        modules
            .entry(module.clone())
            .or_default()
            .push(file.clone());
        outlines.push((module, file, outline));
    }

    let mut imports = Imports::new();
    for (module, file, outline) in &outlines {
        for path in &outline.paths {
            let from = joined(module, &path.within);
            for target in resolve(&modules, from, &path.names) {
                if target != file {
                    let targets = imports.entry(file.clone()).or_default();
                    let paths = targets.entry(target.clone()).or_default();
                    paths.insert(path.names.join("::"));
                }
            }
        }
    }
    Ok(imports)
}

/// Resolves `path` in module `from` and returns the file of the last module that it names.
///
/// Returns no file for a path outside the crate, and several files if `cfg` conditions choose
/// between them.
fn resolve<'a>(modules: &'a Modules, from: Names, path: &[String]) -> &'a [PathBuf] {
    let mut at = from;
    for (index, name) in path.iter().enumerate() {
        match name.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => {
                at.pop();
            }
            name => {
                at.push(name.to_owned());
                if !modules.contains_key(&at) {
                    at.pop();
                    // If the first name is not a module here, it is another crate or an item.
                    if index == 0 {
                        return &[];
                    }
                    break;
                }
            }
        }
    }
    modules.get(&at).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the imports in a crate with these files, each as `file -> file: paths`.
    fn imports_of(files: &[(&str, &str)]) -> Vec<String> {
        let read = |file: &Path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == file);
            found.map(|(_, source)| (*source).to_owned())
        };
        let imports = imports_of_crate(Path::new(files[0].0), &read).expect("a whole crate");
        let mut lines = Vec::new();
        for (from, targets) in imports {
            for (to, paths) in targets {
                let paths: Vec<String> = paths.into_iter().collect();
                lines.push(format!(
                    "{} -> {}: {}",
                    from.display(),
                    to.display(),
                    paths.join(" ")
                ));
            }
        }
        lines
    }

    #[test]
    fn a_path_imports_the_file_of_the_last_module_it_names() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "mod c; use crate::b::d::{D, e}; fn f() { c::g(); }"),
            ("a/c.rs", "use super::super::b; use super::A;"),
            (
                "b.rs",
                "pub mod d; const SIZE: usize = std::mem::size_of::<d::D>();",
            ),
            ("b/d/mod.rs", "pub struct D; use std::a::b;"),
        ];
        let expected = [
            "a/c.rs -> a.rs: super::A",
            "a/c.rs -> b.rs: super::super::b",
            "a.rs -> a/c.rs: c::g",
            "a.rs -> b/d/mod.rs: crate::b::d::D crate::b::d::e",
            "b.rs -> b/d/mod.rs: d::D",
        ];
        assert_eq!(imports_of(&files), expected);
    }

    #[test]
    fn declarations_and_paths_within_one_file_are_not_imports() {
        let files = [
            (
                "lib.rs",
                "mod a; struct B; mod inner { use super::B; } use inner::C;",
            ),
            ("a.rs", "mod tests { use super::*; }"),
        ];
        assert!(imports_of(&files).is_empty());
    }

    #[test]
    fn an_inline_module_has_its_own_folder() {
        let files = [
            ("lib.rs", "mod a { mod b; use self::b::B; }"),
            ("a/b.rs", "use super::A;"),
        ];
        let expected = ["a/b.rs -> lib.rs: super::A", "lib.rs -> a/b.rs: self::b::B"];
        assert_eq!(imports_of(&files), expected);
    }

    #[test]
    fn all_files_that_cfg_conditions_choose_between_are_read() {
        let files = [
            (
                "lib.rs",
                "#[cfg_attr(x, path = \"x/m.rs\")] #[cfg_attr(not(x), path = \"y/m.rs\")] mod m; \
                 use m::M;",
            ),
            ("x/m.rs", ""),
            ("y/m.rs", "use crate::L;"),
        ];
        let expected = [
            "lib.rs -> x/m.rs: m::M",
            "lib.rs -> y/m.rs: m::M",
            "y/m.rs -> lib.rs: crate::L",
        ];
        assert_eq!(imports_of(&files), expected);
    }

    #[test]
    fn a_missing_file_is_named() {
        let read = |file: &Path| (file == Path::new("lib.rs")).then(|| "mod a;".to_owned());
        let message =
            imports_of_crate(Path::new("lib.rs"), &read).expect_err("a.rs does not exist");
        assert!(message.contains("a.rs"), "{message}");
    }
}
