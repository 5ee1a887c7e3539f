//! Reads versions from `Cargo.lock`, the one source for the version of a tool that must match a
//! crate.

/// Returns the version of `package` in the text of a `Cargo.lock`; `None` if the package is missing
/// or present in several versions.
pub(crate) fn version_of<'a>(package: &str, lock: &'a str) -> Option<&'a str> {
    let mut versions = lock
        .split("[[package]]")
        .filter_map(|entry| (field(entry, "name")? == package).then(|| field(entry, "version"))?);
    let version = versions.next()?;
    versions.next().is_none().then_some(version)
}

/// Cargo writes each field on a line of its own: `name = "value"`.
fn field<'a>(entry: &'a str, name: &str) -> Option<&'a str> {
    entry.lines().find_map(|line| {
        let value = line.strip_prefix(name)?.strip_prefix(" = \"")?;
        value.strip_suffix('"')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"version = 4

[[package]]
name = "wasm-bindgen"
version = "0.2.130"
dependencies = [
 "cfg-if",
]

[[package]]
name = "wasm-bindgen-macro"
version = "0.2.131"

[[package]]
name = "syn"
version = "1.0.109"

[[package]]
name = "syn"
version = "2.0.50"
"#;

    #[test]
    fn the_version_belongs_to_the_package_of_exactly_this_name() {
        assert_eq!(version_of("wasm-bindgen", LOCK), Some("0.2.130"));
        assert_eq!(version_of("wasm-bindgen-macro", LOCK), Some("0.2.131"));
    }

    #[test]
    fn a_missing_package_has_no_version() {
        assert_eq!(version_of("wasm", LOCK), None);
        assert_eq!(version_of("wasm-bindgen", ""), None);
    }

    #[test]
    fn a_package_with_two_versions_gives_none() {
        assert_eq!(version_of("syn", LOCK), None);
    }

    #[test]
    fn this_repository_has_one_version_of_wasm_bindgen() {
        let lock = include_str!("../../../Cargo.lock");
        assert!(version_of("wasm-bindgen", lock).is_some());
    }
}
