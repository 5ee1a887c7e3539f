//! Which crate may use which, checked in what `cargo metadata` says.
//!
//! `protocol`, `transcript` ← `client-core` ← `page-core` ← `web-client`; `protocol ← service ← server`;
//! `protocol ← emulator ← server`; and the tests see all.

use std::collections::BTreeMap;

use serde_json::Value;

/// One sentence for each dependency that may not be.
///
/// # Errors
///
/// When `metadata` isn't the output of `cargo metadata`.
pub(crate) fn broken(metadata: &str) -> Result<Vec<String>, serde_json::Error> {
    let metadata: Value = serde_json::from_str(metadata)?;
    Ok(broken_arrows(&metadata))
}

/// The manifests of the crates that only compute. What they may not reach, by whatever way, is in
/// `deny.pure.toml`.
pub(crate) fn pure_manifests() -> impl Iterator<Item = String> {
    PURE.iter().map(|name| manifest(name))
}

/// The manifest of a crate that reaches the browser.
pub(crate) fn impure_manifest() -> String {
    manifest("inturn-web-client")
}

fn manifest(name: &str) -> String {
    let folder = name.strip_prefix("inturn-").unwrap_or(name);
    format!("crates/{folder}/Cargo.toml")
}

/// Dependencies between members of the workspace, those of tests and build scripts included.
fn broken_arrows(metadata: &Value) -> Vec<String> {
    let members: BTreeMap<&str, &Value> = array(&metadata["packages"])
        // Only packages of this repository have no source.
        .filter(|package| package["source"].is_null())
        .filter_map(|package| Some((package["name"].as_str()?, package)))
        .collect();
    let mut sentences = Vec::new();
    for (name, package) in &members {
        let Some((_, allowed)) = ALLOWED.iter().find(|(crate_name, _)| crate_name == name) else {
            sentences.push(format!(
                "{name} has no line in the table of crates/xtask/src/arrows.rs: add what it may use."
            ));
            continue;
        };
        for used in array(&package["dependencies"]).filter_map(|used| used["name"].as_str()) {
            if members.contains_key(used) && !allowed.contains(&used) {
                sentences.push(format!("{name} may not depend on {used}."));
            }
            for (_, _, reason) in BARRED
                .iter()
                .filter(|(by, barred, _)| by == name && *barred == used)
            {
                sentences.push(format!("{name} may not depend on {used}: {reason}."));
            }
        }
    }
    sentences
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Each crate and the members it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("inturn-protocol", &[]),
    ("inturn-transcript", &[]),
    (
        "inturn-client-core",
        &["inturn-protocol", "inturn-transcript", "inturn-bench-kit"],
    ),
    (
        "inturn-page-core",
        &["inturn-client-core", "inturn-protocol", "inturn-transcript"],
    ),
    (
        "inturn-web-client",
        &[
            "inturn-client-core",
            "inturn-page-core",
            "inturn-protocol",
            "inturn-transcript",
        ],
    ),
    ("inturn-emulator", &["inturn-protocol", "inturn-testkit"]),
    ("inturn-service", &["inturn-protocol"]),
    (
        "inturn-server",
        &[
            "inturn-protocol",
            "inturn-service",
            "inturn-emulator",
            "inturn-testkit",
        ],
    ),
    (
        "inturn-tests",
        &[
            "inturn-protocol",
            "inturn-client-core",
            "inturn-page-core",
            "inturn-transcript",
            "inturn-web-client",
            "inturn-emulator",
            "inturn-server",
            "inturn-service",
            "inturn-testkit",
        ],
    ),
    ("inturn-testkit", &[]),
    (
        "inturn-bench",
        &[
            "inturn-protocol",
            "inturn-client-core",
            "inturn-page-core",
            "inturn-transcript",
            "inturn-emulator",
            "inturn-server",
            "inturn-testkit",
            "inturn-tests",
            "inturn-bench-kit",
            "inturn-bench-peers",
        ],
    ),
    // The core's tests use its signals; natively, only its benches use the core.
    (
        "inturn-bench-kit",
        &[
            "inturn-protocol",
            "inturn-client-core",
            "inturn-transcript",
            "inturn-bench-peers",
        ],
    ),
    ("inturn-bench-peers", &["inturn-client-core"]),
    ("xtask", &[]),
];

/// Packages from elsewhere that a crate may not depend on itself, each with the reason.
const BARRED: &[(&str, &str, &str)] = &[
    ("inturn-service", "axum", "native clients serve nothing"),
    (
        "inturn-service",
        "clap",
        "who uses it has settings of its own",
    ),
    ("inturn-service", "governor", "limits are the server's"),
];

/// The crates that only compute.
const PURE: &[&str] = &[
    "inturn-protocol",
    "inturn-transcript",
    "inturn-client-core",
    "inturn-page-core",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A package's name and its dependencies as (name, kind).
    type Package<'a> = (&'a str, &'a [(&'a str, Option<&'a str>)]);

    /// Packages called `inturn-…` are members.
    fn metadata(packages: &[Package<'_>]) -> String {
        let is_member = |name: &str| name.starts_with("inturn-") || name == "xtask";
        let described = packages.iter().map(|(name, uses)| {
            let source = (!is_member(name)).then_some("registry");
            let uses = uses
                .iter()
                .map(|(name, kind)| json!({"name": name, "kind": kind}));
            json!({
                "id": name, "name": name, "source": source,
                "dependencies": uses.collect::<Vec<_>>(),
            })
        });
        json!({ "packages": described.collect::<Vec<_>>() }).to_string()
    }

    fn sentences(packages: &[Package<'_>]) -> Vec<String> {
        broken(&metadata(packages)).expect("valid JSON")
    }

    #[test]
    fn the_drawn_arrows_are_allowed() {
        let packages: &[Package<'_>] = &[
            ("inturn-protocol", &[("serde", None)]),
            ("inturn-client-core", &[("inturn-protocol", None)]),
            (
                "inturn-server",
                &[("inturn-emulator", None), ("tokio", None)],
            ),
            ("inturn-emulator", &[("inturn-protocol", None)]),
            ("serde", &[]),
            ("tokio", &[]),
        ];
        assert_eq!(sentences(packages), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_against_the_drawing_is_named_also_in_tests() {
        for kind in [None, Some("dev"), Some("build")] {
            let packages: &[Package<'_>] = &[
                ("inturn-client-core", &[]),
                ("inturn-server", &[("inturn-client-core", kind)]),
            ];
            let sentences = sentences(packages);
            assert_eq!(sentences.len(), 1, "{kind:?}: {sentences:?}");
            assert!(sentences[0].contains("inturn-server may not depend on inturn-client-core"));
        }
    }

    #[test]
    fn what_a_crate_must_not_know_is_named_with_the_reason() {
        let packages: &[Package<'_>] = &[
            ("inturn-service", &[("tokio", None), ("axum", Some("dev"))]),
            ("axum", &[("tokio", None)]),
            ("tokio", &[]),
        ];
        let expected = "inturn-service may not depend on axum: native clients serve nothing.";
        assert_eq!(sentences(packages), [expected]);
    }

    #[test]
    fn a_pure_crate_is_a_member() {
        for manifest in pure_manifests().chain([impure_manifest()]) {
            let manifest = format!("{}/../../{manifest}", env!("CARGO_MANIFEST_DIR"));
            assert!(std::fs::exists(&manifest).is_ok_and(|it| it), "{manifest}");
        }
    }

    #[test]
    fn a_new_member_must_be_drawn() {
        let sentences = sentences(&[("inturn-terminal", &[])]);
        assert_eq!(sentences.len(), 1, "{sentences:?}");
    }
}
