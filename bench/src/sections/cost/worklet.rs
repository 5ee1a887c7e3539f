//! Processor time of the audio thread.

use inturn_tests::{
    browser::{Browser, Microphone},
    stage::Setting,
};
use serde::Deserialize;
use serde_json::json;

use super::site;
use crate::{
    report::{Figure, Section, Table},
    statistics::{median, spread},
};

#[derive(Deserialize)]
struct Measured {
    /// Microseconds per quantum above those of the empty processor, for each run.
    above: Vec<f64>,
    /// Microseconds per quantum of the empty processor, for each run.
    floor: Vec<f64>,
    messages_a_second: f64,
}

pub(super) async fn measure(section: &mut Section) -> anyhow::Result<()> {
    let client = site::bench_folder(&[])?;
    let stage = Setting::new().with_client(client.path()).open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    browser.go_to(&format!("{}bench.html", stage.url)).await;
    let mut rows = Vec::new();
    for (channels, runs) in [(1, RUNS), (2, RUNS / 3)] {
        let wish = json!({ "channels": channels, "seconds": AUDIO_SECS, "runs": runs });
        let measured: Measured = browser.value(&format!("bench.worklet({wish})")).await;
        let above = median(&measured.above);
        let floor = median(&measured.floor);
        rows.push(vec![
            channels.to_string(),
            format!("{above:.2} µs"),
            spread(&measured.above),
            format!("{floor:.2} µs"),
            format!("{:.1}", measured.messages_a_second),
        ]);
        if channels == 1 {
            section.figures.push(
                Figure::new(
                    "Worklet, time per quantum above an empty processor",
                    above,
                    "µs",
                )
                .at_most(5.0)
                .compared_with(format!("empty processor: {floor:.2} µs"))
                .missed_because(format!(
                    "cause unknown; the middle half of the runs is {} µs",
                    spread(&measured.above)
                )),
            );
            section.figures.push(
                Figure::new(
                    "Messages from the worklet per second of audio",
                    measured.messages_a_second,
                    "",
                )
                .at_most(50.0)
                .compared_with("one per quantum: 375"),
            );
        }
    }
    section.method.push(format!(
        "*Worklet*: an `OfflineAudioContext` at 48 kHz renders {AUDIO_SECS} s of noise at full \
         speed, alternately through the page's `audio-processor.js`, whose port a worker reads, \
         and through a processor that does nothing: {RUNS} times each in mono, a third of that in \
         stereo. The figure is the median of the differences. It includes garbage collection of \
         the blocks."
    ));
    section.tables.push(Table {
        title: "Worklet, by channels".to_owned(),
        columns: [
            "Channels",
            "Time per quantum above an empty processor",
            "Middle half of the runs",
            "Empty processor",
            "Messages per second",
        ]
        .map(str::to_owned)
        .into(),
        rows,
    });
    Ok(())
}

const AUDIO_SECS: u32 = 120;
const RUNS: u32 = 21;
