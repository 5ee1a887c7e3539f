//! Parses the module declarations and paths of one source file.

use proc_macro2::{Delimiter, LexError, TokenStream, TokenTree};

/// The modules and paths of one file, except those for tests only.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outline {
    /// Modules in files of their own (`mod name;`).
    pub(crate) files: Vec<ModuleFile>,
    /// Inline modules (`mod name { … }`), relative to this file's module.
    pub(crate) inline: Vec<Names>,
    /// Paths with at least two names, and all paths of `use` declarations.
    pub(crate) paths: Vec<PathUse>,
    /// The `#[path = "…"]` attributes of the next module.
    moved_to: Vec<String>,
}

/// A module in a file of its own.
#[derive(Debug, PartialEq)]
pub(crate) struct ModuleFile {
    /// Its path, relative to this file's module.
    pub(crate) names: Names,
    /// The files that `#[path = "…"]` names; several if `cfg` conditions choose between them.
    pub(crate) moved_to: Vec<String>,
}

/// A path as its names.
pub(crate) type Names = Vec<String>;

/// A path and the module that contains it.
#[derive(Debug, PartialEq)]
pub(crate) struct PathUse {
    /// The innermost inline module around it, relative to the file's module.
    pub(crate) within: Names,
    /// The path as written.
    pub(crate) names: Names,
}

impl Outline {
    /// Parses a file.
    ///
    /// # Errors
    ///
    /// Returns an error if the text isn't valid Rust tokens.
    pub(crate) fn of(source: &str) -> Result<Self, LexError> {
        let tokens: TokenStream = source.parse()?;
        let mut outline = Self::default();
        outline.read(tokens, &[]);
        Ok(outline)
    }

    fn read(&mut self, tokens: TokenStream, within: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while let Some(after) = self.step(rest, within) {
            rest = after;
        }
    }

    /// Reads the first element and returns the tokens after it; `None` at the end.
    fn step<'a>(&mut self, tokens: &'a [TokenTree], within: &[String]) -> Option<&'a [TokenTree]> {
        use TokenTree::{Group, Ident};
        Some(match tokens {
            [] => return None,
            [hash, Group(attribute), rest @ ..] if is_punct(hash, '#') => {
                if is_for_tests(attribute.stream()) {
                    after_item(rest)
                } else {
                    self.moved_to.extend(path_attribute(attribute.stream()));
                    self.read(attribute.stream(), within);
                    rest
                }
            }
            [Ident(keyword), Ident(name), end, rest @ ..] if *keyword == "mod" => {
                let module = joined(within, &[name.to_string()]);
                let moved_to = std::mem::take(&mut self.moved_to);
                if let Group(body) = end {
                    self.read(body.stream(), &module);
                    self.inline.push(module);
                } else {
                    self.files.push(ModuleFile {
                        names: module,
                        moved_to,
                    });
                }
                rest
            }
            [Ident(visible), Group(scope), rest @ ..]
                if *visible == "pub" && scope.delimiter() == Delimiter::Parenthesis =>
            {
                // `pub(in crate::x)` imports nothing. In a tuple struct, `pub (T)` looks the same
                // up to the first word in the parentheses.
                if !is_restriction(scope.stream()) {
                    self.read(scope.stream(), within);
                }
                rest
            }
            // A path that starts with `::` names another crate, or continues what precedes it.
            [first, second, Ident(_), rest @ ..] if is_colons(first, second) => rest,
            [Ident(_), ..] => self.path(tokens, within, &[]),
            [Group(group), rest @ ..] => {
                self.read(group.stream(), within);
                rest
            }
            [_, rest @ ..] => rest,
        })
    }

    /// Reads a path that continues `before`, and returns the tokens after it.
    fn path<'a>(
        &mut self,
        tokens: &'a [TokenTree],
        within: &[String],
        before: &[String],
    ) -> &'a [TokenTree] {
        let mut names = before.to_vec();
        let mut rest = tokens;
        while let [TokenTree::Ident(name), after @ ..] = rest {
            names.push(name.to_string());
            rest = match after {
                [first, second, TokenTree::Group(tree), after @ ..]
                    if is_colons(first, second) && tree.delimiter() == Delimiter::Brace =>
                {
                    self.tree(tree.stream(), within, &names);
                    return after;
                }
                [first, second, after @ ..] if is_colons(first, second) => after,
                // A single name is not a path: it may be anything.
                after => {
                    if names.len() > 1 {
                        self.push(names, within);
                    }
                    return after;
                }
            };
        }
        // A glob or generic arguments follow the last `::`.
        self.push(names, within);
        rest
    }

    /// Reads the braces of a `use` declaration.
    fn tree(&mut self, tree: TokenStream, within: &[String], before: &[String]) {
        let tokens: Vec<TokenTree> = tree.into_iter().collect();
        for entry in tokens.split(|token| is_punct(token, ',')) {
            match entry {
                [] => {}
                [TokenTree::Ident(_), ..] => {
                    self.path(entry, within, before);
                }
                // A glob.
                _ => self.push(before.to_vec(), within),
            }
        }
    }

    fn push(&mut self, names: Names, within: &[String]) {
        self.paths.push(PathUse {
            within: within.to_vec(),
            names,
        });
    }
}

/// Joins two paths.
pub(crate) fn joined(outer: &[String], inner: &[String]) -> Names {
    [outer, inner].concat()
}

/// Returns `true` if the attribute is `cfg(test)` or `cfg(all(test, …))`.
fn is_for_tests(attribute: TokenStream) -> bool {
    let text = attribute.to_string().replace(' ', "");
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
}

/// Returns the file that `path = "…"` names, directly or in a `cfg_attr`.
fn path_attribute(attribute: TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(name), TokenTree::Group(inner)] if *name == "cfg_attr" => {
            let inner: Vec<TokenTree> = inner.stream().into_iter().collect();
            let last = inner
                .rsplit(|token| is_punct(token, ','))
                .find(|it| !it.is_empty())?;
            path_attribute(last.iter().cloned().collect())
        }
        [TokenTree::Ident(name), equals, TokenTree::Literal(file)]
            if *name == "path" && is_punct(equals, '=') =>
        {
            Some(file.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    }
}

/// Returns the tokens after an item, which ends with its braces or a semicolon.
fn after_item(tokens: &[TokenTree]) -> &[TokenTree] {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(token, ';'),
    };
    match tokens.iter().position(is_end) {
        Some(at) => &tokens[at + 1..],
        None => &[],
    }
}

fn is_restriction(scope: TokenStream) -> bool {
    let first = scope.into_iter().next().map(|token| token.to_string());
    matches!(first.as_deref(), Some("crate" | "super" | "self" | "in"))
}

fn is_colons(first: &TokenTree, second: &TokenTree) -> bool {
    is_punct(first, ':') && is_punct(second, ':')
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(source: &str) -> Vec<String> {
        let outline = Outline::of(source).expect("Rust's tokens");
        let paths = outline.paths.iter();
        paths.map(|path| path.names.join("::")).collect()
    }

    #[test]
    fn a_use_declaration_gives_one_path_per_name() {
        let source = "pub use crate::{a, b::{self, c as d, e::*}, f::G}; use super::*;";
        let expected = [
            "crate::a",
            "crate::b::self",
            "crate::b::c",
            "crate::b::e",
            "crate::f::G",
            "super",
        ];
        assert_eq!(paths(source), expected);
    }

    #[test]
    fn paths_are_found_in_types_bodies_macros_and_attributes() {
        let source = "#[with(crate::a::A)] fn f(x: Vec<crate::b::B>) -> Box<dyn super::c::C> {
            assert_eq!(self::d::D::<crate::e::E>::new(), vec![super::super::f::F]);
        }";
        let expected = [
            "crate::a::A",
            "crate::b::B",
            "super::c::C",
            "self::d::D",
            "crate::e::E",
            "super::super::f::F",
        ];
        assert_eq!(paths(source), expected);
    }

    #[test]
    fn comments_strings_and_visibilities_contain_no_paths() {
        let source = r##"
            //! crate::a::A
            /// [`crate::b::B`]
            // crate::c::C
            pub(crate) struct S<'a> { pub(in crate::d) text: &'a str }
            const T: &str = "crate::e::E";
            const U: &str = r#"super::f::F"#;
            use ::std::fmt;
        "##;
        // `use ::std` parses as a path that starts with `use`. No module has that name.
        assert_eq!(paths(source), ["use::std::fmt"]);
    }

    #[test]
    fn items_for_tests_are_skipped() {
        let source = "#[cfg(test)] use crate::a::A;
            #[cfg(test)] pub(crate) mod made;
            #[cfg(all(test, unix))] mod tests { use crate::b::B; }
            #[cfg(not(test))] use crate::c::C;";
        assert_eq!(paths(source), ["crate::c::C"]);
        let outline = Outline::of(source).expect("Rust's tokens");
        assert_eq!((outline.files, outline.inline), (vec![], vec![]));
    }

    #[test]
    fn a_path_attribute_moves_a_module() {
        let source = "#[path = \"x.rs\"] mod a;
            #[cfg_attr(unix, path = \"y/b.rs\")] #[cfg_attr(windows, path = \"z/b.rs\")] mod b;
            mod c;";
        let outline = Outline::of(source).expect("Rust's tokens");
        let moved_to: Vec<&[String]> = outline
            .files
            .iter()
            .map(|file| file.moved_to.as_slice())
            .collect();
        assert_eq!(moved_to[0], ["x.rs"]);
        assert_eq!(moved_to[1], ["y/b.rs", "z/b.rs"]);
        assert!(moved_to[2].is_empty());
    }

    #[test]
    fn modules_and_paths_are_relative_to_the_files_module() {
        let outline = Outline::of("mod a; pub mod b { mod c; use super::a::A; }");
        let outline = outline.expect("Rust's tokens");
        let names = |path: &str| path.split("::").map(str::to_owned).collect::<Names>();
        let files: Vec<&Names> = outline.files.iter().map(|file| &file.names).collect();
        assert_eq!(files, [&names("a"), &names("b::c")]);
        assert_eq!(outline.inline, [names("b")]);
        let path = PathUse {
            within: names("b"),
            names: names("super::a::A"),
        };
        assert_eq!(outline.paths, [path]);
    }
}
