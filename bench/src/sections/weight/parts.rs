//! Composition of the module, by the names of its functions.

use std::{collections::BTreeMap, fs};

use anyhow::Context as _;
use wasmparser::{KnownCustom, Name, Parser, Payload};

use super::levers::Shipped;
use crate::report::Table;

pub(super) fn table(shipped: &Shipped) -> anyhow::Result<Table> {
    let module = fs::read(shipped.optimised(&["-O2", "-g"])?)?;
    let functions = functions(&module)?;
    let all: usize = functions.iter().map(|(_, bytes)| bytes).sum();
    let mut parts = BTreeMap::<&str, (usize, usize)>::new();
    for (name, bytes) in &functions {
        let part = PARTS
            .iter()
            .find(|(_, marks)| marks.iter().any(|mark| name.contains(mark)));
        let (count, sum) = parts
            .entry(part.map_or("other", |(part, _)| part))
            .or_default();
        *count += 1;
        *sum += bytes;
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|(_, (_, bytes))| std::cmp::Reverse(*bytes));
    Ok(Table {
        title: "Composition of the module's code".to_owned(),
        columns: ["Part", "Functions", "Bytes", "Share"]
            .map(str::to_owned)
            .into(),
        rows: parts
            .into_iter()
            .map(|(part, (count, bytes))| {
                vec![
                    part.to_owned(),
                    count.to_string(),
                    bytes.to_string(),
                    format!("{:.1} %", bytes as f64 / all as f64 * 100.0),
                ]
            })
            .collect(),
    })
}

/// Returns the name and the code size of each function.
fn functions(module: &[u8]) -> anyhow::Result<Vec<(String, usize)>> {
    let mut imported = 0;
    let mut lengths = Vec::new();
    let mut names = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if matches!(import?.ty, wasmparser::TypeRef::Func(_)) {
                        imported += 1;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                lengths.push((range.end - range.start) as usize);
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(subsections) = section.as_known() {
                    for subsection in subsections {
                        if let Name::Function(functions) = subsection? {
                            for naming in functions {
                                let naming = naming?;
                                names.insert(naming.index as usize, naming.name.to_owned());
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    lengths
        .into_iter()
        .enumerate()
        .map(|(index, length)| {
            let name = names.get(&(imported + index)).cloned();
            Ok((name.context("function without a name")?, length))
        })
        .collect()
}

/// Parts with substrings of function names. A function belongs to the first part that matches.
const PARTS: &[(&str, &[&str])] = &[
    ("the JSON decoder (serde_json)", &["serde_json"]),
    ("messages between the threads (postcard)", &["postcard"]),
    (
        "serde and derived implementations",
        &["serde_core", "serde::", "Deserialize", "Serialize"],
    ),
    ("audio", &["inturn_client_core::audio"]),
    ("recording and session", &["inturn_client_core"]),
    ("transcript", &["inturn_transcript"]),
    ("views, wording, messages", &["inturn_page_core"]),
    ("messages of service and server", &["inturn_protocol"]),
    ("page and recorder", &["inturn_web_client"]),
    (
        "wasm-bindgen, js-sys, web-sys",
        &[
            "wasm_bindgen",
            "js_sys",
            "web_sys",
            "__externref",
            "__wbindgen",
        ],
    ),
    (
        "allocator",
        &["talc", "__rust_alloc", "__rust_realloc", "__rust_dealloc"],
    ),
    (
        "panics",
        &[
            "panic",
            "slice_index_fail",
            "expect_failed",
            "unwrap_failed",
            "bounds",
        ],
    ),
    ("formatting", &["::fmt", "fmt::"]),
    ("standard library", &["core", "alloc", "std"]),
];
