//! The files of one crate, and which of them takes names from which.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::outline::{Names, Outline, joined};

/// From each file to those it imports, with the paths by which it does.
pub(crate) type Arrows = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

/// Each module, and the file that it stands in.
type Modules = BTreeMap<Names, Vec<PathBuf>>;

/// Reads the crate whose first file is `root`, and gives the arrows between its files.
///
/// # Errors
///
/// One sentence, if a file isn't where its module's name says or can't be read.
pub(crate) fn arrows(
    root: &Path,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Result<Arrows, String> {
    let mut modules = Modules::new();
    let mut outlines = Vec::new();
    let folder = root.parent().unwrap_or(Path::new("")).to_path_buf();
    let mut open = vec![(Names::new(), vec![root.to_path_buf()], folder)];
    while let Some((module, candidates, folder)) = open.pop() {
        let found = candidates
            .iter()
            .find_map(|file| Some((file.clone(), read(file)?)));
        let Some((file, source)) = found else {
            return Err(format!("{} can't be read.", candidates[0].display()));
        };
        let outline = Outline::of(&source)
            .map_err(|error| format!("{} isn't understood: {error}.", file.display()))?;
        for inline in &outline.inline {
            modules
                .entry(joined(&module, inline))
                .or_default()
                .push(file.clone());
        }
        for declared in &outline.files {
            let module = joined(&module, &declared.names);
            let below = folder.join(declared.names.iter().collect::<PathBuf>());
            if declared.elsewhere.is_empty() {
                let candidates = vec![below.with_extension("rs"), below.join("mod.rs")];
                open.push((module, candidates, below));
                continue;
            }
            for moved in &declared.elsewhere {
                let beside = file.parent().unwrap_or(Path::new("")).join(moved);
                let below = beside.parent().unwrap_or(Path::new("")).to_path_buf();
                open.push((module.clone(), vec![beside], below));
            }
        }
        modules
            .entry(module.clone())
            .or_default()
            .push(file.clone());
        outlines.push((module, file, outline));
    }

    let mut arrows = Arrows::new();
    for (module, file, outline) in &outlines {
        for path in &outline.paths {
            let from = joined(module, &path.within);
            for target in resolve(&modules, from, &path.names) {
                if target != file {
                    let targets = arrows.entry(file.clone()).or_default();
                    let paths = targets.entry(target.clone()).or_default();
                    paths.insert(path.names.join("::"));
                }
            }
        }
    }
    Ok(arrows)
}

/// The file of the last module on a path that is read in `from`; none outside the crate, several if
/// conditions choose.
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
                    // A first name that is no module here is another crate's, or an item's.
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

    /// Each arrow as `file -> file: paths`, of a crate whose files are these.
    fn arrows_of(files: &[(&str, &str)]) -> Vec<String> {
        let read = |file: &Path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == file);
            found.map(|(_, source)| (*source).to_owned())
        };
        let arrows = arrows(Path::new(files[0].0), &read).expect("a whole crate");
        let mut lines = Vec::new();
        for (from, targets) in arrows {
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
    fn an_arrow_ends_at_the_last_module_that_a_path_names() {
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
        assert_eq!(arrows_of(&files), expected);
    }

    #[test]
    fn a_declaration_and_a_use_within_one_file_are_no_arrows() {
        let files = [
            (
                "lib.rs",
                "mod a; struct B; mod inner { use super::B; } use inner::C;",
            ),
            ("a.rs", "mod tests { use super::*; }"),
        ];
        assert!(arrows_of(&files).is_empty());
    }

    #[test]
    fn modules_in_braces_have_a_folder_of_their_own() {
        let files = [
            ("lib.rs", "mod a { mod b; use self::b::B; }"),
            ("a/b.rs", "use super::A;"),
        ];
        let expected = ["a/b.rs -> lib.rs: super::A", "lib.rs -> a/b.rs: self::b::B"];
        assert_eq!(arrows_of(&files), expected);
    }

    #[test]
    fn all_files_that_a_condition_may_choose_are_read() {
        let files = [
            (
                "lib.rs",
                "#[cfg_attr(x, path = \"x/m.rs\")] #[cfg_attr(not(x), path = \"y/m.rs\")] mod m; use m::M;",
            ),
            ("x/m.rs", ""),
            ("y/m.rs", "use crate::L;"),
        ];
        let expected = [
            "lib.rs -> x/m.rs: m::M",
            "lib.rs -> y/m.rs: m::M",
            "y/m.rs -> lib.rs: crate::L",
        ];
        assert_eq!(arrows_of(&files), expected);
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        let read = |file: &Path| (file == Path::new("lib.rs")).then(|| "mod a;".to_owned());
        let sentence = arrows(Path::new("lib.rs"), &read).expect_err("no a.rs");
        assert!(sentence.contains("a.rs"), "{sentence}");
    }
}
