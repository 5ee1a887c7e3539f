//! Circles of files: files of one crate that import each other, straight or through others.
//!
//! An arrow runs from a file to the file of the module that a path names: `use crate::a::B`,
//! `super::a::b()`, `self::a::B`, or `a::B` for a module `a` declared in the same place. A file that
//! takes a name from its child (`pub use child::Name` too) imports the child, so a child that takes
//! one from its parent closes a circle. A `mod` declaration is no import, nor is what only tests use
//! (`#[cfg(test)]`).
//!
//! It reads tokens, not meaning. It does not see
//! - methods and fields, which are used without a path;
//! - what a re-export leads to: the arrow ends at the file that is named;
//! - names that a macro makes, macros by textual scope, and paths in strings (`#[serde(with = "…")]`).
//!
//! Conditions of compilation other than `test` are taken to hold.

mod files;
mod outline;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde_json::Value;

use files::Arrows;

/// One sentence for each circle, in all crates of the workspace, that may not be.
///
/// # Errors
///
/// When `metadata` isn't the output of `cargo metadata`.
pub(crate) fn broken(metadata: &str) -> Result<Vec<String>, serde_json::Error> {
    let metadata: Value = serde_json::from_str(metadata)?;
    Ok(sentences(&metadata, KNOWN, &|file| {
        std::fs::read_to_string(file).ok()
    }))
}

fn sentences(
    metadata: &Value,
    known: &[(&str, &str)],
    read: &dyn Fn(&Path) -> Option<String>,
) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut met = vec![false; known.len()];
    let root = Path::new(metadata["workspace_root"].as_str().unwrap_or_default());
    for package in array(&metadata["packages"]) {
        // Only packages of this repository have no source.
        let (Some(name), true) = (package["name"].as_str(), package["source"].is_null()) else {
            continue;
        };
        for target in array(&package["targets"]).filter_map(|target| target["src_path"].as_str()) {
            let arrows = match files::arrows(Path::new(target), read) {
                Ok(arrows) => arrows,
                Err(sentence) => {
                    sentences.push(sentence);
                    continue;
                }
            };
            for circle in circles(&arrows) {
                let is_known =
                    |folder: &str| circle.iter().all(|file| is_below(file, root, folder));
                match known.iter().position(|(folder, _)| is_known(folder)) {
                    Some(at) => met[at] = true,
                    None => sentences.push(sentence(name, &circle, &arrows, root)),
                }
            }
        }
    }
    for ((folder, _), _) in known.iter().zip(met).filter(|(_, met)| !met) {
        sentences.push(format!(
            "{folder} has no circle of files any more: take its line out of the table of \
             crates/xtask/src/circles.rs."
        ));
    }
    sentences
}

/// Whether a file's path in the repository begins so.
fn is_below(file: &Path, root: &Path, beginning: &str) -> bool {
    let path = file.strip_prefix(root).unwrap_or(file);
    path.to_string_lossy().starts_with(beginning)
}

/// The files that reach each other, a set for each circle.
fn circles(arrows: &Arrows) -> BTreeSet<BTreeSet<PathBuf>> {
    let reached = |from: &PathBuf| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            for next in arrows.get(file).into_iter().flatten().map(|(file, _)| file) {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen
    };
    let mut circles = BTreeSet::new();
    for file in arrows.keys() {
        let ahead = reached(file);
        let circle: BTreeSet<PathBuf> = ahead
            .into_iter()
            .filter(|other| reached(other).contains(file))
            .cloned()
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles
}

/// Names a circle's arrows, so that it shows which of them to turn round.
fn sentence(name: &str, circle: &BTreeSet<PathBuf>, arrows: &Arrows, root: &Path) -> String {
    let short = |file: &Path| {
        file.strip_prefix(root)
            .unwrap_or(file)
            .display()
            .to_string()
    };
    let mut sentence = format!(
        "{name} has a circle of {} files: move what they share into a file that imports none of them.",
        circle.len()
    );
    for file in circle {
        for (target, paths) in arrows.get(file).into_iter().flatten() {
            if circle.contains(target) {
                let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
                sentence += &format!(
                    "\n    {} imports {}: {}",
                    short(file),
                    short(target),
                    paths.join(", ")
                );
            }
        }
    }
    sentence
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Where circles are known, as the beginning of all their files' paths, each with the reason.
const KNOWN: &[(&str, &str)] = &[];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is said of a crate `inturn-x` in `/r/crates/x` that has these files.
    fn said(files: &[(&str, &str)], known: &[(&str, &str)]) -> Vec<String> {
        let metadata = json!({
            "workspace_root": "/r",
            "packages": [
                {"name": "other", "source": "registry", "targets": [{"src_path": "/none/lib.rs"}]},
                {
                    "name": "inturn-x", "source": null,
                    "targets": [{"src_path": "/r/crates/x/lib.rs"}],
                },
            ],
        });
        sentences(&metadata, known, &|file| {
            let file = file.strip_prefix("/r/crates/x").ok()?;
            let found = files.iter().find(|(name, _)| Path::new(name) == file);
            found.map(|(_, source)| (*source).to_owned())
        })
    }

    #[test]
    fn arrows_that_run_one_way_are_fine() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; pub use a::A;"),
            ("a.rs", "use crate::{b::B, c::C};"),
            ("b.rs", "use super::c::C;"),
            ("c.rs", ""),
        ];
        assert_eq!(said(&files, &[]), Vec::<String>::new());
    }

    #[test]
    fn a_circle_through_a_third_file_is_named_with_its_arrows() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; use a::A;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "fn f() -> crate::c::C { C }"),
            ("c.rs", "use super::a::{A, D};"),
        ];
        let said = said(&files, &[]);
        assert_eq!(said.len(), 1, "{said:?}");
        let expected = "inturn-x has a circle of 3 files: move what they share into a file that imports \
                        none of them.\
                        \n    crates/x/a.rs imports crates/x/b.rs: crate::b::B\
                        \n    crates/x/b.rs imports crates/x/c.rs: crate::c::C\
                        \n    crates/x/c.rs imports crates/x/a.rs: super::a::A, super::a::D";
        assert_eq!(said[0], expected);
    }

    #[test]
    fn a_child_that_imports_from_a_parent_that_hands_it_on_closes_a_circle() {
        let files = [
            ("lib.rs", "mod a; pub use a::A; pub struct B;"),
            ("a.rs", "use crate::B; pub struct A(B);"),
        ];
        assert_eq!(said(&files, &[]).len(), 1);
        let tests_only = [
            files[0],
            ("a.rs", "#[cfg(test)] mod tests { use crate::B; }"),
        ];
        assert_eq!(said(&tests_only, &[]), Vec::<String>::new());
    }

    #[test]
    fn two_circles_are_two_sentences() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", "use crate::{b::B, c::C};"),
            ("b.rs", "use crate::a::A;"),
            ("c.rs", "use crate::d::D;"),
            ("d.rs", "use crate::c::C;"),
        ];
        assert_eq!(said(&files, &[]).len(), 2);
    }

    #[test]
    fn a_known_circle_is_let_pass_until_it_is_gone_and_no_other() {
        let circle = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::a::A;"),
        ];
        assert_eq!(said(&circle, &[("crates/x/", "why")]), Vec::<String>::new());
        assert_eq!(said(&circle, &[("crates/x/a", "why")]).len(), 2);
        let line = [("lib.rs", "mod a; mod b;"), circle[1], ("b.rs", "")];
        let said = said(&line, &[("crates/x/", "why")]);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("no circle of files any more"), "{said:?}");
    }
}
