//! Unicode's data, which the browser has.

use inturn_transcript::{Cluster, Unicode};
use js_sys::JsString;
use wasm_bindgen::prelude::*;

/// The browser's data. A test in browsers compares it with the tables of native programs.
pub(crate) const UNICODE: Unicode = Unicode {
    lowercase,
    clusters,
};

#[wasm_bindgen]
extern "C" {
    /// In `unicode.js`: the bytes and the columns of each cluster.
    #[wasm_bindgen(js_name = inturnClusters)]
    fn numbers(text: &str) -> Vec<u32>;
}

fn lowercase(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}

fn clusters(text: &str) -> Vec<Cluster> {
    let numbers = numbers(text);
    let clusters = numbers.chunks_exact(2).map(|it| Cluster {
        bytes: it[0] as usize,
        columns: it[1] as usize,
    });
    clusters.collect()
}
