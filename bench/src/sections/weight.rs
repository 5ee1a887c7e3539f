//! The section `weight`: what a first visit costs, what the module is made of, and what each lever
//! gives.

mod levers;
mod parts;

use std::fs;

use anyhow::Context as _;
use inturn_tests::{machine, stage::Setting};

use crate::report::{Figure, Section, Table};

/// Measures it.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let files = first_visit().await?;
    let total: usize = files.iter().map(|file| file.wire_bytes).sum();
    let raw: usize = files.iter().map(|file| file.raw_bytes).sum();
    let mut rows: Vec<Vec<String>> = files.iter().map(File::row).collect();
    rows.push(vec!["all".to_owned(), raw.to_string(), total.to_string()]);

    let folder = tempfile::tempdir()?;
    let shipped = levers::Shipped::build(folder.path())?;
    Ok(Section {
        title: "Weight",
        method: vec![
            "*A first visit* is every file of the page and its configuration, asked of the real server \
             as a browser asks (`Accept-Encoding: br`), bodies only. `cargo xtask test` fails when they \
             grow by 5 % over what is written down in `crates/xtask/src/weight.rs`."
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
        figures: vec![
            Figure::new("First visit, all files together", total as f64 / 1e3, "kB")
                .at_most(70.0)
                .beside(format!("uncompressed: {:.0} kB", raw as f64 / 1e3))
                .missed_because(module_share(&files)),
        ],
        tables: vec![
            Table {
                title: "A first visit, bytes".to_owned(),
                columns: ["File", "As built", "Over the wire"].map(str::to_owned).into(),
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
            file.wire_bytes as f64 / 1e3,
            file.name
        )
    })
}

/// One thing a page load asks for.
struct File {
    name: String,
    raw_bytes: usize,
    wire_bytes: usize,
}

impl File {
    fn row(&self) -> Vec<String> {
        vec![
            format!("`{}`", self.name),
            self.raw_bytes.to_string(),
            self.wire_bytes.to_string(),
        ]
    }
}

async fn first_visit() -> anyhow::Result<Vec<File>> {
    let stage = Setting::new().open().await;
    let client = reqwest::Client::new();
    let mut names = vec!["config".to_owned()];
    for entry in fs::read_dir(machine::client_dir())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".br") && !name.ends_with(".gz") {
            names.push(name);
        }
    }
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
            *bytes = reply.bytes().await?.len();
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
