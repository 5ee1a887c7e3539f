//! The sections `audio` and `resamplers`: quality, delay and speed of resampling from the
//! microphone's rate to 16 kHz. `audio` measures our filter, `resamplers` compares it with others.

mod delay;
mod fidelity;
mod modules;
mod response;
mod speed;
mod verdict;

use inturn_bench_kit::int16_excess_db;
use inturn_bench_peers::Peer;
use inturn_client_core::audio::{Resampler, to_int16};

use self::{fidelity::Measured, modules::Module, speed::Speed};
use crate::report::{Figure, Section, Table, quantity};

/// Measures our own filter and pipeline.
pub(crate) fn run() -> anyhow::Result<Section> {
    let ours = inturn_bench_peers::all().into_iter().take(1).collect();
    let all = All::measure(ours, Vec::new(), Speed::of_ours()?);
    let mut tables = vec![all.ours()];
    tables.extend(all.by_rate());
    Ok(Section {
        title: "Audio",
        charts: vec![response::chart(all.peers[0].build)],
        method: [SIGNALS, DELAY, SPEEDS, COMPARISON]
            .map(str::to_owned)
            .to_vec(),
        figures: all.figures(),
        tables,
    })
}

/// Measures our filter and other resamplers.
pub(crate) fn compare() -> anyhow::Result<Section> {
    let peers = inturn_bench_peers::all();
    println!(
        "Building a wasm module for each of {} resamplers",
        peers.len()
    );
    let modules = modules::build(&peers)?;
    let all = All::measure(peers, modules, Speed::of_peers()?);
    let mut figures = all.quality();
    figures.push(all.better_at_once());
    figures.extend(all.speed());
    let mut tables = all.by_rate();
    tables.push(all.speeds());
    tables.push(verdict::table(
        &all.peers,
        &all.measured,
        &all.modules,
        &GOAL_RATES_HZ,
    ));
    Ok(Section {
        title: "Our filter compared with other resamplers",
        charts: Vec::new(),
        method: [SIGNALS, LIBRARIES, DELAY, MODULES, SPEEDS]
            .map(str::to_owned)
            .to_vec(),
        figures,
        tables,
    })
}

/// Formats a table cell of one resampler at one rate.
type Cell = fn(&Measured) -> String;

/// All results. Peers are identified by their index in the list; ours is 0.
struct All {
    peers: Vec<Peer>,
    measured: Vec<Measured>,
    modules: Vec<Option<Module>>,
    speed: Speed,
}

impl All {
    fn measure(peers: Vec<Peer>, modules: Vec<Option<Module>>, speed: Speed) -> Self {
        println!(
            "Resampling stepped sines and pulses with {} resamplers",
            peers.len()
        );
        Self {
            measured: fidelity::measure(&peers, &RATES_HZ),
            peers,
            modules,
            speed,
        }
    }

    fn figures(&self) -> Vec<Figure> {
        let excess_db = RATES_HZ
            .map(|rate_hz| {
                let build = self.peers[0].build;
                let resample = |input: &[f32]| fidelity::resample(build, rate_hz, input);
                int16_excess_db(rate_hz, 20, resample, to_int16)
            })
            .into_iter()
            .fold(f64::MIN, f64::max);
        let changed = (self.measured.iter()).filter(|it| it.peer == 0 && !it.invariant);
        let mut figures = self.quality();
        figures.push(
            Figure::new(
                "Noise of Int16 above that of an ideal 16-bit quantiser, all rates",
                excess_db,
                "dB",
            )
            .at_most(1.0),
        );
        figures.push(
            Figure::new(
                "Rates at which the block size changes a bit",
                changed.count() as f64,
                "",
            )
            .at_most(0.0),
        );
        figures.extend(self.speed());
        let pipeline = |input| self.speed.pipeline(input, 48_000);
        if let Some((fading, noise)) = pipeline("fading").zip(pipeline("noise")) {
            let what = "Time of the pipeline for subnormal samples, relative to noise";
            figures.push(Figure::new(what, noise / fading, "×"));
        }
        figures
    }

    /// Figures of quality and delay.
    fn quality(&self) -> Vec<Figure> {
        let rejection = |it: &Measured| -it.quality.spurious_db;
        vec![
            self.at_goal_rates("Ripple to 7.2 kHz", "dB", f64::max, |it| {
                it.quality.ripple_db
            })
            .at_most(0.05),
            self.at_goal_rates("Alias rejection from 8.1 kHz", "dB", f64::min, rejection)
                .at_least(100.0),
            self.at_goal_rates("THD+N before Int16", "dB", f64::max, |it| {
                it.quality.thd_n_db
            })
            .at_most(-110.0),
            self.at_goal_rates("Worst delay", "ms", f64::max, |it| it.delay.worst_ms)
                .at_most(7.5),
            self.worst(
                "Image rejection, 8 and 11.025 kHz",
                "dB",
                &LOW_RATES_HZ,
                f64::min,
                rejection,
            )
            .at_least(100.0),
        ]
    }

    fn better_at_once(&self) -> Figure {
        let better =
            verdict::better_at_once(&self.peers, &self.measured, &self.modules, &GOAL_RATES_HZ);
        Figure::new(
            "Libraries better in quality, delay and wasm size at once, counted per rate",
            better.len() as f64,
            "",
        )
        .at_most(0.0)
    }

    fn speed(&self) -> Vec<Figure> {
        let figure = |rate_hz: u32| {
            let times = |peer: &Peer| self.speed.resampler(peer.id, rate_hz);
            let what = format!("Native resampler, {rate_hz} Hz, times real time");
            let figure = Figure::new(what, times(&self.peers[0])?, "×");
            Some(self.with_peers(figure, |peer| {
                Some(format!("{:.0}", times(&self.peers[peer])?))
            }))
        };
        [44_100, 48_000].into_iter().filter_map(figure).collect()
    }

    /// Our worst value at [`GOAL_RATES_HZ`], with those of the peers.
    fn at_goal_rates(
        &self,
        what: &str,
        unit: &'static str,
        pick: fn(f64, f64) -> f64,
        of: impl Fn(&Measured) -> f64,
    ) -> Figure {
        let what = format!("{what}; 32, 44.1, 48 and 96 kHz");
        self.worst(&what, unit, &GOAL_RATES_HZ, pick, of)
    }

    fn worst(
        &self,
        what: &str,
        unit: &'static str,
        rates_hz: &[u32],
        pick: fn(f64, f64) -> f64,
        of: impl Fn(&Measured) -> f64,
    ) -> Figure {
        let worst = |peer: usize| {
            let values = rates_hz.iter().map(|&rate_hz| of(self.at(peer, rate_hz)));
            values.reduce(pick).expect("there are rates")
        };
        let figure = Figure::new(what, worst(0), unit);
        self.with_peers(figure, |peer| Some(quantity(worst(peer), unit)))
    }

    /// Adds the values of the peers in [`SHOWN_PEERS`].
    fn with_peers(&self, figure: Figure, of: impl Fn(usize) -> Option<String>) -> Figure {
        let peers = self.peers.iter().enumerate();
        let values: Vec<_> = peers
            .filter(|(_, peer)| SHOWN_PEERS.contains(&peer.id))
            .filter_map(|(index, peer)| Some(format!("{}: {}", peer.name, of(index)?)))
            .collect();
        if values.is_empty() {
            figure
        } else {
            figure.compared_with(values.join("; "))
        }
    }

    /// A table for each measure, with a row for each resampler.
    fn by_rate(&self) -> Vec<Table> {
        let mut tables = Vec::new();
        let columns: [(&str, Cell); 4] = [
            ("Aliases from 8.1 kHz, or images, dB", |it| {
                format!("{:.1}", it.quality.spurious_db)
            }),
            ("Ripple in the pass band, dB", |it| {
                format!("{:.4}", it.quality.ripple_db)
            }),
            ("THD+N in the pass band before Int16, dB", |it| {
                format!("{:.1}", it.quality.thd_n_db)
            }),
            (
                "Worst delay (waiting for a block included in it), ms",
                |it| format!("{:.2} ({:.2})", it.delay.worst_ms, it.delay.held_ms),
            ),
        ];
        for (title, cell) in columns {
            let rows = (0..self.peers.len()).map(|peer| {
                let cells = RATES_HZ.iter().map(|&rate| cell(self.at(peer, rate)));
                std::iter::once(self.peers[peer].name.to_owned())
                    .chain(cells)
                    .collect()
            });
            tables.push(Table {
                title: title.to_owned(),
                columns: std::iter::once("From, Hz".to_owned())
                    .chain(RATES_HZ.map(|rate| rate.to_string()))
                    .collect(),
                rows: rows.collect(),
            });
        }
        tables
    }

    /// Results for our filter only.
    fn ours(&self) -> Table {
        let columns = [
            "From, Hz",
            "Same bits for all block sizes",
            "Coefficients, kB",
            "Design time, ms",
            "Whole native pipeline, times real time",
        ];
        let rows = RATES_HZ.into_iter().map(|rate_hz| {
            let bytes = Resampler::new(rate_hz).map_or(0, |it| it.table_bytes());
            let number = |value: Option<f64>, decimals: usize| {
                value.map_or_else(String::new, |it| format!("{it:.decimals$}"))
            };
            vec![
                rate_hz.to_string(),
                if self.at(0, rate_hz).invariant {
                    "yes"
                } else {
                    "**no**"
                }
                .to_owned(),
                bytes.div_ceil(1_000).to_string(),
                number(self.speed.design_ms(rate_hz), 3),
                number(self.speed.pipeline("noise", rate_hz), 0),
            ]
        });
        Table {
            title: "This filter, by rate".to_owned(),
            columns: columns.map(str::to_owned).to_vec(),
            rows: rows.collect(),
        }
    }

    fn speeds(&self) -> Table {
        let rows = self.peers.iter().map(|peer| {
            let cells = GOAL_RATES_HZ.iter().map(|&rate| {
                let times = self.speed.resampler(peer.id, rate);
                let ours = self.speed.resampler(self.peers[0].id, rate);
                times.zip(ours).map_or_else(String::new, |(times, ours)| {
                    format!("{times:.0} ({:.2})", times / ours)
                })
            });
            std::iter::once(peer.name.to_owned()).chain(cells).collect()
        });
        Table {
            title: "Native resamplers alone, times real time (relative to this filter)".to_owned(),
            columns: std::iter::once("From, Hz".to_owned())
                .chain(GOAL_RATES_HZ.map(|rate| rate.to_string()))
                .collect(),
            rows: rows.collect(),
        }
    }

    fn at(&self, peer: usize, rate_hz: u32) -> &Measured {
        fidelity::find(&self.measured, peer, rate_hz)
    }
}

const SIGNALS: &str = "Native code resamples to 16 kHz, always from the same input: stepped sines \
     in the pass band (up to 7.2 kHz; at 8 and 11.025 kHz up to 0.85 and 0.9 of the input's band), \
     from 8.1 to 8.6 kHz, and from there up to half the input's rate. If the input's rate is 16 \
     kHz or less, the sines cover its whole band. *Ripple* is the largest deviation from unity \
     gain. *Aliases* are what is left of the loudest tone above the output's band; *images* are \
     the loudest copies of a tone at other frequencies. *THD+N* is that of the worst tone in the \
     pass band.";

const LIBRARIES: &str = "Each library has its default settings, unless its name here says \
     otherwise. libsamplerate is the C library, translated to Rust by a program.";

const DELAY: &str = "*Delay* is measured from end to end. A pulse shows which moment of the input \
     each output sample belongs to; the input is then passed in frame by frame until the sample is \
     available. The figure is the worst case. It includes the filter and any wait for a whole \
     block. The worklet's blocks of 25 ms and the chunks of 100 ms come in addition, with \
     any resampler.";

const MODULES: &str = "Each wasm module contains one resampler, an allocator and the interface to \
     JavaScript. It is built with the client's profile and `wasm-opt -Oz`, and its size is that \
     after brotli at the highest quality. libsamplerate can't be built for \
     `wasm32-unknown-unknown`; its size counts as zero. A library is better at a rate if its \
     quality meets all goals or is at least this filter's in each measure, its worst delay is \
     shorter, and its module is smaller.";

const SPEEDS: &str = "Speeds are criterion's medians on one core, in blocks of 128 frames. \
     Libraries that choose vector instructions at run time use those of this processor; this \
     filter uses those that every x86-64 processor has. Neither applies to the browser: for that, \
     see the section on cost.";

const COMPARISON: &str = "[`resamplers.md`](resamplers.md) compares this filter with other \
     resamplers. It has its own date; `cargo xtask bench -- resamplers` measures it again.";

/// Sample rates that devices and browsers use.
const RATES_HZ: [u32; 11] = [
    8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000,
];

/// The rates that the goals apply to.
const GOAL_RATES_HZ: [u32; 4] = [32_000, 44_100, 48_000, 96_000];

/// Rates below the output's, where images are the hazard.
const LOW_RATES_HZ: [u32; 2] = [8_000, 11_025];

/// Peers that are shown next to our figures; the tables have all peers.
const SHOWN_PEERS: [&str; 3] = ["rubato-sinc", "rubato-fft", "libsamplerate-best"];
