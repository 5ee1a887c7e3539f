//! Speed of the recorder's audio path in a worker.

use std::{env, fs, path::PathBuf};

use anyhow::Context as _;
use inturn_tests::{
    browser::{Browser, Microphone},
    stage::Setting,
};
use serde::Deserialize;
use serde_json::json;

use super::site;
use crate::report::{Figure, Section, Table};

pub(super) async fn measure(section: &mut Section) -> anyhow::Result<()> {
    let simd = module("simd128")?;
    let scalar = module("scalar")?;
    let client = site::bench_folder(&[("simd128.wasm", &simd), ("scalar.wasm", &scalar)])?;
    let stage = Setting::new().with_client(client.path()).open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    browser.go_to(&format!("{}bench.html", stage.url)).await;
    let mut rows = Vec::new();
    for rate in RATES {
        let is_usual = USUAL.contains(&rate);
        let wish = json!({
            "modules": ["simd128.wasm", "scalar.wasm"],
            "rate": rate,
            "seconds": AUDIO_SECS,
            "warmUp": WARM_UP_SECS,
            "runs": if is_usual { 9 } else { 3 },
            "peers": is_usual,
        });
        let measured: Measured = browser.value(&format!("bench.pipeline({wish})")).await;
        let [with, without] = measured.speeds;
        rows.push(vec![
            format!("{} kHz", f64::from(rate) / 1_000.0),
            format!("{with:.0} ×"),
            format!("{without:.0} ×"),
            format!("{:.1} ×", with / without),
        ]);
        if let Some(Peers { plain, bare }) = measured.peers {
            section.figures.push(
                Figure::new(
                    format!(
                        "Worker, resample + convert + frame at {} kHz, times real time",
                        f64::from(rate) / 1_000.0
                    ),
                    with,
                    "×",
                )
                .at_least(300.0)
                .compared_with(format!(
                    "without SIMD: {without:.0} ×; the filter alone in plain JavaScript: \
                     {plain:.0} ×; only the multiplications, in wasm with SIMD: {bare:.0} ×"
                ))
                .missed_because(format!(
                    "on this machine, the multiplications alone run at {bare:.0} ×; the whole path \
                     reaches {:.0} % of that",
                    with / bare * 100.0
                )),
            );
        }
    }
    section.method.push(format!(
        "*Worker*: the recorder of the core (`Recorder::handle`: mix down, resample, convert, \
         meter, pace, frame), built as a separate module with the client's profile and `wasm-opt`, \
         once with SIMD128 as on the page and once without. A worker copies blocks of the \
         worklet's length into it and drops the frames: {AUDIO_SECS} s of noise after a warm-up of \
         {WARM_UP_SECS} s, the two modules alternately. Figures are medians of 9 runs (3 at less \
         common rates). Two peers run in the same worker directly afterwards, 3 times each: the \
         filter alone as a plain JavaScript loop with the same number of coefficients, and only \
         the same number of SIMD multiplications and additions in wasm, on data in the cache: the \
         upper limit for a filter of this length."
    ));
    section.tables.push(Table {
        title: "Worker, times real time, by the device's rate".to_owned(),
        columns: ["Rate", "With SIMD128", "Without", "Gain"]
            .map(str::to_owned)
            .into(),
        rows,
    });
    Ok(())
}

/// Times real time.
#[derive(Deserialize)]
struct Measured {
    /// With vector instructions, and without.
    speeds: [f64; 2],
    peers: Option<Peers>,
}

/// Results for the filter alone, in the same worker.
#[derive(Deserialize)]
struct Peers {
    plain: f64,
    bare: f64,
}

fn module(name: &str) -> anyhow::Result<Vec<u8>> {
    let folder = env::var_os(MODULES)
        .map_or_else(
            || inturn_tests::machine::repository().join("target/bench"),
            PathBuf::from,
        )
        .join(format!("pipeline-{name}.wasm"));
    fs::read(&folder).with_context(|| {
        format!(
            "{} can't be read: `cargo xtask bench` builds it and sets {MODULES} to its folder",
            folder.display()
        )
    })
}

/// Set by `cargo xtask bench`.
const MODULES: &str = "INTURN_BENCH_MODULES";

/// Sample rates that browsers use for devices.
const RATES: [u32; 11] = [
    8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000,
];

/// The rates of nearly all devices.
const USUAL: [u32; 2] = [44_100, 48_000];

const AUDIO_SECS: u32 = 60;
const WARM_UP_SECS: u32 = 20;
