//! The effect of each build setting on the size of the module.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{report::Table, wasm};

/// The module, built with the settings of a release.
pub(super) struct Shipped {
    /// Output of wasm-bindgen, with function names.
    pub(super) bound: PathBuf,
    folder: PathBuf,
}

impl Shipped {
    pub(super) fn build(folder: &Path) -> anyhow::Result<Self> {
        let built = wasm::build(CLIENT, TARGET, &[])?;
        Ok(Self {
            bound: wasm::bind(&built, folder)?,
            folder: folder.to_owned(),
        })
    }

    /// Optimises the module with these arguments of `wasm-opt`.
    pub(super) fn optimised(&self, args: &[&str]) -> anyhow::Result<PathBuf> {
        let to = self.folder.join("optimised.wasm");
        wasm::optimise(&self.bound, args, &to)?;
        Ok(to)
    }
}

/// A build with one changed setting.
struct Lever {
    what: &'static str,
    /// Arguments of cargo; empty if the shipped build is used.
    cargo: &'static [&'static str],
    /// Arguments of `wasm-opt`; empty if it does not run.
    wasm_opt: &'static [&'static str],
}

pub(super) fn table(shipped: &Shipped) -> anyhow::Result<Table> {
    let mut rows = Vec::new();
    let mut first = None;
    for lever in LEVERS {
        let module = if lever.cargo.is_empty() {
            weigh(&shipped.bound, lever.wasm_opt)?
        } else {
            let built = wasm::build(CLIENT, TARGET, lever.cargo)?;
            let folder = tempfile::tempdir()?;
            weigh(&wasm::bind(&built, folder.path())?, lever.wasm_opt)?
        };
        let (raw, packed) = module;
        let base = *first.get_or_insert(packed);
        rows.push(vec![
            lever.what.to_owned(),
            raw.to_string(),
            packed.to_string(),
            format!("{:+.1} %", (packed as f64 / base as f64 - 1.0) * 100.0),
        ]);
    }
    Ok(Table {
        title: "Effect of build settings on the module, bytes".to_owned(),
        columns: ["Setting", "Bytes", "Brotli", "Relative to the first"]
            .map(str::to_owned)
            .into(),
        rows,
    })
}

fn weigh(bound: &Path, wasm_opt: &[&str]) -> anyhow::Result<(usize, usize)> {
    let folder = tempfile::tempdir()?;
    let module = folder.path().join("module.wasm");
    if wasm_opt.is_empty() {
        fs::copy(bound, &module)?;
    } else {
        wasm::optimise(bound, wasm_opt, &module)?;
    }
    wasm::weigh(&module)
}

const LEVERS: [Lever; 11] = [
    Lever {
        what: "as shipped: level z, fat LTO, one codegen unit, `wasm-opt -O2`",
        cargo: &[],
        wasm_opt: STRIPPED,
    },
    Lever {
        what: "`wasm-opt -Oz`",
        cargo: &[],
        wasm_opt: &["-Oz", "--strip-debug", "--strip-producers"],
    },
    Lever {
        what: "`wasm-opt -O3`",
        cargo: &[],
        wasm_opt: &["-O3", "--strip-debug", "--strip-producers"],
    },
    Lever {
        what: "`wasm-opt` only strips names",
        cargo: &[],
        wasm_opt: &["--strip-debug", "--strip-producers"],
    },
    Lever {
        what: "no `wasm-opt`",
        cargo: &[],
        wasm_opt: &[],
    },
    Lever {
        what: "level s",
        cargo: &["--config", "profile.web.opt-level='s'"],
        wasm_opt: STRIPPED,
    },
    Lever {
        what: "level 3",
        cargo: &["--config", "profile.web.opt-level=3"],
        wasm_opt: STRIPPED,
    },
    Lever {
        what: "level 3 for `client-core` only",
        cargo: &[
            "--config",
            "profile.web.package.inturn-client-core.opt-level=3",
        ],
        wasm_opt: STRIPPED,
    },
    Lever {
        what: "no LTO",
        cargo: &["--config", "profile.web.lto='off'"],
        wasm_opt: STRIPPED,
    },
    Lever {
        what: "16 codegen units",
        cargo: &["--config", "profile.web.codegen-units=16"],
        wasm_opt: STRIPPED,
    },
    Lever {
        what: "page part only (two separate modules would each be like this)",
        cargo: &["--no-default-features", "--features", "page"],
        wasm_opt: STRIPPED,
    },
];

/// The arguments in `public/index.html`, and those that remove names.
const STRIPPED: &[&str] = &[
    "-O2",
    "--one-caller-inline-max-function-size=1",
    "--always-inline-max-function-size=6",
    "--strip-debug",
    "--strip-producers",
];

const CLIENT: &str = "inturn-web-client";

/// Separate from the client's target folder, whose last build must not be replaced.
const TARGET: &str = "target/bench/levers";
