//! What one source file says of modules: those it declares, and the paths it takes names by.

use proc_macro2::{Delimiter, LexError, TokenStream, TokenTree};

/// The modules and paths of one file, without what only its tests use.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outline {
    /// Modules in files of their own (`mod name;`).
    pub(crate) files: Vec<ModuleFile>,
    /// Modules in braces, as seen from this file's module.
    pub(crate) inline: Vec<Names>,
    /// Paths of two names or more, and all that a `use` takes.
    pub(crate) paths: Vec<PathUse>,
    /// What `#[path = "…"]` says of the module that comes next.
    elsewhere: Vec<String>,
}

/// A module that stands in a file of its own.
#[derive(Debug, PartialEq)]
pub(crate) struct ModuleFile {
    /// Its path, as seen from this file's module.
    pub(crate) names: Names,
    /// Where it stands if not where its name says; several if conditions choose.
    pub(crate) elsewhere: Vec<String>,
}

/// A path, one name an item.
pub(crate) type Names = Vec<String>;

/// A path and where it stands.
#[derive(Debug, PartialEq)]
pub(crate) struct PathUse {
    /// The module in braces around it, as seen from the file's module.
    pub(crate) within: Names,
    /// The path as written.
    pub(crate) names: Names,
}

impl Outline {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If the text isn't made of Rust's tokens.
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

    /// Reads what comes first and returns what follows it; `None` at the end.
    fn step<'a>(&mut self, tokens: &'a [TokenTree], within: &[String]) -> Option<&'a [TokenTree]> {
        use TokenTree::{Group, Ident};
        Some(match tokens {
            [] => return None,
            [hash, Group(attribute), rest @ ..] if is_punct(hash, '#') => {
                if is_for_tests(attribute.stream()) {
                    after_item(rest)
                } else {
                    self.elsewhere.extend(moved_to(attribute.stream()));
                    self.read(attribute.stream(), within);
                    rest
                }
            }
            [Ident(keyword), Ident(name), end, rest @ ..] if *keyword == "mod" => {
                let module = joined(within, &[name.to_string()]);
                let elsewhere = std::mem::take(&mut self.elsewhere);
                if let Group(body) = end {
                    self.read(body.stream(), &module);
                    self.inline.push(module);
                } else {
                    self.files.push(ModuleFile {
                        names: module,
                        elsewhere,
                    });
                }
                rest
            }
            [Ident(visible), Group(scope), rest @ ..]
                if *visible == "pub" && scope.delimiter() == Delimiter::Parenthesis =>
            {
                // `pub(in crate::x)` takes nothing from there; in a tuple, `pub (T)` can't be told
                // from it until its first word is seen.
                if !is_restriction(scope.stream()) {
                    self.read(scope.stream(), within);
                }
                rest
            }
            // A path from here on belongs to another crate or to what stands before it.
            [first, second, Ident(_), rest @ ..] if is_colons(first, second) => rest,
            [Ident(_), ..] => self.path(tokens, within, &[]),
            [Group(group), rest @ ..] => {
                self.read(group.stream(), within);
                rest
            }
            [_, rest @ ..] => rest,
        })
    }

    /// Reads a path, which goes on after `before`, and returns what follows it.
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
                // One name alone is no path: it may be anything.
                after => {
                    if names.len() > 1 {
                        self.push(names, within);
                    }
                    return after;
                }
            };
        }
        // A glob or a type's arguments follow the last two colons.
        self.push(names, within);
        rest
    }

    /// Reads the braces of a `use`.
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

/// `outer` and, below it, `inner`.
pub(crate) fn joined(outer: &[String], inner: &[String]) -> Names {
    [outer, inner].concat()
}

/// Whether an attribute is `cfg(test)`, or `cfg(all(test, …))`.
fn is_for_tests(attribute: TokenStream) -> bool {
    let text = attribute.to_string().replace(' ', "");
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
}

/// The file that `path = "…"` names, by itself or in a `cfg_attr`.
fn moved_to(attribute: TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(name), TokenTree::Group(inner)] if *name == "cfg_attr" => {
            let inner: Vec<TokenTree> = inner.stream().into_iter().collect();
            let last = inner
                .rsplit(|token| is_punct(token, ','))
                .find(|it| !it.is_empty())?;
            moved_to(last.iter().cloned().collect())
        }
        [TokenTree::Ident(name), equals, TokenTree::Literal(file)]
            if *name == "path" && is_punct(equals, '=') =>
        {
            Some(file.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    }
}

/// What follows an item: the tokens after its braces or its semicolon.
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
    fn a_use_is_taken_apart() {
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
    fn what_only_looks_like_a_path_is_none() {
        let source = r##"
            //! crate::a::A
            /// [`crate::b::B`]
            // crate::c::C
            pub(crate) struct S<'a> { pub(in crate::d) text: &'a str }
            const T: &str = "crate::e::E";
            const U: &str = r#"super::f::F"#;
            use ::std::fmt;
        "##;
        // `use` stands before a leading `::` as a name would, and is no module of ours.
        assert_eq!(paths(source), ["use::std::fmt"]);
    }

    #[test]
    fn tests_are_left_out() {
        let source = "#[cfg(test)] use crate::a::A;
            #[cfg(test)] pub(crate) mod made;
            #[cfg(all(test, unix))] mod tests { use crate::b::B; }
            #[cfg(not(test))] use crate::c::C;";
        assert_eq!(paths(source), ["crate::c::C"]);
        let outline = Outline::of(source).expect("Rust's tokens");
        assert_eq!((outline.files, outline.inline), (vec![], vec![]));
    }

    #[test]
    fn a_module_may_be_moved_by_its_attribute() {
        let source = "#[path = \"x.rs\"] mod a;
            #[cfg_attr(unix, path = \"y/b.rs\")] #[cfg_attr(windows, path = \"z/b.rs\")] mod b;
            mod c;";
        let outline = Outline::of(source).expect("Rust's tokens");
        let elsewhere: Vec<&[String]> = outline
            .files
            .iter()
            .map(|file| file.elsewhere.as_slice())
            .collect();
        assert_eq!(elsewhere[0], ["x.rs"]);
        assert_eq!(elsewhere[1], ["y/b.rs", "z/b.rs"]);
        assert!(elsewhere[2].is_empty());
    }

    #[test]
    fn modules_are_told_with_where_they_stand() {
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
