//! The section `weight`: what a first visit costs, what the module is made of, and what each lever
//! gives.

mod levers;
mod parts;

use anyhow::Context as _;
use inturn_tests::{
    machine,
    stage::Setting,
    weight::{self, File, PARTS},
};

use crate::report::{Figure, Section, Table};

/// Measures it.
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
            "*A first visit* is every file of the page and its configuration, asked of the real server \
             as a browser asks (`Accept-Encoding: br`), bodies only. Each part counts with the parts before \
             it; which file belongs to which part, and each part's budget, is in `tests/src/weight.rs`, to \
             which `cargo xtask test` holds the page."
                .to_owned(),
            "*What it is made of*: the functions of the module as it is shipped, by the names they have \
             before those are taken out, so before compression; generic code counts with the crate whose \
             name it bears. What panics say and how numbers are written is `core` and `alloc`: stable \
             Rust cannot leave it out, and the target has no panics but those that abort."
                .to_owned(),
            "*Levers*: the module built again with one setting changed, then bound, optimised by \
             `wasm-opt -Oz` and compressed by brotli as the shipped one is; names are long in all of \
             them, so that the first row stands above the file of that name."
                .to_owned(),
        ],
        figures,
        tables: vec![
            Table {
                title: "A first visit, bytes".to_owned(),
                columns: ["File", "Needed until", "As built", "Over the wire"]
                    .map(str::to_owned)
                    .into(),
                rows,
            },
            parts::table(&shipped)?,
            levers::table(&shipped)?,
        ],
    })
}

/// What weighs most, which the tables take apart.
fn module_share(files: &[File]) -> String {
    let heaviest = files.iter().max_by_key(|file| file.wire_bytes);
    heaviest.map_or_else(String::new, |file| {
        format!(
            "{:.1} kB of it are `{}`, whose parts are below",
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
