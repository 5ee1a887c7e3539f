//! The section `start`: from navigation to a working button, on this machine and on slow networks.

use std::path::Path;

use inturn_tests::{
    browser::{Browser, Microphone},
    stage::Setting,
};
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    host,
    report::{Figure, Section, Table},
    statistics::{median, spread},
};

/// Measures all networks.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let plain = plain_page()?;
    let mut section = Section {
        title: "Start",
        charts: Vec::new(),
        method: vec![METHOD.to_owned()],
        figures: Vec::new(),
        tables: Vec::new(),
    };
    for network in NETWORKS {
        println!("From navigation to a working button: {}", network.name);
        let measured = Measured::on(&network, plain.path()).await;
        section.figures.push(measured.figure(&network));
        section.tables.push(measured.table(&network));
    }
    Ok(section)
}

/// A network as Chromium emulates it.
struct Network {
    name: &'static str,
    /// `None` for no emulation.
    conditions: Option<Conditions>,
    /// Limit for our time as a multiple of the plain page's.
    goal: Option<f64>,
}

struct Conditions {
    bits_per_second: u32,
    round_trip_ms: u32,
}

/// Selects a moment of a start.
type Moment = fn(&Start) -> f64;

/// All runs on one network.
struct Measured {
    ours: Vec<Start>,
    plain: Vec<Start>,
}

/// Moments in milliseconds after navigation; zero if the page does not load that file.
#[derive(Debug, Deserialize)]
struct Start {
    document: f64,
    config_requested: f64,
    config_received: f64,
    glue: f64,
    module: f64,
    worker: f64,
    recorder: f64,
    ready: f64,
    idle: f64,
}

impl Measured {
    async fn on(network: &Network, plain: &Path) -> Self {
        let mut measured = Self {
            ours: Vec::new(),
            plain: Vec::new(),
        };
        for run in 0..=RUNS {
            host::wait_until_quiet().await;
            let ours = start(None, network).await;
            let plain = start(Some(plain), network).await;
            // The first run fills the system's file cache.
            if run > 0 {
                measured.ours.push(ours);
                measured.plain.push(plain);
            }
        }
        measured
    }

    fn figure(&self, network: &Network) -> Figure {
        let [ours, plain] =
            [&self.ours, &self.plain].map(|runs| median(&moments(runs, |it| it.ready)));
        let what = format!(
            "From navigation to a working button, {}, compared with a plain page",
            network.name
        );
        let figure = Figure::new(what, ours / plain, "×")
            .compared_with(format!("{ours:.0} ms / {plain:.0} ms"));
        match network.goal {
            Some(goal) => figure.at_most(goal),
            None => figure,
        }
    }

    fn table(&self, network: &Network) -> Table {
        let row = |what: &str, values: Vec<f64>| {
            vec![
                what.to_owned(),
                format!("{:.0} ms", median(&values)),
                spread(&values),
            ]
        };
        let mut rows: Vec<_> = MOMENTS
            .iter()
            .map(|(what, moment)| row(what, moments(&self.ours, *moment)))
            .collect();
        rows.push(row(
            "plain page: button works",
            moments(&self.plain, |it| it.ready),
        ));
        Table {
            title: format!("Start, milliseconds after navigation, {}", network.name),
            columns: ["Moment", "Median", "Middle half of the runs"]
                .map(str::to_owned)
                .into(),
            rows,
        }
    }
}

fn moments(runs: &[Start], moment: Moment) -> Vec<f64> {
    runs.iter().map(moment).collect()
}

/// Creates a page with the structure of the JavaScript original.
fn plain_page() -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for (name, text) in [
        ("index.html", include_str!("../../web/plain.html")),
        ("index.js", include_str!("../../web/plain.js")),
    ] {
        std::fs::write(folder.path().join(name), text)?;
    }
    Ok(folder)
}

/// Loads the built page, or the page in `client`, in a fresh profile.
async fn start(client: Option<&Path>, network: &Network) -> Start {
    let setting = Setting::new();
    let setting = match client {
        Some(dir) => setting.with_client(dir),
        None => setting,
    };
    let stage = setting.open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    browser.before_each_page(WATCH).await;
    if let Some(conditions) = &network.conditions {
        let bytes_per_second = conditions.bits_per_second / 8;
        browser.devtools("Network.enable", json!({})).await;
        let conditions = json!({
            "offline": false,
            "latency": conditions.round_trip_ms,
            "downloadThroughput": bytes_per_second,
            "uploadThroughput": bytes_per_second,
        });
        browser
            .devtools("Network.emulateNetworkConditions", conditions)
            .await;
    }
    browser.go_to(&stage.url).await;
    browser.wait_for("window.benchIdle").await;
    browser.value(READ_MOMENTS).await
}

const METHOD: &str = "The real server runs on this machine, and each of the 9 runs has a fresh \
     browser profile; figures are medians. The page's clock (`performance.now`) is read at changes \
     of the document. The plain page has the structure of the JavaScript original: a document, a \
     script, and a button that the script enables. The same server serves it, and the two pages \
     are loaded alternately. Our button works when `press.js` is loaded: from then on a press \
     counts, the page shows *Starting…*, and the recording starts when the recorder is ready. \
     Chromium emulates *Fast 4G* and *Slow 3G* (`Network.emulateNetworkConditions`): it delays \
     each response by a round trip and shares the bandwidth among them. Opening a connection takes \
     no extra time.";

/// Records when the button can be pressed, and when the whole program is ready.
const WATCH: &str = "new MutationObserver((_, watch) => {
    if (document.getElementById('record')?.disabled !== false) return;
    window.benchReady ??= performance.now();
    if (document.getElementById('status')?.dataset.state === 'loading') return;
    window.benchIdle = performance.now();
    watch.disconnect();
}).observe(document, { subtree: true, childList: true, attributes: true })";

const READ_MOMENTS: &str = "((entries) => {
    const [document_] = performance.getEntriesByType('navigation');
    const of = (pattern) => entries.find((it) => pattern.test(it.name)) ?? {};
    return {
        document: document_.responseEnd,
        config_requested: of(/\\/config$/).startTime ?? 0,
        config_received: of(/\\/config$/).responseEnd ?? 0,
        glue: of(/client.*\\.js$/).responseEnd ?? 0,
        module: of(/_bg\\.wasm$/).responseEnd ?? 0,
        worker: of(/recorder\\.js$/).startTime ?? 0,
        recorder: of(/recorder\\.js$/).responseEnd ?? 0,
        ready: window.benchReady,
        idle: window.benchIdle,
    };
})(performance.getEntriesByType('resource'))";

/// Rows of the table for our page, in their usual order.
const MOMENTS: &[(&str, Moment)] = &[
    ("document received", |it| it.document),
    ("button works", |it| it.ready),
    ("configuration requested", |it| it.config_requested),
    ("configuration received", |it| it.config_received),
    ("script of the module received", |it| it.glue),
    ("module received", |it| it.module),
    ("script of the recorder requested", |it| it.worker),
    ("script of the recorder received", |it| it.recorder),
    ("recorder ready: an earlier press now records", |it| it.idle),
];

/// The two slow networks are presets of Chromium's developer tools, rounded.
const NETWORKS: [Network; 3] = [
    Network {
        name: "loopback",
        conditions: None,
        goal: None,
    },
    Network {
        name: "Fast 4G (4 Mbit/s, 60 ms)",
        conditions: Some(Conditions {
            bits_per_second: 4_000_000,
            round_trip_ms: 60,
        }),
        goal: Some(1.3),
    },
    Network {
        name: "Slow 3G (400 kbit/s, 400 ms)",
        conditions: Some(Conditions {
            bits_per_second: 400_000,
            round_trip_ms: 400,
        }),
        goal: Some(1.6),
    },
];

const RUNS: usize = 9;
