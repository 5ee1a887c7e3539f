//! What a visitor need not download: comments, indentation, the module's notes about who made it,
//! and the long names by which its imports and the script that wraps it know each other.
//!
//! wasm-bindgen ends each of these names with sixteen digits that no compressor can shorten, once in
//! the module and once in the script: 4 kB of a visit in all.

use std::{collections::BTreeMap, fs, io, path::Path};

/// Shrinks the files in `folder` in place.
///
/// # Errors
///
/// When a file can't be read or written, or isn't what the tools write today.
pub(crate) fn shrink_all(folder: &Path) -> io::Result<()> {
    let mut scripts = Vec::new();
    let mut modules = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("js") => scripts.push(path),
            Some("wasm") => modules.push(path),
            Some("css") => rewrite(&path, |text| {
                minifier::css::minify(text).map(|css| css.to_string())
            })?,
            Some("html") => rewrite(&path, |text| Ok(without_comments(text)))?,
            _ => {}
        }
    }
    for module in modules {
        let mut bytes = fs::read(&module)?;
        let names = shorten_imports(&mut bytes).ok_or_else(|| {
            io::Error::other(format!("the imports of {} can't be read", module.display()))
        })?;
        let bytes = without_custom_sections(&bytes).ok_or_else(|| {
            io::Error::other(format!("the parts of {} can't be read", module.display()))
        })?;
        fs::write(&module, bytes)?;
        for script in &scripts {
            rewrite(script, |text| Ok(renamed(text, &names)))?;
        }
    }
    for script in scripts {
        rewrite(&script, |text| {
            minifier::js::minify(text).map(|js| js.to_string())
        })?;
    }
    Ok(())
}

fn rewrite(
    path: &Path,
    change: impl FnOnce(&str) -> Result<String, &'static str>,
) -> io::Result<()> {
    let text = fs::read_to_string(path)?;
    let changed =
        change(&text).map_err(|why| io::Error::other(format!("{}: {why}", path.display())))?;
    fs::write(path, changed)
}

/// A document without its comments, of which none is for browsers.
fn without_comments(html: &str) -> String {
    let mut parts = html.split("<!--");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, behind) = part.split_once("-->").unwrap_or_default();
        kept.push_str(behind);
    }
    kept
}

/// Gives the module's imports short names; tells the old ones with the new, and that of the module
/// they are imported from. Nothing if it imports anything but functions, which wasm-bindgen's never
/// do, or is no module.
fn shorten_imports(module: &mut Vec<u8>) -> Option<BTreeMap<String, String>> {
    let (section, start, end) = sections(module)?
        .into_iter()
        .find(|(id, ..)| *id == IMPORTS)?;
    debug_assert_eq!(section, IMPORTS);
    let mut reader = Reader {
        bytes: &module[start..end],
    };
    let mut names = BTreeMap::new();
    let count = reader.number()?;
    let mut renamed = number(count);
    for index in 0..count {
        let from = reader.text()?;
        let name = reader.text()?;
        let [FUNCTION] = reader.take(1)? else {
            return None;
        };
        let kind = reader.number()?;
        names.insert(from.to_owned(), FROM.to_owned());
        let short = names
            .entry(name.to_owned())
            .or_insert_with(|| short_name(index))
            .clone();
        for text in [FROM, &short] {
            renamed.extend(number(text.len() as u32));
            renamed.extend(text.as_bytes());
        }
        renamed.push(FUNCTION);
        renamed.extend(number(kind));
    }
    let mut whole = number(renamed.len() as u32);
    whole.extend(renamed);
    // The section's length stands before it.
    let length_at = start - number((end - start) as u32).len();
    module.splice(length_at..end, whole);
    Some(names)
}

/// The module without what only tools read: who made it, and with which features.
fn without_custom_sections(module: &[u8]) -> Option<Vec<u8>> {
    let mut kept = module.get(..8)?.to_owned();
    for (id, start, end) in sections(module)? {
        if id != CUSTOM {
            let content = &module[start..end];
            kept.push(id);
            kept.extend(number(content.len() as u32));
            kept.extend(content);
        }
    }
    Some(kept)
}

/// Each section's number and the range of its content.
fn sections(module: &[u8]) -> Option<Vec<(u8, usize, usize)>> {
    let mut reader = Reader { bytes: module };
    if reader.take(8)? != b"\0asm\x01\0\0\0" {
        return None;
    }
    let mut sections = Vec::new();
    while !reader.bytes.is_empty() {
        let id = reader.take(1)?[0];
        let length = reader.number()? as usize;
        let start = module.len() - reader.bytes.len();
        reader.take(length)?;
        sections.push((id, start, start + length));
    }
    Some(sections)
}

/// `a` to `Z`, then two letters: all are JavaScript names, and none is a word of the language
/// (`do`, `if`, `in` begin with a small letter, so two-letter names begin with a capital).
fn short_name(index: u32) -> String {
    let letter = |at: u32| char::from(LETTERS[at as usize % LETTERS.len()]);
    let count = LETTERS.len() as u32;
    if index < count {
        return letter(index).to_string();
    }
    let more = index - count;
    format!("{}{}", letter(26 + more / count % 26), letter(more))
}

/// `script` with whole names replaced, as they stand or in quotes.
fn renamed(script: &str, names: &BTreeMap<String, String>) -> String {
    let is_part = |it: char| it.is_ascii_alphanumeric() || "_$./-".contains(it);
    let mut text = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let (name, behind) = from.split_at(from.find(|it| !is_part(it)).unwrap_or(from.len()));
        text.push_str(before);
        text.push_str(names.get(name).map_or(name, String::as_str));
        rest = behind;
    }
    text + rest
}

/// Reads the binary format of <https://webassembly.github.io/spec/core/binary/>.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    /// A LEB128 number.
    fn number(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in (0..32).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }
}

/// A LEB128 number, as short as it can be: so do all tools of the chain write it.
fn number(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// The number of all custom sections.
const CUSTOM: u8 = 0;

/// The number of the import section.
const IMPORTS: u8 = 2;

/// The kind of an import that is a function.
const FUNCTION: u8 = 0;

/// The module that everything is imported from, which is the wrapping script.
const FROM: &str = "js";

const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Two imported functions, then a section that must stay as it is.
    fn module() -> Vec<u8> {
        let mut imports = vec![2];
        for name in [
            "__wbg_close_0123456789abcdef",
            "__wbg_send_0123456789abcdef",
        ] {
            for text in ["./client_bg.js", name] {
                imports.push(text.len() as u8);
                imports.extend(text.as_bytes());
            }
            imports.extend([FUNCTION, 0]);
        }
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.extend([1, 4, 1, 0x60, 0, 0]);
        module.push(IMPORTS);
        module.extend(number(imports.len() as u32));
        module.extend(imports);
        module.extend([3, 2, 1, 0]);
        module
    }

    #[test]
    fn imports_are_renamed_and_the_rest_stays() {
        let mut module = module();
        let names = shorten_imports(&mut module).expect("a module");
        assert_eq!(names["__wbg_close_0123456789abcdef"], "a");
        assert_eq!(names["__wbg_send_0123456789abcdef"], "b");
        assert_eq!(names["./client_bg.js"], "js");
        let expected = [
            b"\0asm\x01\0\0\0".as_slice(),
            &[1, 4, 1, 0x60, 0, 0],
            b"\x02\x0f\x02\x02js\x01a\0\0\x02js\x01b\0\0",
            &[3, 2, 1, 0],
        ];
        assert_eq!(module, expected.concat());
    }

    #[test]
    fn what_only_tools_read_is_left_out() {
        let whole = module();
        let mut noted = whole.clone();
        noted.extend([CUSTOM, 4, 1, b'n', 7, 7]);
        assert_eq!(without_custom_sections(&noted), Some(whole.clone()));
        assert_eq!(without_custom_sections(&whole), Some(whole));
        assert_eq!(without_custom_sections(b"<html>"), None);
    }

    #[test]
    fn what_is_no_such_module_is_left_alone() {
        let mut module = module();
        let kind = module.iter().rposition(|&byte| byte == FUNCTION);
        module.truncate(kind.expect("it has one"));
        assert_eq!(shorten_imports(&mut module), None);
        assert_eq!(shorten_imports(&mut b"<html>".to_vec()), None);
    }

    #[test]
    fn a_script_is_renamed_by_whole_names() {
        let names = BTreeMap::from([
            ("__wbg_a_01".to_owned(), "x".to_owned()),
            ("./client_bg.js".to_owned(), "js".to_owned()),
        ]);
        let script = r#"{"./client_bg.js": {__wbg_a_01: f, __wbg_a_012: g}}; // ./client_bg.jsx"#;
        assert_eq!(
            renamed(script, &names),
            r#"{"js": {x: f, __wbg_a_012: g}}; // ./client_bg.jsx"#
        );
    }

    #[test]
    fn no_two_names_are_alike() {
        let names: BTreeSet<String> = (0..1_000).map(short_name).collect();
        assert_eq!(names.len(), 1_000);
        for word in ["do", "if", "in", "as", "of"] {
            assert!(!names.contains(word), "{word}");
        }
    }

    #[test]
    fn documents_lose_their_comments_only() {
        assert_eq!(
            without_comments("<p>a<!-- b\n --> c</p><!---->"),
            "<p>a c</p>"
        );
        assert_eq!(without_comments("<p>a</p>"), "<p>a</p>");
    }
}
