//! What the recorder's thread has to do with audio.

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
                .beside(format!(
                    "without SIMD: {without:.0} ×; the filter alone in plain JavaScript: {plain:.0} ×; \
                     its multiplications alone, in wasm with SIMD: {bare:.0} ×"
                ))
                .missed_because(format!(
                    "this browser on this machine takes the bare multiplications at {bare:.0} ×, of \
                     which the whole way reaches {:.0} %",
                    with / bare * 100.0
                )),
            );
        }
    }
    section.method.push(format!(
        "*Worker*: the core's recorder itself (`Recorder::handle`: mix down, resample, convert, meter, \
         pace, frame), built as a bare module by the client's own profile and `wasm-opt`, once with \
         SIMD128 as the page has it and once without; a worker of the browser copies blocks of the \
         worklet's length into it and drops the frames. {AUDIO_SECS} s of noise after {WARM_UP_SECS} s \
         that warm up, modules in turns, medians of 9 runs (3 at the less usual rates). Beside it, in the \
         same worker right after it, 3 times: the filter alone as a plain loop of JavaScript with as many \
         coefficients, and no more than as many multiplications and additions of wasm's vectors, from \
         memory at hand, which no such filter can outrun."
    ));
    section.tables.push(Table {
        title: "Worker, times real time by the device's rate".to_owned(),
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

/// Of the same worker, for the filter's work alone.
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
            "{} can't be read: `cargo xtask bench` builds it and names its folder in {MODULES}",
            folder.display()
        )
    })
}

/// Set by `cargo xtask bench`.
const MODULES: &str = "INTURN_BENCH_MODULES";

/// What browsers open devices at.
const RATES: [u32; 11] = [
    8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000,
];

/// Those of nearly all devices.
const USUAL: [u32; 2] = [44_100, 48_000];

const AUDIO_SECS: u32 = 60;
const WARM_UP_SECS: u32 = 20;
