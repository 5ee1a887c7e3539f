//! Builds wasm modules in the same way as the client's, and measures their size.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use inturn_tests::machine;

/// Builds a library of this repository for the browser and returns the path of the module.
///
/// `target` is cargo's target folder, relative to the repository.
pub(crate) fn build(package: &str, target: &str, args: &[&str]) -> anyhow::Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo)
        .current_dir(machine::repository())
        .args(["build", "--quiet", "--package", package, "--lib"])
        .args(["--target", "wasm32-unknown-unknown", "--profile", "web"])
        .args(["--target-dir", target])
        .args(args)
        // Flags for the native build would replace those in `.cargo/config.toml`.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS"))?;
    Ok(machine::repository().join(target).join(format!(
        "wasm32-unknown-unknown/web/{}.wasm",
        package.replace('-', "_")
    )))
}

/// Runs wasm-bindgen, which writes its script and the changed module to `folder`. Returns the path
/// of that module.
pub(crate) fn bind(module: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    run(Command::new(tool("wasm-bindgen"))
        .args(["--target", "web", "--no-typescript", "--out-name", "bound"])
        .arg("--out-dir")
        .arg(folder)
        .arg(module))?;
    Ok(folder.join("bound_bg.wasm"))
}

/// Runs `wasm-opt` with these arguments.
pub(crate) fn optimise(module: &Path, args: &[&str], to: &Path) -> anyhow::Result<()> {
    run(Command::new(tool("wasm-opt"))
        .args(args)
        .args(FEATURES)
        .arg(module)
        .arg("--output")
        .arg(to))
}

/// Returns the size of a file, and its size after brotli at the highest quality.
pub(crate) fn weigh(file: &Path) -> anyhow::Result<(usize, usize)> {
    let content = fs::read(file).with_context(|| format!("{} can't be read", file.display()))?;
    let params = BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: content.len(),
        ..BrotliEncoderParams::default()
    };
    let mut writer = CompressorWriter::with_params(Vec::new(), 64 * 1_024, &params);
    writer.write_all(&content)?;
    Ok((content.len(), writer.into_inner().len()))
}

fn tool(name: &str) -> PathBuf {
    machine::repository().join("target/tools/bin").join(name)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().display().to_string();
    let status = command
        .status()
        .with_context(|| format!("{name} can't be started"))?;
    ensure!(status.success(), "{name} failed, see above");
    Ok(())
}

/// Features that the compiler uses. `wasm-opt` must enable them.
const FEATURES: [&str; 7] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
    "--enable-reference-types",
];
