//! The section `lateness`: from a sound to the frame that carries it, from a Turn to its paint, from
//! Record to the first sample.

mod clicks;
mod clock;
mod listen;
mod paint;
mod relay;
mod scene;

use std::{fs, path::Path, time::Duration};

use anyhow::Context as _;
use inturn_tests::machine;

use self::{
    listen::Heard,
    scene::{Scene, Who},
};
use crate::{
    chart::{Axis, Chart, Line},
    report::{Figure, Section, Table, quantity},
    statistics::percentile,
};

/// Measures it.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let client = tempfile::tempdir()?;
    with_original(client.path()).context("a copy of the page with its peer beside it")?;

    let mut rows = Vec::new();
    let mut figures = Vec::new();
    let mut firsts = Vec::new();
    let mut paints = Vec::new();
    let mut late = None;
    let mut lines = Vec::new();
    for chunk_ms in [100, 50] {
        let scene = Scene::open(client.path(), chunk_ms).await?;
        for stalled in [false, true] {
            let ours = measure(&scene, Who::Page, stalled).await?;
            firsts.extend(&ours.first_sample_ms);
            rows.push(row(&format!("{chunk_ms} ms"), "Inturn", stalled, &ours));
            if chunk_ms == 100 {
                lines.push(distribution("Inturn", stalled, &ours.lateness_ms));
            }
            let mut figure = figure(chunk_ms, stalled, &ours);
            // The usual way knows chunks of 100 ms.
            if chunk_ms == 100 {
                let original = measure(&scene, Who::Original, stalled).await?;
                rows.push(row("100 ms", "the usual way", stalled, &original));
                lines.push(distribution(
                    "the usual way",
                    stalled,
                    &original.lateness_ms,
                ));
                let p95 = quantity(original.percentile(0.95), "ms");
                figure = figure.beside(format!("the usual way: {p95}"));
            }
            figures.push(figure);
        }
        if chunk_ms == 100 {
            paints = paint::measure(&scene).await?;
            late = Some(listen::late_service(&scene, HELD).await?);
        }
    }
    let paint = Figure::new(
        "From a Turn message to its paint, p95",
        percentile(&paints, 0.95),
        "ms",
    );
    figures.push(paint.at_most(32.0).missed_because(format!(
        "a frame comes each 17 ms, which a message waits for at worst; the median is {} ms",
        ms(percentile(&paints, 0.5))
    )));
    figures.push(Figure::new(
        "From Record to the first captured sample, median",
        percentile(&firsts, 0.5),
        "ms",
    ));
    if let Some(late) = late {
        figures.push(
            Figure::new(
                format!(
                    "Clicks lost while token and socket were {} s late each",
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
            x: Axis::linear("After the sound, in ms"),
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
                    "Beyond the chunk, median",
                    "Beyond the chunk, p95",
                    "Of that, to the worklet, median of each recording",
                    "From there on, median of each recording",
                    "Clicks",
                    "Runs rejected",
                ]
                .map(str::to_owned)
                .to_vec(),
                rows,
            },
            Table {
                title: "From a Turn message to its paint, in ms".to_owned(),
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

/// What share of the sounds was no later than each of them.
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

async fn measure(scene: &Scene, who: Who, stalled: bool) -> anyhow::Result<Heard> {
    let heard = listen::measure(scene, who, stalled).await?;
    let page = if stalled { "stalled" } else { "idle" };
    eprintln!("    {who:?}, {page}: p95 {} ms", ms(heard.percentile(0.95)));
    Ok(heard)
}

fn figure(chunk_ms: u32, stalled: bool, heard: &Heard) -> Figure {
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
            "{} ms are 95 % of the chunk's own length; of the {} ms beyond it, in the median, {} pass \
             between the microphone's block and the audio thread, inside of the browser, and {} from \
             there on, the filter's 4 among them",
            ms(f64::from(chunk_ms) * 0.95),
            ms(percentile(&heard.beyond_ms, 0.5)),
            ms(mean(&heard.to_worklet_ms)),
            ms(mean(&heard.from_worklet_ms)),
        ))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn row(chunk: &str, program: &str, stalled: bool, heard: &Heard) -> Vec<String> {
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
        heard.rejected.to_string(),
    ]
}

fn each_ms(values: &[f64]) -> String {
    let texts: Vec<_> = values.iter().map(|&value| ms(value)).collect();
    texts.join(", ")
}

fn ms(value: f64) -> String {
    format!("{value:.1}")
}

/// The built page, and the peer's files beside it.
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
            "original-worklet.js",
            include_str!("lateness/original/original-worklet.js"),
        ),
    ] {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// How late the token, and then the socket, are made.
const HELD: Duration = Duration::from_secs(3);

const METHOD: [&str; 4] = [
    "The microphone plays clicks at irregular intervals. A click's way begins when the browser has it \
     from the device, read from a tap of its own: a `MediaStreamTrackProcessor` on the microphone's \
     track, whose blocks of 10 ms carry the moment at which the browser got them. (A device's own \
     buffer, which no page can shorten, comes before that: 5 ms in the mean at this block.) It ends \
     when the last byte of the frame that carries the click arrives at a relay on loopback, in front \
     of the service, which is later than its leaving the socket. Both moments are readings of one \
     clock, the system's monotonic one. Which frame carries a click is found in the service's own \
     recording.",
    "A run counts only if the file, the tap and the recording agree on the number of clicks and, \
     within 0.2 ms, on every interval between them. Of a chunk of 100 ms a click waits 0 to 100 ms \
     for the end, so p95 has 95 ms in it that no program can save; what lies beyond that wait is in \
     the table, in two parts: from the microphone's block to the quantum in which a worklet beside the \
     page's own has the click (by whole milliseconds, no worklet has a finer clock), and from there on. \
     Each case is recorded three times, since the first part differs between recordings: the microphone \
     and the sound output, which drives the worklet, tick every 10 ms each. The first second is left \
     out: audio from before the session began goes out as a backlog. A stalled page does nothing else for 200 ms in each second.",
    "The usual way stands for pages in the manner of the service's browser example: a 16 kHz context, \
     a message for each rendering quantum to the page's thread, buffer and socket there. It was \
     written for this measurement.",
    "A Turn's way begins when the relay has the service's message, and ends when the page's thread \
     has laid out and painted the first frame that shows its words (a message posted in the frame's \
     last callback is read); the compositor's part behind that is not in it. Chromium is headless and \
     makes sixty frames a second. Record's way begins with the click on it, and ends with the moment \
     of the first sample that the service received, on the tap's line of time.",
];
