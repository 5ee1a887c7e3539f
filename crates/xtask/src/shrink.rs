//! What a visitor need not download: comments, indentation, the module's notes about who made it,
//! and the long names by which the module and the script that wraps it know each other.
//!
//! wasm-bindgen ends most of these names with sixteen digits that no compressor can shorten, once in
//! the module and once in the script: 4 kB of a visit in all. wasm-opt gives them short ones and says
//! which; the script is told here, since no tool does that.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    run::{output, program},
    workspace::Workspace,
};

/// Shrinks the files in `folder` in place.
///
/// # Errors
///
/// When a file can't be read or written, or isn't what the tools write today.
pub(crate) fn shrink_all(workspace: &Workspace, folder: &Path) -> io::Result<()> {
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("js") => scripts.push(path),
            Some("wasm") => shorten_names(workspace, &path)?,
            Some("css") => rewrite(&path, |text| {
                minifier::css::minify(text).map(|css| css.to_string())
            })?,
            Some("html") => rewrite(&path, |text| Ok::<_, &str>(without_comments(text)))?,
            _ => {}
        }
    }
    for script in scripts {
        rewrite(&script, |text| {
            minifier::js::minify(text).map(|js| js.to_string())
        })?;
    }
    Ok(())
}

fn rewrite<E: std::fmt::Display>(
    path: &Path,
    change: impl FnOnce(&str) -> Result<String, E>,
) -> io::Result<()> {
    let text = fs::read_to_string(path)?;
    let changed =
        change(&text).map_err(|why| io::Error::other(format!("{}: {why}", path.display())))?;
    fs::write(path, changed)
}

/// Returns the document without its comments.
fn without_comments(html: &str) -> String {
    let mut parts = html.split("<!--");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, behind) = part.split_once("-->").unwrap_or_default();
        kept.push_str(behind);
    }
    kept
}

/// Gives short names to what the module imports and exports, in the module and in its script, and
/// takes the notes of the tools out of the module.
fn shorten_names(workspace: &Workspace, module: &Path) -> io::Result<()> {
    let mut wasm_opt = program(workspace, "wasm-opt");
    wasm_opt.args(PASSES).arg(module).arg("-o").arg(module);
    let printed = output(&mut wasm_opt).ok_or_else(|| {
        io::Error::other(format!(
            "wasm-opt can't shorten names in {}",
            module.display()
        ))
    })?;
    let script = script_of(module)
        .ok_or_else(|| io::Error::other(format!("{} has no script", module.display())))?;
    rewrite(&script, |text| renamed(text, &names(&printed)))
}

/// The script that wraps a module, as wasm-bindgen and Trunk name both.
fn script_of(module: &Path) -> Option<PathBuf> {
    let name = module.file_stem()?.to_str()?.strip_suffix("_bg")?;
    Some(module.with_file_name(format!("{name}.js")))
}

/// Each name and its short one, as wasm-opt prints them.
fn names(printed: &str) -> BTreeMap<&str, &str> {
    let lines = printed.lines();
    lines.filter_map(|line| line.split_once(" => ")).collect()
}

/// `script` with the module's short names.
///
/// The script names imports as keys of an object, and exports behind `wasm.`. An import's name begins
/// with [`GENERATED`] and is never that of anything else; an export's may be (`memory`).
///
/// # Errors
///
/// When the script does not know an import: it is not the module's. Some exports are not for it.
fn renamed(script: &str, names: &BTreeMap<&str, &str>) -> Result<String, String> {
    let mut text = String::with_capacity(script.len());
    let names_alone = names.keys().copied();
    let mut unknown: BTreeSet<&str> = names_alone.filter(|it| it.starts_with(GENERATED)).collect();
    let mut rest = script;
    while let Some(start) = rest.find(is_part_of_a_name) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|it| !is_part_of_a_name(it));
        let (name, behind) = from.split_at(end.unwrap_or(from.len()));
        text.push_str(before);
        let is_the_modules = name.starts_with(GENERATED) || text.ends_with("wasm.");
        match names.get(name).filter(|_| is_the_modules) {
            Some(short) => {
                text.push_str(short);
                unknown.remove(name);
            }
            None => text.push_str(name),
        }
        rest = behind;
    }
    text.push_str(rest);
    if let Some(name) = unknown.first() {
        return Err(format!("the module's {name} is not found"));
    }
    with_short_module_name(&text).ok_or_else(|| "the module's imports are not found".to_owned())
}

fn is_part_of_a_name(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_' || it == '$'
}

/// `script` with [`IMPORTED_FROM`] in place of the name that wasm-bindgen gives to what a module
/// imports from, such as `"./inturn-web-client_bg.js"`.
fn with_short_module_name(script: &str) -> Option<String> {
    let end = script.find("_bg.js\"")?;
    let start = script.get(..end)?.rfind('"')?;
    let (before, behind) = (script.get(..start)?, script.get(end + "_bg.js".len()..)?);
    Some(format!("{before}\"{IMPORTED_FROM}{behind}"))
}

/// What wasm-opt does. It shortens the names of imports only together with those of exports, unless
/// the module is Emscripten's.
const PASSES: &[&str] = &[
    "--minify-imports-and-exports-and-modules",
    "--strip-producers",
    "--strip-target-features",
];

/// How the names of wasm-bindgen's imports begin.
const GENERATED: &str = "__wb";

/// The module that everything is imported from, as wasm-opt names it.
const IMPORTED_FROM: &str = "a";

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "__wbg_close_01 => $\n__wbindgen_malloc => a\nmemory => b\n";

    #[test]
    fn a_script_has_the_modules_short_names() {
        let script = r#"const memory = () => wasm.memory.buffer, x = wasm.__wbindgen_malloc;
            return { "./client_bg.js": { __wbg_close_01: f, __wbg_close_012: g } };"#;
        let expected = r#"const memory = () => wasm.b.buffer, x = wasm.a;
            return { "a": { $: f, __wbg_close_012: g } };"#;
        assert_eq!(renamed(script, &names(PRINTED)).as_deref(), Ok(expected));
    }

    #[test]
    fn a_script_of_another_module_is_refused() {
        let script = r#"wasm.memory, wasm.__wbindgen_malloc, { "./client_bg.js": {} }"#;
        let error = renamed(script, &names(PRINTED)).expect_err("it lacks an import");
        assert!(error.contains("__wbg_close_01"), "{error}");
        assert!(renamed("wasm.memory", &names("memory => b")).is_err());
    }

    #[test]
    fn a_module_has_the_script_of_its_name() {
        let script = script_of(Path::new("dist/client-0a1b_bg.wasm"));
        assert_eq!(script, Some(PathBuf::from("dist/client-0a1b.js")));
        assert_eq!(script_of(Path::new("dist/pipeline.wasm")), None);
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
