//! Shortens the names of functions and variables in a script, and those of the parameters in
//! wasm-bindgen's.
//!
//! This is not a general tool. It relies on the form of our scripts: no name stands for a global of
//! the browser at one place and for a variable of the script at another.

use std::collections::{BTreeMap, BTreeSet};

/// Returns `true` if names of JavaScript can contain the character, apart from other scripts'
/// letters.
pub(super) fn is_name_char(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_' || it == '$'
}

/// Returns the minified `script` with short names for everything that it declares.
///
/// A name stays if it also names a property, or an export.
pub(super) fn shortened(script: &str) -> String {
    let names = names(script);
    let mut declared = BTreeSet::new();
    let mut kept = BTreeSet::new();
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for name in &names {
        *uses.entry(name.text).or_default() += 1;
        if name.is_declared {
            declared.insert(name.text);
        }
        if name.is_fixed {
            kept.insert(name.text);
        }
    }
    let mut renamed: Vec<&str> = declared.difference(&kept).copied().collect();
    // The most frequent names become the shortest.
    renamed.sort_by_key(|name| std::cmp::Reverse(uses.get(name)));
    let taken = |name: &String| uses.contains_key(name.as_str());
    let short_names = (0..).map(short_name).filter(|name| !taken(name));
    let renamed: BTreeMap<&str, String> = renamed.into_iter().zip(short_names).collect();

    let mut text = String::with_capacity(script.len());
    let mut copied = 0;
    for name in &names {
        if let Some(short) = renamed.get(name.text).filter(|_| !name.is_property) {
            text.push_str(&script[copied..name.start]);
            text.push_str(short);
            copied = name.start + name.text.len();
        }
    }
    text.push_str(&script[copied..]);
    text
}

/// A name in a script, outside strings.
#[derive(Debug)]
struct Name<'a> {
    text: &'a str,
    /// Its position, in bytes.
    start: usize,
    is_declared: bool,
    /// Whether it follows a dot, and so does not stand for the variable of this name.
    is_property: bool,
    /// Whether all names like it must stay.
    is_fixed: bool,
}

/// Returns the names in a minified script.
fn names(script: &str) -> Vec<Name<'_>> {
    let mut names: Vec<Name<'_>> = Vec::new();
    // The open brackets.
    let mut open = Vec::new();
    let mut rest = script;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let start = script.len() - rest.len();
        let len = match first {
            '\'' | '"' | '`' => {
                let (len, words) = string(rest);
                // A template may use a variable.
                names.extend(words.into_iter().map(|text| Name {
                    text,
                    start,
                    is_declared: false,
                    is_property: true,
                    is_fixed: true,
                }));
                len
            }
            _ if is_name_char(first) => {
                let len = rest.find(|it| !is_name_char(it));
                let len = len.unwrap_or(rest.len());
                let after = rest[len..].chars().next().unwrap_or(' ');
                let keyword = script[..start].trim_end().rsplit(|it| !is_name_char(it));
                let keyword = keyword.take(1).next().unwrap_or_default();
                let text = &rest[..len];
                let is_property = before == '.' && !script[..start].ends_with("...");
                let in_braces = open.last() == Some(&'{') && matches!(before, '{' | ',');
                let is_key = in_braces && matches!(after, ':' | ',' | '}' | '(');
                let is_exported =
                    keyword == "function" && script[..start].ends_with("export function ");
                names.push(Name {
                    text,
                    start,
                    is_declared: !is_property
                        && (["function", "const", "let", "var"].contains(&keyword)
                            && before == ' '
                            || is_argument(text)),
                    is_property,
                    is_fixed: is_property || is_key || is_exported,
                });
                len
            }
            '/' if OPERATORS.contains(before) => regular_expression(rest),
            '(' | '[' | '{' => {
                open.push(first);
                1
            }
            ')' | ']' | '}' => {
                open.pop();
                1
            }
            _ => first.len_utf8(),
        };
        before = rest[..len].chars().next_back().unwrap_or(' ');
        rest = &rest[len..];
    }
    names
}

/// Returns the length of the string or template at the start of `rest`, and the words of a
/// template.
fn string(rest: &str) -> (usize, Vec<&str>) {
    let mut is_escaped = true; // the opening quote
    let quote = rest.chars().next();
    let end = rest.char_indices().find(|(_, it)| {
        let is_end = Some(*it) == quote && !is_escaped;
        is_escaped = *it == '\\' && !is_escaped;
        is_end
    });
    let len = end.map_or(rest.len(), |(at, _)| at + 1);
    let words = rest[..len].split(|it| !is_name_char(it));
    let words = words.filter(|it| quote == Some('`') && !it.is_empty());
    (len, words.collect())
}

/// Returns the length of the regular expression at the start of `rest`.
fn regular_expression(rest: &str) -> usize {
    let mut is_escaped = true; // the opening slash
    let mut is_in_class = false;
    let end = rest.char_indices().find(|(_, it)| {
        let is_end = *it == '/' && !is_escaped && !is_in_class;
        is_in_class = !is_escaped && *it == '[' || is_in_class && (is_escaped || *it != ']');
        is_escaped = *it == '\\' && !is_escaped;
        is_end
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}

/// Characters after which a slash begins a regular expression. After others, it divides.
const OPERATORS: &str = "(,=:[!&|?{};>";

/// Returns `true` for wasm-bindgen's parameters: `arg0`.
fn is_argument(name: &str) -> bool {
    let number = name.strip_prefix("arg");
    number.is_some_and(|it| it.parse::<u8>().is_ok())
}

/// Returns `$a`, `$b` and so on.
fn short_name(mut number: usize) -> String {
    let mut name = "$".to_owned();
    loop {
        name.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
        if number == 0 {
            return name;
        }
        number -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_names_become_short() {
        let script = "let cached=null;function isLikeNone(x){return x==null;}\
            function f(arg0,arg1){const ret=arg0.get(arg1);return isLikeNone(ret)?cached:ret;}";
        let expected = "let $d=null;function $e(x){return x==null;}\
            function $f($b,$c){const $a=$b.get($c);return $e($a)?$d:$a;}";
        assert_eq!(shortened(script), expected);
    }

    #[test]
    fn names_of_properties_and_exports_stay() {
        for script in [
            "const state=1;x.state=state;",
            "const code=1;f({code:2},code);",
            "const{instance,module}=g();const instance=1;",
            "export function start(){start();}",
            "const wasm=1;export{wasm};",
            "const id=1;f(`recordings/${id}/end`,id);",
            "const get=1;f({get(){return 2;}});",
            "f('const ret=1',\"let ret\");g(ret);",
        ] {
            assert_eq!(shortened(script), script);
        }
    }

    #[test]
    fn an_export_under_another_name_is_shortened() {
        let script = "async function __wbg_init(){}export{__wbg_init as default};";
        let expected = "async function $a(){}export{$a as default};";
        assert_eq!(shortened(script), expected);
    }

    #[test]
    fn arguments_in_calls_and_spreads_are_no_keys() {
        let script = "function all(arg0,arg1){f(arg0,arg1,[arg0,arg1],...arg1);}";
        let result = shortened(script);
        assert!(
            !result.contains("arg") && !result.contains("all"),
            "{result}"
        );
    }

    #[test]
    fn regular_expressions_are_skipped() {
        let script = r#"const ret=/["\]/'(]\/ret/.exec(x),half=a/b;f(ret,half/2,"ret");"#;
        let expected = r#"const $a=/["\]/'(]\/ret/.exec(x),half=a/b;f($a,half/2,"ret");"#;
        assert_eq!(shortened(script), expected);
    }

    #[test]
    fn a_short_name_of_the_script_is_not_taken() {
        assert_eq!(shortened("const ret=$a;"), "const $b=$a;");
        let names: BTreeSet<String> = (0..1_000).map(short_name).collect();
        assert_eq!(names.len(), 1_000);
    }
}
