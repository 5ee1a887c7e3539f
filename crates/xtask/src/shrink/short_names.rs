//! Short names of the imports and exports shared by a module and its script.
//!
//! wasm-bindgen ends most of these names with a hash of sixteen digits, in the module and in the
//! script. The hashes don't compress and add 4 kB to the first visit. wasm-opt shortens the names
//! in the module and prints the mapping. No tool applies the mapping to the script, so this module
//! does.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

use super::{identifiers::is_name_char, rewrite};
use crate::{
    run::{output, program},
    workspace::Workspace,
};

/// Shortens the names of imports and exports in the module and in its script, and removes the
/// producer sections from the module.
///
/// # Errors
///
/// Returns an error if wasm-opt fails, or if the script does not have the form that the pinned
/// wasm-bindgen writes.
pub(crate) fn shorten(workspace: &Workspace, module: &Path) -> io::Result<()> {
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

/// Returns the script of a module, by the naming scheme of wasm-bindgen.
fn script_of(module: &Path) -> Option<PathBuf> {
    let name = module.file_stem()?.to_str()?.strip_suffix("_bg")?;
    Some(module.with_file_name(format!("{name}.js")))
}

/// Parses the mapping from names to short names that wasm-opt prints.
fn names(printed: &str) -> BTreeMap<&str, &str> {
    let lines = printed.lines();
    lines.filter_map(|line| line.split_once(" => ")).collect()
}

/// Replaces the names in `script` by the module's short names.
///
/// The script uses the names of imports as keys of an object, and the names of exports after
/// `wasm.`. An import's name starts with [`GENERATED`] and never names anything else. An export's
/// name may (`memory`).
///
/// # Errors
///
/// Returns an error if the script lacks an import of a browser's function: then it belongs to
/// another module. It may lack exports, because it does not use all of them.
fn renamed(script: &str, names: &BTreeMap<&str, &str>) -> Result<String, String> {
    let mut text = String::with_capacity(script.len());
    let long_names = names.keys().copied();
    let mut unused: BTreeSet<&str> = long_names.filter(|it| it.starts_with(BROWSER)).collect();
    let mut rest = script;
    while let Some(start) = rest.find(is_name_char) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|it| !is_name_char(it));
        let (name, behind) = from.split_at(end.unwrap_or(from.len()));
        text.push_str(before);
        let is_the_modules = name.starts_with(GENERATED) || text.ends_with("wasm.");
        match names.get(name).filter(|_| is_the_modules) {
            Some(short) => {
                text.push_str(short);
                unused.remove(name);
            }
            None => text.push_str(name),
        }
        rest = behind;
    }
    text.push_str(rest);
    if let Some(name) = unused.first() {
        return Err(format!("the script lacks the module's import {name}"));
    }
    with_short_module_name(&text).ok_or_else(|| "the script lacks the module's imports".to_owned())
}

/// Replaces wasm-bindgen's name for the module that imports come from, such as
/// `"./inturn-web-client_bg.js"`, by [`IMPORTED_FROM`].
fn with_short_module_name(script: &str) -> Option<String> {
    let end = script.find("_bg.js\"")?;
    let start = script.get(..end)?.rfind('"')?;
    let (before, behind) = (script.get(..start)?, script.get(end + "_bg.js".len()..)?);
    Some(format!("{before}\"{IMPORTED_FROM}{behind}"))
}

/// The passes of wasm-opt. It can shorten names of imports without those of exports only in modules
/// from Emscripten.
const PASSES: &[&str] = &[
    "--minify-imports-and-exports-and-modules",
    "--strip-producers",
    "--strip-target-features",
];

/// The prefix of wasm-bindgen's imports, and of some of its exports (`__wbindgen_free`).
const GENERATED: &str = "__wb";

/// The prefix of imports of the browser's functions.
const BROWSER: &str = "__wbg_";

/// The short name that wasm-opt gives to the module that imports come from.
const IMPORTED_FROM: &str = "a";

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "__wbg_close_01 => $\n__wbindgen_malloc => a\nmemory => b\n";

    #[test]
    fn names_in_the_script_are_replaced() {
        let script = r#"const memory = () => wasm.memory.buffer, x = wasm.__wbindgen_malloc;
            return { "./client_bg.js": { __wbg_close_01: f, __wbg_close_012: g } };"#;
        let expected = r#"const memory = () => wasm.b.buffer, x = wasm.a;
            return { "a": { $: f, __wbg_close_012: g } };"#;
        assert_eq!(renamed(script, &names(PRINTED)).as_deref(), Ok(expected));
    }

    #[test]
    fn a_script_need_not_use_an_export() {
        let script = r#"return { "./client_bg.js": { __wbg_close_01: f } };"#;
        let expected = r#"return { "a": { $: f } };"#;
        assert_eq!(renamed(script, &names(PRINTED)).as_deref(), Ok(expected));
    }

    #[test]
    fn a_script_of_another_module_is_refused() {
        let script = r#"wasm.memory, wasm.__wbindgen_malloc, { "./client_bg.js": {} }"#;
        let error = renamed(script, &names(PRINTED)).expect_err("the script lacks an import");
        assert!(error.contains("__wbg_close_01"), "{error}");
        assert!(renamed("wasm.memory", &names("memory => b")).is_err());
    }

    #[test]
    fn a_module_and_its_script_share_a_name() {
        let script = script_of(Path::new("dist/client-0a1b_bg.wasm"));
        assert_eq!(script, Some(PathBuf::from("dist/client-0a1b.js")));
        assert_eq!(script_of(Path::new("dist/pipeline.wasm")), None);
    }
}
