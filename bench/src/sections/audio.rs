//! The sections `audio` and `resamplers`: what the way from the microphone's rate to 16 kHz does to
//! sound, how late it makes it, and how fast it is; for our filter, and for all that are measured
//! beside it.

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

/// Measures our filter beside other resamplers.
pub(crate) fn compare() -> anyhow::Result<Section> {
    let peers = inturn_bench_peers::all();
    println!("A wasm module of each of {} resamplers", peers.len());
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
        title: "Our filter beside other resamplers",
        charts: Vec::new(),
        method: [SIGNALS, LIBRARIES, DELAY, MODULES, SPEEDS]
            .map(str::to_owned)
            .to_vec(),
        figures,
        tables,
    })
}

/// What a table shows of one resampler at one rate.
type Cell = fn(&Measured) -> String;

/// Everything measured; peers are named by their place in the list, ours at 0.
struct All {
    peers: Vec<Peer>,
    measured: Vec<Measured>,
    modules: Vec<Option<Module>>,
    speed: Speed,
}

impl All {
    fn measure(peers: Vec<Peer>, modules: Vec<Option<Module>>, speed: Speed) -> Self {
        println!(
            "Stepped sines and pulses through {} resamplers",
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
                "Noise of Int16 above an ideal 16-bit quantiser's, all rates",
                excess_db,
                "dB",
            )
            .at_most(1.0),
        );
        figures.push(
            Figure::new(
                "Rates at which the cut of blocks changes a bit",
                changed.count() as f64,
                "",
            )
            .at_most(0.0),
        );
        figures.extend(self.speed());
        let pipeline = |input| self.speed.pipeline(input, 48_000);
        if let Some((fading, noise)) = pipeline("fading").zip(pipeline("noise")) {
            let what = "Pipeline's time for sound that fades below all computing, against noise";
            figures.push(Figure::new(what, noise / fading, "×"));
        }
        figures
    }

    /// What a resampler does to sound, and how late it makes it.
    fn quality(&self) -> Vec<Figure> {
        let rejection = |it: &Measured| -it.quality.spurious_db;
        vec![
            self.at_goal_rates("Ripple to 7.2 kHz", "dB", f64::max, |it| {
                it.quality.ripple_db
            })
            .at_most(0.05),
            self.at_goal_rates("Rejection from 8.1 kHz on", "dB", f64::min, rejection)
                .at_least(100.0),
            self.at_goal_rates("THD+N before Int16", "dB", f64::max, |it| {
                it.quality.thd_n_db
            })
            .at_most(-110.0),
            self.at_goal_rates("Worst delay", "ms", f64::max, |it| it.delay.worst_ms)
                .at_most(7.5),
            self.worst(
                "Images down, 8 and 11.025 kHz",
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
            "Libraries better in quality, delay and wasm bytes at once, by rates",
            better.len() as f64,
            "",
        )
        .at_most(0.0)
    }

    fn speed(&self) -> Vec<Figure> {
        let figure = |rate_hz: u32| {
            let times = |peer: &Peer| self.speed.resampler(peer.id, rate_hz);
            let what = format!("Resampler natively, {rate_hz} Hz, times real time");
            let figure = Figure::new(what, times(&self.peers[0])?, "×");
            Some(self.beside(figure, |peer| {
                Some(format!("{:.0}", times(&self.peers[peer])?))
            }))
        };
        [44_100, 48_000].into_iter().filter_map(figure).collect()
    }

    /// The worst of ours over the rates that the goals are for, the others' beside it.
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
        self.beside(figure, |peer| Some(quantity(worst(peer), unit)))
    }

    /// Adds what others gave, those that stand beside our figures.
    fn beside(&self, figure: Figure, of: impl Fn(usize) -> Option<String>) -> Figure {
        let peers = self.peers.iter().enumerate();
        let beside: Vec<_> = peers
            .filter(|(_, peer)| BESIDE.contains(&peer.id))
            .filter_map(|(place, peer)| Some(format!("{}: {}", peer.name, of(place)?)))
            .collect();
        if beside.is_empty() {
            figure
        } else {
            figure.beside(beside.join("; "))
        }
    }

    /// A table for each kind of figure.
    fn by_rate(&self) -> Vec<Table> {
        let mut tables = Vec::new();
        let columns: [(&str, Cell); 4] = [
            (
                "Out of place (aliases from 8.1 kHz on, or images), dB",
                |it| format!("{:.1}", it.quality.spurious_db),
            ),
            ("Ripple in the pass band, dB", |it| {
                format!("{:.4}", it.quality.ripple_db)
            }),
            ("THD+N in the pass band before Int16, dB", |it| {
                format!("{:.1}", it.quality.thd_n_db)
            }),
            ("Worst delay (of it held for a block), ms", |it| {
                format!("{:.2} ({:.2})", it.delay.worst_ms, it.delay.held_ms)
            }),
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

    /// What only ours is asked.
    fn ours(&self) -> Table {
        let columns = [
            "From, Hz",
            "Same bits however cut",
            "Coefficients, kB",
            "Designed in, ms",
            "Whole pipeline natively, times real time",
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
            title: "Resamplers alone, natively: times real time (of this filter's)".to_owned(),
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

const SIGNALS: &str = "All resampling is to 16 kHz, natively, with the same input in the same run: sines stepped through the pass band \
     (to 7.2 kHz; to 0.85 and 0.9 of the input's band at 8 and 11.025 kHz), through 8.1 to 8.6 kHz and on to half the input's \
     rate; where the input is no faster than 16 kHz, through all of its band. *Ripple* is the worst departure from unity gain. \
     *Out of place* is the loudest that comes of a tone that lies above the output's band, or of a tone's images. *THD+N* is \
     the worst of a tone in the pass band.";

const LIBRARIES: &str = "A library is taken with its own defaults unless its name says more; libsamplerate is the C library translated to \
     Rust by a program.";

const DELAY: &str = "*Delay* is true: a pulse tells at what time of the input each sample of the output is, and the input is given frame \
     by frame until that sample can be taken. It counts the filter and what waits for a whole block, at worst; not the \
     worklet's blocks of 25 ms nor the chunks of 100 ms, which come on top whatever resamples.";

const MODULES: &str = "The wasm module holds one resampler, an allocator and the border to JavaScript, built with the client's profile \
     and `wasm-opt -Oz`; bytes are those of brotli at its highest quality. libsamplerate can't be built for bare wasm, and \
     counts as of no size in the verdict. A library is better if its quality meets all goals or is nowhere behind this \
     filter's, its worst delay is shorter and its module smaller, at one rate.";

const SPEEDS: &str = "Speeds are medians of criterion on one core, in blocks of 128 frames. Libraries that choose among vector \
     instructions at run time use what this processor has; this filter uses what every x86-64 has. In the browser neither \
     matters: see the section on cost.";

const COMPARISON: &str = "How other resamplers do is in [`resamplers.md`](resamplers.md), measured on its own day: \
     `cargo xtask bench -- resamplers` measures it again.";

/// Rates that devices and browsers run at.
const RATES_HZ: [u32; 11] = [
    8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000,
];

/// Those that the goals are for.
const GOAL_RATES_HZ: [u32; 4] = [32_000, 44_100, 48_000, 96_000];

/// Those below the output's, where images are what goes wrong.
const LOW_RATES_HZ: [u32; 2] = [8_000, 11_025];

/// Whose figures stand beside ours; the tables have all.
const BESIDE: [&str; 3] = ["rubato-sinc", "rubato-fft", "libsamplerate-best"];
