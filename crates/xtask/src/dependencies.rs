//! Checks the dependencies between the workspace's crates in the output of `cargo metadata`.
//!
//! `protocol`, `transcript` ← `client-core` ← `page-core` ← `web-client`, `web-documents`;
//! `protocol ← service ← server`; `protocol`, `moonshine` ← `emulator` ← `server`;
//! `service`, `emulator` ← `cli` ← `server`, `terminal`; `fetch` ← `server`, `xtask`;
//! `client-core`, `service`, `transcript` ← `client` ← `terminal`; `emulator` ← `terminal`.
//! Tests may use all crates.

use std::collections::BTreeMap;

use serde_json::Value;

/// Returns one message for each forbidden dependency.
///
/// # Errors
///
/// Returns an error if `metadata` isn't the output of `cargo metadata`.
pub(crate) fn violations(metadata: &str) -> Result<Vec<String>, serde_json::Error> {
    let metadata: Value = serde_json::from_str(metadata)?;
    Ok(dependency_violations(&metadata))
}

/// Returns the manifests of the crates that only compute. `deny.pure.toml` bans what these may not
/// depend on, directly or not.
pub(crate) fn pure_manifests() -> impl Iterator<Item = String> {
    PURE.iter().map(|name| manifest(name))
}

/// Returns the manifest of a crate that uses the browser.
pub(crate) fn impure_manifest() -> String {
    manifest("inturn-web-client")
}

fn manifest(name: &str) -> String {
    let folder = name.strip_prefix("inturn-").unwrap_or(name);
    format!("crates/{folder}/Cargo.toml")
}

/// Checks dependencies between members of the workspace, including dev- and build-dependencies.
fn dependency_violations(metadata: &Value) -> Vec<String> {
    let members: BTreeMap<&str, &Value> = array(&metadata["packages"])
        // Only packages of this repository have no source.
        .filter(|package| package["source"].is_null())
        .filter_map(|package| Some((package["name"].as_str()?, package)))
        .collect();
    let mut messages = Vec::new();
    for (name, package) in &members {
        let Some((_, allowed)) = ALLOWED.iter().find(|(crate_name, _)| crate_name == name) else {
            messages.push(format!(
                "{name} has no entry in the table of crates/xtask/src/dependencies.rs: add the \
                 crates that it may use."
            ));
            continue;
        };
        for dependency in array(&package["dependencies"]) {
            let Some(used) = dependency["name"].as_str() else {
                continue;
            };
            let is_for_tests = dependency["kind"] == "dev";
            if members.contains_key(used) && !allowed.contains(&used) {
                messages.push(format!("{name} may not depend on {used}."));
            }
            for ban in BANNED.iter().filter(|it| it.by == *name && it.name == used) {
                if !(is_for_tests && ban.tests_may) {
                    messages.push(format!("{name} may not depend on {used}: {}.", ban.reason));
                }
            }
        }
    }
    messages
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
        "inturn-stored",
        &[
            "inturn-client-core",
            "inturn-page-core",
            "inturn-transcript",
        ],
    ),
    (
        "inturn-web-client",
        &[
            "inturn-client-core",
            "inturn-page-core",
            "inturn-protocol",
            "inturn-transcript",
            "inturn-web-browser",
        ],
    ),
    (
        "inturn-web-documents",
        &[
            "inturn-page-core",
            "inturn-stored",
            "inturn-transcript",
            "inturn-web-browser",
        ],
    ),
    ("inturn-web-browser", &[]),
    ("inturn-fetch", &[]),
    ("inturn-moonshine", &[]),
    (
        "inturn-emulator",
        &["inturn-moonshine", "inturn-protocol", "inturn-testkit"],
    ),
    ("inturn-service", &["inturn-protocol"]),
    ("inturn-cli", &["inturn-emulator", "inturn-service"]),
    (
        "inturn-server",
        &[
            "inturn-protocol",
            "inturn-service",
            "inturn-cli",
            "inturn-emulator",
            "inturn-fetch",
            "inturn-testkit",
        ],
    ),
    (
        "inturn-tests",
        &[
            "inturn-protocol",
            "inturn-client-core",
            "inturn-page-core",
            "inturn-stored",
            "inturn-transcript",
            "inturn-web-client",
            "inturn-emulator",
            "inturn-server",
            "inturn-service",
            "inturn-testkit",
        ],
    ),
    (
        "inturn-client",
        &[
            "inturn-client-core",
            "inturn-protocol",
            "inturn-service",
            "inturn-transcript",
            // For its tests.
            "inturn-emulator",
            "inturn-server",
            "inturn-testkit",
        ],
    ),
    (
        "inturn-terminal",
        &[
            "inturn-client",
            "inturn-client-core",
            "inturn-protocol",
            "inturn-service",
            "inturn-cli",
            "inturn-transcript",
            "inturn-emulator",
            "inturn-server",
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
    // client-core's tests use its signals. In native builds only its benches use client-core.
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
    ("xtask", &["inturn-fetch"]),
];

/// An external package on which a crate may not depend directly.
struct Ban {
    by: &'static str,
    name: &'static str,
    /// Whether the crate's tests may.
    tests_may: bool,
    reason: &'static str,
}

/// What crates may not depend on directly.
const BANNED: &[Ban] = &[
    Ban {
        by: "inturn-service",
        name: "axum",
        tests_may: false,
        reason: "native clients are not servers",
    },
    Ban {
        by: "inturn-service",
        name: "clap",
        tests_may: false,
        reason: "each program has its own settings",
    },
    Ban {
        by: "inturn-service",
        name: "governor",
        tests_may: false,
        reason: "only the server has limits",
    },
    Ban {
        by: "inturn-client",
        name: "axum",
        tests_may: true,
        reason: "native clients are not servers",
    },
    Ban {
        by: "inturn-client",
        name: "clap",
        tests_may: false,
        reason: "each program has its own settings",
    },
];

/// The crates that only compute.
const PURE: &[&str] = &[
    "inturn-protocol",
    "inturn-transcript",
    "inturn-client-core",
    "inturn-page-core",
    "inturn-stored",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The name of a package, and its dependencies as (name, kind).
    type Package<'a> = (&'a str, &'a [(&'a str, Option<&'a str>)]);

    /// Builds metadata in which packages called `inturn-…` are members.
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

    fn messages(packages: &[Package<'_>]) -> Vec<String> {
        violations(&metadata(packages)).expect("valid JSON")
    }

    #[test]
    fn dependencies_in_the_table_are_allowed() {
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
        assert_eq!(messages(packages), Vec::<String>::new());
    }

    #[test]
    fn a_forbidden_dependency_of_any_kind_is_reported() {
        for kind in [None, Some("dev"), Some("build")] {
            let packages: &[Package<'_>] = &[
                ("inturn-client-core", &[]),
                ("inturn-server", &[("inturn-client-core", kind)]),
            ];
            let messages = messages(packages);
            assert_eq!(messages.len(), 1, "{kind:?}: {messages:?}");
            assert!(messages[0].contains("inturn-server may not depend on inturn-client-core"));
        }
    }

    #[test]
    fn a_banned_package_is_reported_with_the_reason() {
        let packages: &[Package<'_>] = &[
            ("inturn-service", &[("tokio", None), ("axum", Some("dev"))]),
            ("axum", &[("tokio", None)]),
            ("tokio", &[]),
        ];
        let expected = "inturn-service may not depend on axum: native clients are not servers.";
        assert_eq!(messages(packages), [expected]);
    }

    #[test]
    fn tests_may_use_some_banned_packages() {
        for (kind, expected) in [(Some("dev"), 0), (None, 1), (Some("build"), 1)] {
            let packages: &[Package<'_>] = &[("inturn-client", &[("axum", kind)])];
            assert_eq!(messages(packages).len(), expected, "{kind:?}");
        }
    }

    #[test]
    fn the_manifests_of_pure_crates_exist() {
        for manifest in pure_manifests().chain([impure_manifest()]) {
            let manifest = format!("{}/../../{manifest}", env!("CARGO_MANIFEST_DIR"));
            assert!(std::fs::exists(&manifest).is_ok_and(|it| it), "{manifest}");
        }
    }

    #[test]
    fn a_member_without_an_entry_is_reported() {
        let messages = messages(&[("inturn-unknown", &[])]);
        assert_eq!(messages.len(), 1, "{messages:?}");
    }
}
