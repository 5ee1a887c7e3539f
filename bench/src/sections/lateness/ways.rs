//! The section `capture`: time from a sound to its frame with other ways to capture.

use inturn_tests::browser::{FILE_HZ, Microphone};
use serde::Deserialize;

use super::{
    clicks,
    listen::Lateness,
    ms,
    scene::{Program, Scene},
    with_original,
};
use crate::{
    report::{Section, Table, quantity},
    statistics::percentile,
};

/// A way to capture.
struct Way {
    name: &'static str,
    /// The query for `ways.js`.
    options: &'static str,
}

/// Properties of an audio context.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    /// In Hz.
    sample_rate: f64,
    /// In seconds.
    base_latency: f64,
}

/// Measures all ways with both devices, alternately.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let client = tempfile::tempdir()?;
    with_original(client.path())?;
    let click = clicks::sound(1.0);
    let mut tables = Vec::new();
    for (device, microphone, tolerance_secs) in [
        (
            "Chromium's fake devices",
            Microphone::Plays(click.clone()),
            0.000_2,
        ),
        // The times of its blocks vary.
        (
            "PulseAudio's null sink and its monitor",
            Microphone::Captures(click, FILE_HZ),
            0.02,
        ),
    ] {
        let scene = Scene::open_with(client.path(), 100, &microphone, tolerance_secs).await?;
        scene
            .browser
            .before_each_page(include_str!("ways/ways.js"))
            .await;
        let mut results: Vec<(Lateness, Context)> = WAYS.map(|_| Default::default()).into();
        for _ in 0..ROUNDS {
            for (way, (lateness, context)) in WAYS.iter().zip(&mut results) {
                lateness.add(&scene, Program::Way(way.options), false).await;
                *context = scene.browser.value(READ_CONTEXT).await;
                eprintln!(
                    "    {device}, {}: {} ms to the worklet, {} ms in all, p95 {} ms",
                    way.name,
                    super::each_ms(&lateness.to_worklet_ms),
                    ms(percentile(&lateness.beyond_ms, 0.5)),
                    ms(lateness.percentile(0.95)),
                );
            }
        }
        tables.push(table(device, &results));
    }
    Ok(Section {
        title: "Ways to capture",
        charts: Vec::new(),
        method: METHOD.iter().map(|&text| text.to_owned()).collect(),
        figures: Vec::new(),
        tables,
    })
}

fn table(device: &str, results: &[(Lateness, Context)]) -> Table {
    let median = |lateness: &Lateness| percentile(&lateness.beyond_ms, 0.5);
    let shipped = median(&results[0].0);
    let rows = WAYS.iter().zip(results).map(|(way, (lateness, context))| {
        vec![
            way.name.to_owned(),
            ms(lateness.percentile(0.95)),
            ms(median(lateness)),
            quantity(median(lateness) / shipped, "×"),
            ms(percentile(&lateness.beyond_ms, 0.95)),
            super::each_ms(&lateness.to_worklet_ms),
            format!("{:.0}", context.sample_rate),
            ms(context.base_latency * 1_000.0),
            lateness.rejections.len().to_string(),
        ]
    });
    Table {
        title: format!("From a sound to its frame by way to capture, {device}, in ms"),
        columns: [
            "Way",
            "p95",
            "Without the wait for the chunk, median",
            "Relative to the first",
            "Without the wait for the chunk, p95",
            "Up to the worklet (median of each recording)",
            "Rate, Hz",
            "`baseLatency`",
            "Rejected runs",
        ]
        .map(str::to_owned)
        .into(),
        rows: rows.collect(),
    }
}

const WAYS: [Way; 7] = [
    Way {
        name: "as shipped",
        options: "{}",
    },
    Way {
        name: "`sinkId: {type: \"none\"}`",
        options: r#"{"sinkId":{"type":"none"}}"#,
    },
    Way {
        name: "`latencyHint: 0`",
        options: r#"{"latencyHint":0}"#,
    },
    Way {
        name: "`latencyHint: 0, sinkId: {type: \"none\"}`",
        options: r#"{"latencyHint":0,"sinkId":{"type":"none"}}"#,
    },
    Way {
        name: "`renderSizeHint: 64`",
        options: r#"{"renderSizeHint":64}"#,
    },
    Way {
        name: "`latencyHint: 0, renderSizeHint: 64`",
        options: r#"{"latencyHint":0,"renderSizeHint":64}"#,
    },
    Way {
        name: "`MediaStreamTrackProcessor` in a worker",
        options: r#"{"direct":true}"#,
    },
];

const READ_CONTEXT: &str = "({
    sampleRate: window.context.sampleRate,
    baseLatency: window.context.baseLatency,
})";

const METHOD: [&str; 3] = [
    "The page records as in the section *Lateness*, with chunks of 100 ms and an idle page, but \
     captures in other ways. A script adds options to each `AudioContext` that the page creates. \
     *`MediaStreamTrackProcessor` in a worker* needs no context: a worker reads the \
     microphone's track and posts the blocks on the worklet's schedule. The ways are measured \
     alternately.",
    "A recording is rejected if the service did not receive all clicks of the tap at the same \
     intervals: the way has lost or repeated samples. *Up to the worklet* is the time from the \
     microphone's block to the audio thread; a worker that reads the track does not wait for that.",
    "Chromium's fake devices are timers. PulseAudio's are real devices to the browser. There, the \
     browser computes when a block was recorded from the latency that PulseAudio reports, so those \
     figures include the device's buffer.",
];

/// Recordings of each way.
const ROUNDS: usize = 3;
