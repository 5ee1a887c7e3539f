//! Finds import cycles: files of one crate that import each other, directly or through other files.
//!
//! A file imports the file of the module that a path names: `use crate::a::B`, `super::a::b()`,
//! `self::a::B`, or `a::B` for a module `a` declared in the same place. A file that uses a name of
//! its child (also in `pub use child::Name`) imports the child. If the child uses a name of its
//! parent too, that is a cycle. A `mod` declaration is not an import, nor is a path that only tests
//! use (`#[cfg(test)]`).
//!
//! The check reads tokens and resolves no names. It does not see
//! - methods and fields, which are used without a path;
//! - the target of a re-export: the import ends at the file that the path names;
//! - names that a macro generates, macros by textual scope, and paths in strings
//!   (`#[serde(with = "…")]`).
//!
//! Every `cfg` condition except `test` counts as true.

mod imports;
mod outline;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde_json::Value;

use self::imports::Imports;

/// Returns one message for each forbidden cycle in the crates of the workspace.
///
/// # Errors
///
/// Returns an error if `metadata` isn't the output of `cargo metadata`.
pub(crate) fn violations(metadata: &str) -> Result<Vec<String>, serde_json::Error> {
    let metadata: Value = serde_json::from_str(metadata)?;
    Ok(messages(&metadata, ALLOWED, &|file| {
        std::fs::read_to_string(file).ok()
    }))
}

fn messages(
    metadata: &Value,
    allowed: &[(&str, &str)],
    read: &dyn Fn(&Path) -> Option<String>,
) -> Vec<String> {
    let mut messages = Vec::new();
    let mut matched = vec![false; allowed.len()];
    let root = Path::new(metadata["workspace_root"].as_str().unwrap_or_default());
    for package in array(&metadata["packages"]) {
        // Only packages of this repository have no source.
        let (Some(name), true) = (package["name"].as_str(), package["source"].is_null()) else {
            continue;
        };
        for target in array(&package["targets"]).filter_map(|target| target["src_path"].as_str()) {
            let imports = match imports::imports_of_crate(Path::new(target), read) {
                Ok(imports) => imports,
                Err(message) => {
                    messages.push(message);
                    continue;
                }
            };
            for cycle in cycles(&imports) {
                let is_allowed =
                    |folder: &str| cycle.iter().all(|file| has_prefix(file, root, folder));
                match allowed.iter().position(|(folder, _)| is_allowed(folder)) {
                    Some(at) => matched[at] = true,
                    None => messages.push(message(name, &cycle, &imports, root)),
                }
            }
        }
    }
    for ((folder, _), _) in allowed.iter().zip(matched).filter(|(_, matched)| !matched) {
        messages.push(format!(
            "{folder} has no import cycle any more: remove its entry from the table of \
             crates/xtask/src/cycles.rs."
        ));
    }
    messages
}

/// Returns `true` if the file's path in the repository starts with `prefix`.
fn has_prefix(file: &Path, root: &Path, prefix: &str) -> bool {
    let path = file.strip_prefix(root).unwrap_or(file);
    path.to_string_lossy().starts_with(prefix)
}

/// Returns the cycles, each as the set of its files.
fn cycles(imports: &Imports) -> BTreeSet<BTreeSet<PathBuf>> {
    let reachable = |from: &PathBuf| {
        let mut seen = BTreeSet::new();
        let mut pending = vec![from];
        while let Some(file) = pending.pop() {
            for next in imports
                .get(file)
                .into_iter()
                .flatten()
                .map(|(file, _)| file)
            {
                if seen.insert(next) {
                    pending.push(next);
                }
            }
        }
        seen
    };
    let mut cycles = BTreeSet::new();
    for file in imports.keys() {
        let ahead = reachable(file);
        let cycle: BTreeSet<PathBuf> = ahead
            .into_iter()
            .filter(|other| reachable(other).contains(file))
            .cloned()
            .collect();
        if cycle.len() > 1 {
            cycles.insert(cycle);
        }
    }
    cycles
}

/// Lists the imports of a cycle, so that the reader can choose which one to remove.
fn message(name: &str, cycle: &BTreeSet<PathBuf>, imports: &Imports, root: &Path) -> String {
    let short = |file: &Path| {
        file.strip_prefix(root)
            .unwrap_or(file)
            .display()
            .to_string()
    };
    let mut message = format!(
        "{name} has an import cycle of {} files: move what they share into a file that imports \
         none of them.",
        cycle.len()
    );
    for file in cycle {
        for (target, paths) in imports.get(file).into_iter().flatten() {
            if cycle.contains(target) {
                let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
                message += &format!(
                    "\n    {} imports {}: {}",
                    short(file),
                    short(target),
                    paths.join(", ")
                );
            }
        }
    }
    message
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Allowed cycles: a prefix of the paths of all their files, and the reason.
const ALLOWED: &[(&str, &str)] = &[];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns the messages about a crate `inturn-x` in `/r/crates/x` with these files.
    fn check(files: &[(&str, &str)], allowed: &[(&str, &str)]) -> Vec<String> {
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
        messages(&metadata, allowed, &|file| {
            let file = file.strip_prefix("/r/crates/x").ok()?;
            let found = files.iter().find(|(name, _)| Path::new(name) == file);
            found.map(|(_, source)| (*source).to_owned())
        })
    }

    #[test]
    fn imports_without_a_cycle_are_allowed() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; pub use a::A;"),
            ("a.rs", "use crate::{b::B, c::C};"),
            ("b.rs", "use super::c::C;"),
            ("c.rs", ""),
        ];
        assert_eq!(check(&files, &[]), Vec::<String>::new());
    }

    #[test]
    fn a_cycle_through_a_third_file_is_reported_with_its_imports() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; use a::A;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "fn f() -> crate::c::C { C }"),
            ("c.rs", "use super::a::{A, D};"),
        ];
        let messages = check(&files, &[]);
        assert_eq!(messages.len(), 1, "{messages:?}");
        let expected = "inturn-x has an import cycle of 3 files: move what they share into a file \
                        that imports none of them.\
                        \n    crates/x/a.rs imports crates/x/b.rs: crate::b::B\
                        \n    crates/x/b.rs imports crates/x/c.rs: crate::c::C\
                        \n    crates/x/c.rs imports crates/x/a.rs: super::a::A, super::a::D";
        assert_eq!(messages[0], expected);
    }

    #[test]
    fn a_child_that_imports_a_parent_that_re_exports_it_is_a_cycle() {
        let files = [
            ("lib.rs", "mod a; pub use a::A; pub struct B;"),
            ("a.rs", "use crate::B; pub struct A(B);"),
        ];
        assert_eq!(check(&files, &[]).len(), 1);
        let tests_only = [
            files[0],
            ("a.rs", "#[cfg(test)] mod tests { use crate::B; }"),
        ];
        assert_eq!(check(&tests_only, &[]), Vec::<String>::new());
    }

    #[test]
    fn two_cycles_give_two_messages() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", "use crate::{b::B, c::C};"),
            ("b.rs", "use crate::a::A;"),
            ("c.rs", "use crate::d::D;"),
            ("d.rs", "use crate::c::C;"),
        ];
        assert_eq!(check(&files, &[]).len(), 2);
    }

    #[test]
    fn an_allowed_cycle_passes_and_must_be_removed_from_the_table_when_gone() {
        let cycle = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::a::A;"),
        ];
        assert_eq!(check(&cycle, &[("crates/x/", "why")]), Vec::<String>::new());
        assert_eq!(check(&cycle, &[("crates/x/a", "why")]).len(), 2);
        let line = [("lib.rs", "mod a; mod b;"), cycle[1], ("b.rs", "")];
        let messages = check(&line, &[("crates/x/", "why")]);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(
            messages[0].contains("no import cycle any more"),
            "{messages:?}"
        );
    }
}
