//! The section `lateness`: time from a sound to the frame that carries it, from a `Turn` to its
//! paint, and from pressing Record to the first sample.

mod clicks;
mod clock;
mod listen;
pub(crate) mod live;
mod paint;
mod relay;
mod scene;
pub(crate) mod ways;

use std::{fs, path::Path, time::Duration};

use anyhow::Context as _;
use inturn_tests::machine;

use self::{
    listen::Lateness,
    scene::{Program, Scene},
};
use crate::{
    chart::{Axis, Chart, Line},
    report::{Figure, Section, Table, quantity},
    statistics::percentile,
};

/// Measures all of them.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let client = tempfile::tempdir()?;
    with_original(client.path()).context("the page can't be copied")?;

    let mut rows = Vec::new();
    let mut figures = Vec::new();
    let mut firsts = Vec::new();
    let mut paints = Vec::new();
    let mut late = None;
    let mut lines = Vec::new();
    for chunk_ms in [100, 50] {
        let scene = Scene::open(client.path(), chunk_ms).await?;
        for stalled in [false, true] {
            let ours = measure(&scene, Program::Page, stalled).await?;
            firsts.extend(&ours.first_sample_ms);
            rows.push(row(&format!("{chunk_ms} ms"), "Inturn", stalled, &ours));
            if chunk_ms == 100 {
                lines.push(distribution("Inturn", stalled, &ours.lateness_ms));
            }
            let mut figure = figure(chunk_ms, stalled, &ours);
            // The conventional page always has chunks of 100 ms.
            if chunk_ms == 100 {
                let original = measure(&scene, Program::Conventional, stalled).await?;
                rows.push(row("100 ms", CONVENTIONAL, stalled, &original));
                lines.push(distribution(CONVENTIONAL, stalled, &original.lateness_ms));
                let p95 = quantity(original.percentile(0.95), "ms");
                figure = figure.compared_with(format!("conventional page: {p95}"));
            }
            figures.push(figure);
        }
        if chunk_ms == 100 {
            paints = paint::measure(&scene).await?;
            late = Some(listen::late_service(&scene, HELD).await?);
        }
    }
    let paint = Figure::new(
        "From a `Turn` message to its paint, p95",
        percentile(&paints, 0.95),
        "ms",
    );
    figures.push(paint.at_most(32.0).missed_because(format!(
        "a message waits up to 17 ms for the next frame; the median is {} ms",
        ms(percentile(&paints, 0.5))
    )));
    figures.push(Figure::new(
        "From pressing Record to the first captured sample, median",
        percentile(&firsts, 0.5),
        "ms",
    ));
    if let Some(late) = late {
        figures.push(
            Figure::new(
                format!(
                    "Clicks lost while token and socket were each delayed by {} s",
                    HELD.as_secs()
                ),
                late.lost as f64,
                "",
            )
            .at_most(0.0),
        );
    }
    Ok(Section {
        title: "Lateness",
        charts: vec![Chart {
            name: "lateness",
            title: "Sounds whose frame has arrived, chunks of 100 ms",
            x: Axis::linear("Time after the sound, in ms"),
            y: Axis::linear("Share, in %"),
            lines,
        }],
        method: METHOD.iter().map(|&text| text.to_owned()).collect(),
        figures,
        tables: vec![
            Table {
                title: "From a sound to its frame, in ms".to_owned(),
                columns: [
                    "Chunk",
                    "Program",
                    "Page",
                    "Median",
                    "p95",
                    "Worst",
                    "Without the wait for the chunk, median",
                    "Without the wait for the chunk, p95",
                    "Of that, up to the worklet (median of each recording)",
                    "Of that, after it (median of each recording)",
                    "Clicks",
                    "Rejected runs",
                ]
                .map(str::to_owned)
                .to_vec(),
                rows,
            },
            Table {
                title: "From a `Turn` message to its paint, in ms".to_owned(),
                columns: ["Median", "p95", "Worst", "Messages"]
                    .map(str::to_owned)
                    .to_vec(),
                rows: vec![vec![
                    ms(percentile(&paints, 0.5)),
                    ms(percentile(&paints, 0.95)),
                    ms(percentile(&paints, 1.0)),
                    paints.len().to_string(),
                ]],
            },
        ],
    })
}

/// Returns the cumulative distribution of the lateness.
fn distribution(program: &str, stalled: bool, lateness_ms: &[f64]) -> Line {
    let mut sorted = lateness_ms.to_vec();
    sorted.sort_by(f64::total_cmp);
    let share = 100.0 / sorted.len() as f64;
    Line {
        name: format!("{program}{}", if stalled { ", page stalled" } else { "" }),
        points: (1..=sorted.len())
            .map(|count| (sorted[count - 1], count as f64 * share))
            .collect(),
    }
}

async fn measure(scene: &Scene, program: Program, stalled: bool) -> anyhow::Result<Lateness> {
    let heard = listen::measure(scene, program, stalled).await?;
    let page = if stalled { "stalled" } else { "idle" };
    eprintln!(
        "    {program:?}, {page}: p95 {} ms",
        ms(heard.percentile(0.95))
    );
    Ok(heard)
}

fn figure(chunk_ms: u32, stalled: bool, heard: &Lateness) -> Figure {
    let (goal, page) = match (chunk_ms, stalled) {
        (100, false) => (115.0, ""),
        (100, true) => (125.0, ", page stalled 200 ms a second"),
        (_, false) => (65.0, ""),
        (_, true) => (75.0, ", page stalled 200 ms a second"),
    };
    let what = format!("From a sound to its frame, chunks of {chunk_ms} ms{page}, p95");
    Figure::new(what, heard.percentile(0.95), "ms")
        .at_most(goal)
        .missed_because(format!(
            "{} ms are 95 % of the chunk's length. The median without the wait for the chunk is {} \
             ms: {} ms in the browser, from the microphone's block to the audio thread, and {} ms \
             after that, which includes 4 ms of the filter",
            ms(f64::from(chunk_ms) * 0.95),
            ms(percentile(&heard.beyond_ms, 0.5)),
            ms(mean(&heard.to_worklet_ms)),
            ms(mean(&heard.from_worklet_ms)),
        ))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn row(chunk: &str, program: &str, stalled: bool, heard: &Lateness) -> Vec<String> {
    vec![
        chunk.to_owned(),
        program.to_owned(),
        if stalled { "stalled" } else { "idle" }.to_owned(),
        ms(heard.percentile(0.5)),
        ms(heard.percentile(0.95)),
        ms(heard.percentile(1.0)),
        ms(percentile(&heard.beyond_ms, 0.5)),
        ms(percentile(&heard.beyond_ms, 0.95)),
        each_ms(&heard.to_worklet_ms),
        each_ms(&heard.from_worklet_ms),
        heard.lateness_ms.len().to_string(),
        heard.rejections.len().to_string(),
    ]
}

fn each_ms(values: &[f64]) -> String {
    let texts: Vec<_> = values.iter().map(|&value| ms(value)).collect();
    texts.join(", ")
}

fn ms(value: f64) -> String {
    format!("{value:.1}")
}

/// Copies the built page and the files of the conventional page into `folder`.
fn with_original(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(machine::client_dir())? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    for (name, text) in [
        (
            "original.html",
            include_str!("lateness/original/original.html"),
        ),
        ("original.js", include_str!("lateness/original/original.js")),
        ("tap-worklet.js", include_str!("lateness/tap-worklet.js")),
        (
            "track-worker.js",
            include_str!("lateness/ways/track-worker.js"),
        ),
        (
            "original-worklet.js",
            include_str!("lateness/original/original-worklet.js"),
        ),
    ] {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Delay of the token, and then of the socket.
const HELD: Duration = Duration::from_secs(3);

/// Name of the peer, `original/`.
const CONVENTIONAL: &str = "conventional page";

const METHOD: [&str; 4] = [
    "*From a sound to its frame*: a fake microphone plays a file with clicks at irregular \
     intervals. The time of a click starts when the browser receives it from the device. A tap in \
     the page reads that moment: a `MediaStreamTrackProcessor` on the microphone's track gets \
     blocks of 10 ms with the time at which the browser received them. (The device's own buffer \
     comes before that; no page can shorten it. With this block size it is 5 ms on average.) The \
     time ends when the last byte of the click's frame reaches a relay on loopback in front of the \
     service, slightly after it has left the browser's socket. Both moments are read from the \
     system's monotonic clock. The service's recording shows which frame contains which click.",
    "A run counts only if the file, the tap and the service's recording have the same number of \
     clicks and the same intervals between them, within 0.2 ms. In a chunk of 100 ms a click waits \
     0 to 100 ms for the chunk's end; so p95 contains 95 ms that no program can avoid. The table \
     shows what remains without this wait, in two parts: from the microphone's block until the \
     click reaches a second worklet next to the page's (in whole milliseconds, the resolution of a \
     worklet's clock), and from there on. Each case has three recordings, because the first part \
     differs between recordings: the microphone and the sound output, which drives the worklet, \
     each have a period of 10 ms. The first second is excluded: audio from before the session \
     leaves as a backlog. A stalled page is blocked for 200 ms in each second.",
    "The *conventional page* works like the service's browser example: an audio context at 16 kHz, \
     a message to the page's thread for each rendering quantum, and buffer and socket in that \
     thread. It was written for this measurement.",
    "*From a `Turn` message to its paint*: the time starts when the service's message arrives at \
     the relay. It ends when the page's thread has laid out and painted the first frame with the \
     words (a message that is posted in the last callback of the frame arrives then). The \
     compositor's work after that is not included. Chromium is headless and draws 60 frames per \
     second. *From pressing Record to the first captured sample*: the time starts with the click \
     on the button and ends at the time of the first sample that the service received, on the \
     tap's timeline.",
];
