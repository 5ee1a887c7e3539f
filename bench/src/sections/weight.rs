//! The section `weight`: bytes of a first visit, composition of the wasm module, and the effect of
//! each build setting.

mod levers;
mod parts;

use anyhow::Context as _;
use inturn_tests::{
    machine,
    stage::Setting,
    weight::{self, File, PARTS},
};

use crate::report::{Figure, Section, Table};

/// Measures all of them.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let files = first_visit().await?;
    let raw: u64 = files.iter().map(|file| file.raw_bytes).sum();
    let totals = weight::totals(&files).map_err(anyhow::Error::msg)?;
    let mut figures = Vec::new();
    for (part, total) in PARTS.iter().zip(totals) {
        figures.push(
            Figure::new(
                format!("Loaded until {}", part.name),
                kilobytes(total),
                "kB",
            )
            .at_most(kilobytes(part.budget_bytes))
            .missed_because(module_share(&files)),
        );
    }
    let mut rows: Vec<Vec<String>> = files.iter().map(row).collect();
    rows.push(vec![
        "all".to_owned(),
        String::new(),
        raw.to_string(),
        totals[PARTS.len() - 1].to_string(),
    ]);

    let folder = tempfile::tempdir()?;
    let shipped = levers::Shipped::build(folder.path())?;
    Ok(Section {
        title: "Weight",
        charts: Vec::new(),
        method: vec![
            "*A first visit* fetches all files of the page and its configuration from the real \
             server with `Accept-Encoding: br`, as a browser does; only bodies count. The bytes of \
             a part include those of the parts before it. `tests/src/weight.rs` assigns files to \
             parts and sets the budgets; `cargo xtask test` checks them."
                .to_owned(),
            "*Composition of the module*: the functions of the shipped module by their names, \
             which are stripped later, and by their size before compression. Generic code counts \
             for the crate in its name. Panic messages and number formatting belong to `core` and \
             `alloc`; stable Rust cannot leave them out, and panics on this target always abort."
                .to_owned(),
            "*Build settings*: the module is built again with one setting changed, then processed \
             by wasm-bindgen, `wasm-opt` and brotli like the shipped one. All these builds \
             have long import and export names, so the first row is larger than the shipped file."
                .to_owned(),
        ],
        figures,
        tables: vec![
            Table {
                title: "A first visit, bytes".to_owned(),
                columns: ["File", "Needed until", "Uncompressed", "Transferred"]
                    .map(str::to_owned)
                    .into(),
                rows,
            },
            parts::table(&shipped)?,
            levers::table(&shipped)?,
        ],
    })
}

/// Reason for the weight: the largest file, which the tables break down.
fn module_share(files: &[File]) -> String {
    let heaviest = files.iter().max_by_key(|file| file.wire_bytes);
    heaviest.map_or_else(String::new, |file| {
        format!(
            "{:.1} kB of it are `{}`, broken down below",
            kilobytes(file.wire_bytes),
            file.name
        )
    })
}

fn row(file: &File) -> Vec<String> {
    vec![
        format!("`{}`", file.name),
        file.part()
            .map_or_else(String::new, |part| PARTS[part].name.to_owned()),
        file.raw_bytes.to_string(),
        file.wire_bytes.to_string(),
    ]
}

fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1e3
}

async fn first_visit() -> anyhow::Result<Vec<File>> {
    let stage = Setting::new().open().await;
    let client = reqwest::Client::new();
    let mut names = vec!["config".to_owned()];
    names.extend(
        weight::built(&machine::client_dir())?
            .into_iter()
            .map(|it| it.name),
    );
    names.sort();
    let mut files = Vec::new();
    for name in names {
        let path = if name == "index.html" { "" } else { &name };
        let mut bytes = [0; 2];
        for (encoding, bytes) in ["identity", "br"].into_iter().zip(&mut bytes) {
            let reply = client
                .get(format!("{}{path}", stage.url))
                .header("accept-encoding", encoding)
                .send()
                .await
                .and_then(reqwest::Response::error_for_status)
                .with_context(|| format!("{name} can't be fetched"))?;
            *bytes = reply.bytes().await?.len() as u64;
        }
        let [raw_bytes, wire_bytes] = bytes;
        files.push(File {
            name,
            raw_bytes,
            wire_bytes,
        });
    }
    Ok(files)
}
