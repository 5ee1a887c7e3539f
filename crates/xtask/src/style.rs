//! Checks two rules that rustfmt does not enforce: the width of lines, and the style of imports.
//!
//! One import style: at most one `use` for each crate, and three groups with a blank line between
//! them: the standard library, other crates, then `crate`, `self` and `super`. rustfmt's options
//! for it (`imports_granularity`, `group_imports`) exist in nightly only. With a nightly toolchain,
//! `cargo +nightly fmt -- --config imports_granularity=Crate,group_imports=StdExternalCrate` fixes
//! most violations.

use std::collections::BTreeSet;

/// Returns one message for each violation in a file. `name` is the file's path for the messages.
pub(crate) fn violations(name: &str, text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let width = line.chars().count();
        // A link can't be wrapped.
        if width > MAX_WIDTH && !line.contains("://") {
            messages.push(format!(
                "{name}:{number}: {width} columns; at most {MAX_WIDTH}, so wrap the line"
            ));
        }
    }
    if name.ends_with(".rs") {
        messages.extend(import_violations(name, text));
    }
    messages
}

/// A `use` at the top level of a file.
struct Import<'a> {
    /// The first and the last line, attributes included. The first line of a file is 0.
    lines: (usize, usize),
    /// The first segment of the path.
    root: &'a str,
    /// What precedes `use`: attributes and visibility.
    prefix: String,
}

/// The groups, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Standard,
    External,
    Local,
}

fn import_violations(name: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let modules: BTreeSet<&str> = lines.iter().filter_map(|line| module(line)).collect();
    let imports = imports(&lines);
    let mut messages = Vec::new();
    let mut roots = BTreeSet::new();
    for import in &imports {
        if !roots.insert((&import.prefix, import.root)) {
            messages.push(format!(
                "{name}:{}: a second `use` of `{}`; merge the two",
                import.lines.0 + 1,
                import.root
            ));
        }
    }
    for pair in imports.windows(2) {
        let [before, import] = pair else { continue };
        let between = &lines[before.lines.1 + 1..import.lines.0];
        if between.iter().any(|line| !line.is_empty()) {
            continue;
        }
        let (group, group_before) = (group(import.root, &modules), group(before.root, &modules));
        let problem = if group < group_before {
            "belongs before"
        } else if group > group_before && between.is_empty() {
            "needs a blank line after"
        } else if group == group_before && !between.is_empty() {
            "needs no blank line after"
        } else {
            continue;
        };
        messages.push(format!(
            "{name}:{}: `use {}` {problem} `use {}`",
            import.lines.0 + 1,
            import.root,
            before.root
        ));
    }
    messages
}

/// Returns all private imports at the top level. Re-exports may stand anywhere.
fn imports<'a>(lines: &[&'a str]) -> Vec<Import<'a>> {
    let mut imports = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if let Some(path) = lines[at].strip_prefix("use ") {
            let attributes = lines[..at]
                .iter()
                .rev()
                .take_while(|line| line.starts_with("#["))
                .count();
            let first = at - attributes;
            while at + 1 < lines.len() && !lines[at].ends_with(';') {
                at += 1;
            }
            let path = path.trim_start_matches("::");
            let end = path.find(|it: char| !it.is_alphanumeric() && it != '_');
            imports.push(Import {
                lines: (first, at),
                root: &path[..end.unwrap_or(path.len())],
                prefix: lines[first..first + attributes].concat(),
            });
        }
        at += 1;
    }
    imports
}

/// Returns the name of the module that a line declares.
fn module(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
    let line = line.strip_prefix("pub ").unwrap_or(line);
    line.strip_prefix("mod ")?.strip_suffix(';')
}

fn group(root: &str, modules: &BTreeSet<&str>) -> Group {
    match root {
        "std" | "core" | "alloc" => Group::Standard,
        "crate" | "self" | "super" => Group::Local,
        _ if modules.contains(root) => Group::Local,
        _ => Group::External,
    }
}

/// The width that `rustfmt.toml` sets for code.
const MAX_WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn violations_of(text: &str) -> Vec<String> {
        violations("a.rs", text)
    }

    #[test]
    fn long_lines_are_found_but_links_may_be_long() {
        let long = "x".repeat(101);
        let found = violations("a.css", &format!("short\n{long}\nhttps://{long}\n"));
        assert_eq!(
            found,
            ["a.css:2: 101 columns; at most 100, so wrap the line"]
        );
        assert!(violations_of(&"ä".repeat(100)).is_empty());
    }

    #[test]
    fn imports_in_the_one_style_pass() {
        let text = "mod child;\n\nuse std::fmt;\n\n\
                    use serde::{\n    Deserialize,\n};\nuse toml::de;\n\n\
                    use crate::a;\nuse child::B;\n#[cfg(test)]\nuse crate::c;\n\n\
                    pub use child::B;\n";
        assert_eq!(violations_of(text), Vec::<String>::new());
    }

    #[test]
    fn a_second_use_of_a_crate_is_found() {
        let text = "use serde::de;\nuse serde::{\n    ser,\n};\n";
        assert_eq!(
            violations_of(text),
            ["a.rs:2: a second `use` of `serde`; merge the two"]
        );
    }

    #[test]
    fn groups_in_the_wrong_order_or_without_a_blank_line_are_found() {
        for (text, problem) in [
            (
                "use crate::a;\n\nuse std::fmt;\n",
                "`use std` belongs before `use crate`",
            ),
            (
                "use std::fmt;\nuse serde::de;\n",
                "`use serde` needs a blank line after `use std`",
            ),
            (
                "use serde::de;\n\nuse toml::de;\n",
                "`use toml` needs no blank line after `use serde`",
            ),
        ] {
            let found = violations_of(text);
            assert!(found.len() == 1 && found[0].ends_with(problem), "{found:?}");
        }
    }
}
