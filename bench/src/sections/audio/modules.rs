//! A wasm module for each resampler, built in the same way as the client.

use inturn_bench_peers::Peer;

use crate::wasm;

/// The size of a module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Module {
    pub(super) bytes: usize,
    pub(super) brotli_bytes: usize,
}

/// Builds a module for each peer that supports wasm.
pub(super) fn build(peers: &[Peer]) -> anyhow::Result<Vec<Option<Module>>> {
    let one = |peer: &Peer| peer.in_wasm.then(|| build_one(peer.id)).transpose();
    peers.iter().map(one).collect()
}

fn build_one(id: &str) -> anyhow::Result<Module> {
    let mut args = vec!["--no-default-features"];
    if id != "linear" {
        args.extend(["--features", id]);
    }
    let built = wasm::build("inturn-bench-peers", "target", &args)?;
    let folder = tempfile::tempdir()?;
    let small = folder.path().join("small.wasm");
    wasm::optimise(
        &built,
        &["-Oz", "--strip-debug", "--strip-producers"],
        &small,
    )?;
    let (bytes, brotli_bytes) = wasm::weigh(&small)?;
    Ok(Module {
        bytes,
        brotli_bytes,
    })
}
