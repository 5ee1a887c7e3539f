//! A wasm module of each resampler, built as the client is.

use std::{env, fs, io::Write, path::Path, process::Command};

use anyhow::{Context as _, ensure};
use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use inturn_peers::Peer;
use inturn_tests::machine;

/// The size of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Module {
    pub(super) bytes: usize,
    pub(super) brotli_bytes: usize,
}

/// Builds one of each that can be built.
pub(super) fn build(peers: &[Peer]) -> anyhow::Result<Vec<Option<Module>>> {
    let one = |peer: &Peer| peer.in_wasm.then(|| build_one(peer.id)).transpose();
    peers.iter().map(one).collect()
}

fn build_one(id: &str) -> anyhow::Result<Module> {
    let root = machine::repository();
    let target = tempfile::tempdir()?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build
        .current_dir(root)
        .args(["build", "--quiet", "--package", "inturn-peers", "--lib"])
        .args(["--target", "wasm32-unknown-unknown", "--profile", "web"])
        .arg("--no-default-features")
        // Flags for the native build would replace those in `.cargo/config.toml`.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    if id != "linear" {
        build.args(["--features", id]);
    }
    run(&mut build)?;

    let built = root.join("target/wasm32-unknown-unknown/web/inturn_peers.wasm");
    let small = target.path().join("small.wasm");
    let wasm_opt = root.join("target/tools/bin/wasm-opt");
    run(Command::new(wasm_opt)
        .args(["-Oz", "--enable-simd", "--enable-bulk-memory"])
        .args(["--enable-nontrapping-float-to-int", "--enable-sign-ext"])
        .args(["--enable-mutable-globals", "--enable-multivalue"])
        .args([
            "--enable-reference-types",
            "--strip-debug",
            "--strip-producers",
        ])
        .arg(&built)
        .arg("--output")
        .arg(&small))?;
    size(&small)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().display().to_string();
    let status = command
        .status()
        .with_context(|| format!("{name} can't be started"))?;
    ensure!(status.success(), "{name} failed, see above");
    Ok(())
}

fn size(file: &Path) -> anyhow::Result<Module> {
    let content = fs::read(file)?;
    let params = BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: content.len(),
        ..BrotliEncoderParams::default()
    };
    let mut writer = CompressorWriter::with_params(Vec::new(), 64 * 1_024, &params);
    writer.write_all(&content)?;
    Ok(Module {
        bytes: content.len(),
        brotli_bytes: writer.into_inner().len(),
    })
}
