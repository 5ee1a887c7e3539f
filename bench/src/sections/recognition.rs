//! The section `recognition`: how accurate the recognisers of the local service are, how late, and
//! for how many people one machine is enough.

mod alignment;
mod corpus;
mod program;
mod session;

use std::{
    env,
    path::{Path, PathBuf},
    thread,
};

use anyhow::Context as _;
use futures_util::future::try_join_all;
use inturn_testkit::words::{words, wrong_words};
use tokio::time::{Instant, sleep};

use self::{
    alignment::{align, errors_ms},
    corpus::{Condition, Recording},
    program::{LOOK_EVERY, Recogniser, Service},
    session::{Heard, Pace, listen},
};
use crate::{
    report::{Figure, Section, Table, quantity},
    statistics::{median, percentile},
};

/// Measures each recogniser.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let package = env::var_os(PACKAGE).map(PathBuf::from);
    let package =
        package.with_context(|| format!("{PACKAGE} is not set: run `cargo xtask bench`"))?;
    let recordings = corpus::recordings(&package)?;
    // Only sentences: each number of people takes as long as they speak.
    let sentences = recordings.iter().take(corpus::NOVEL_SENTENCES);
    let voices: Vec<Vec<i16>> = sentences.map(|it| it.sound.to_int16()).collect();
    let cores = thread::available_parallelism()?.get();
    let mut figures = Vec::new();
    let (mut errors, mut costs, mut people) = (Vec::new(), Vec::new(), Vec::new());
    for recogniser in Recogniser::ALL {
        let name = recogniser.name();
        let rates = error_rates(recogniser, &package, &recordings).await?;
        let start_errors = start_errors_ms(recogniser, &package, &recordings).await?;
        let loads = loads(recogniser, &package, &voices).await?;
        let alone = loads.first().context("nothing was measured")?;
        let enough = loads.iter().filter(|it| it.is_followed()).count();
        let is_ours = recogniser == Recogniser::Moonshine;
        let goal = |figure: Figure, limit| {
            if is_ours {
                figure.at_most(limit)
            } else {
                figure
            }
        };
        figures.extend([
            goal(
                Figure::new(format!("{name}: wrong words, clean"), rates[0], "%"),
                8.0,
            ),
            goal(
                Figure::new(
                    format!("{name}: processor time of a person who speaks"),
                    alone.cores(),
                    "cores",
                ),
                0.6,
            ),
            goal(
                Figure::new(
                    format!("{name}: from a word to its text, p95"),
                    alone.word_p95_ms(),
                    "ms",
                ),
                1_000.0,
            ),
            Figure::new(
                format!("{name}: from a word to its text, median"),
                alone.word_median_ms(),
                "ms",
            ),
            goal(
                Figure::new(
                    format!("{name}: from the end of a turn to its text, p95"),
                    alone.end_p95_ms(),
                    "ms",
                ),
                500.0,
            ),
            Figure::new(
                format!("{name}: error of the start of a word, median"),
                median(&start_errors),
                "ms",
            ),
            Figure::new(
                format!("{name}: error of the start of a word, p90"),
                percentile(&start_errors, 0.9),
                "ms",
            ),
            Figure::new(
                format!("{name}: people at once, per core"),
                enough as f64 / cores as f64,
                "",
            ),
        ]);
        errors.push(row(name, rates.iter().map(|it| quantity(*it, "%"))));
        costs.push(row(
            name,
            [
                quantity(alone.cores(), "cores"),
                quantity(alone.memory_mb, "MB"),
            ],
        ));
        people.extend(loads.iter().map(|load| {
            row(
                name,
                [
                    load.people.to_string(),
                    quantity(load.word_p95_ms(), "ms"),
                    quantity(load.end_p95_ms(), "ms"),
                    quantity(load.cores(), "cores"),
                    quantity(load.memory_mb, "MB"),
                ],
            )
        }));
    }
    let said: usize = recordings.iter().map(|it| words(it.text).len()).sum();
    let seconds: f64 = recordings.iter().map(|it| it.sound.seconds()).sum();
    Ok(Section {
        title: "Recognition",
        charts: Vec::new(),
        method: vec![
            format!(
                "The local service runs in a process of its own, in release mode, with one \
                 recogniser. It hears {} recordings of several speakers ({said} words in \
                 {seconds:.0} s). *Wrong words* is the word error rate: the words that must be \
                 changed, removed or added, divided by those that were said; case and punctuation \
                 do not count, and digits are read as words. The set is small: read the rates as \
                 orders of magnitude. *Noise* is pink, at this distance below the voice; \
                 *telephone* is sampled at 8 kHz.",
                recordings.len()
            ),
            "*Error of the start of a word* is its distance from a forced alignment: from \
             PocketSphinx' decoder with a grammar that allows only what was said. Words that were \
             not recognised, and the second part of words with a hyphen, have none. PocketSphinx \
             itself uses the same models, so its errors are no independent measure."
                .to_owned(),
            format!(
                "*Delays* are measured with the sentences of a novel sent as fast as they are \
                 spoken, one after the other with a second of silence between them. That of a word \
                 is from its end, as the recogniser reports it, to the first message that contains \
                 it. That of a turn is from `ForceEndpoint`, sent with its last sound, to its \
                 final message. Cores in use are processor time divided by the time of the sound, \
                 the real-time factor. Memory is the proportional share of the service and its \
                 children. People speak at the same time, each in a session; they are followed if \
                 both delays are at most {} at p95. The machine also sends the sound.",
                quantity(FOLLOWED_MS, "ms")
            ),
        ],
        figures,
        tables: vec![
            Table {
                title: "Wrong words".to_owned(),
                columns: row("", Condition::ALL.map(Condition::name)),
                rows: errors,
            },
            Table {
                title: "One person".to_owned(),
                columns: row("", ["Processor".to_owned(), "Memory".to_owned()]),
                rows: costs,
            },
            Table {
                title: format!("People at once, on {cores} cores"),
                columns: row(
                    "",
                    ["People", "Word, p95", "Turn, p95", "Processor", "Memory"].map(str::to_owned),
                ),
                rows: people,
            },
        ],
    })
}

fn row(first: &str, rest: impl IntoIterator<Item = String>) -> Vec<String> {
    [first.to_owned()].into_iter().chain(rest).collect()
}

/// Returns the word error rate for each condition, in percent.
async fn error_rates(
    recogniser: Recogniser,
    package: &Path,
    recordings: &[Recording],
) -> anyhow::Result<Vec<f64>> {
    let service = Service::start(recogniser, package).await?;
    let mut rates = Vec::new();
    for condition in Condition::ALL {
        let (mut said, mut wrong) = (0, 0);
        for recording in recordings {
            let sound = condition.apply(&recording.sound).to_int16();
            let heard = listen(service.url(), &[sound], Pace::Fast).await?;
            let expected = words(recording.text);
            let found: Vec<String> = words(&heard.text).into_iter().map(spoken).collect();
            said += expected.len();
            wrong += wrong_words(&expected, &found);
        }
        rates.push(wrong as f64 / said as f64 * 100.0);
    }
    Ok(rates)
}

/// Returns for each word by how much its start differs from that of a forced alignment, in ms.
async fn start_errors_ms(
    recogniser: Recogniser,
    package: &Path,
    recordings: &[Recording],
) -> anyhow::Result<Vec<f64>> {
    let service = Service::start(recogniser, package).await?;
    let mut errors = Vec::new();
    for recording in recordings {
        let heard = listen(service.url(), &[recording.sound.to_int16()], Pace::Fast).await?;
        let aligned = align(recording).await?;
        errors.extend(errors_ms(&aligned, &heard.starts));
    }
    Ok(errors)
}

/// Returns a number as it is spoken. Only those that occur.
fn spoken(word: String) -> String {
    let digits = ["4", "5", "7", "8", "10"];
    let names = ["four", "five", "seven", "eight", "ten"];
    let index = digits.iter().position(|it| **it == word);
    index.map_or(word, |index| names[index].to_owned())
}

/// Measurements while some people speak at the same time.
#[derive(Debug)]
struct Load {
    people: usize,
    heard: Vec<Heard>,
    processor_secs: f64,
    spoken_secs: f64,
    memory_mb: f64,
}

impl Load {
    async fn of(
        people: usize,
        recogniser: Recogniser,
        package: &Path,
        voices: &[Vec<i16>],
    ) -> anyhow::Result<Self> {
        let service = Service::start(recogniser, package).await?;
        let before = service.processor_secs().await?;
        let began = Instant::now();
        let sessions = try_join_all((0..people).map(|index| {
            // At one moment, each says something else.
            let mut parts = voices.to_vec();
            parts.rotate_left(index % voices.len());
            let url = service.url().to_owned();
            async move { listen(&url, &parts, Pace::Spoken).await }
        }));
        tokio::pin!(sessions);
        let mut memory_mb: f64 = 0.0;
        let heard = loop {
            tokio::select! {
                heard = &mut sessions => break heard?,
                () = sleep(LOOK_EVERY) => memory_mb = memory_mb.max(service.memory_mb()?),
            }
        };
        let spoken_secs = began.elapsed().as_secs_f64();
        Ok(Self {
            people,
            heard,
            processor_secs: service.processor_secs().await? - before,
            spoken_secs,
            memory_mb,
        })
    }

    fn word_p95_ms(&self) -> f64 {
        self.p95(|it| &it.word_delays_ms)
    }

    fn word_median_ms(&self) -> f64 {
        let delays = self.heard.iter().flat_map(|it| &it.word_delays_ms);
        median(&delays.copied().collect::<Vec<_>>())
    }

    fn end_p95_ms(&self) -> f64 {
        self.p95(|it| &it.end_delays_ms)
    }

    fn p95(&self, delays: impl Fn(&Heard) -> &Vec<f64>) -> f64 {
        let all: Vec<f64> = self.heard.iter().flat_map(delays).copied().collect();
        percentile(&all, 0.95)
    }

    /// Cores in use.
    fn cores(&self) -> f64 {
        self.processor_secs / self.spoken_secs
    }

    /// Whether each person can read along.
    fn is_followed(&self) -> bool {
        self.word_p95_ms() <= FOLLOWED_MS && self.end_p95_ms() <= FOLLOWED_MS
    }
}

/// Measures with more and more people, up to the first number that is too large.
async fn loads(
    recogniser: Recogniser,
    package: &Path,
    voices: &[Vec<i16>],
) -> anyhow::Result<Vec<Load>> {
    let mut loads = Vec::new();
    for people in 1..=MOST_PEOPLE {
        let load = Load::of(people, recogniser, package, voices).await?;
        let is_followed = load.is_followed();
        loads.push(load);
        if !is_followed {
            break;
        }
    }
    Ok(loads)
}

/// Who reads along notices a longer delay.
const FOLLOWED_MS: f64 = 2_000.0;

/// More are not measured.
const MOST_PEOPLE: usize = 16;

/// The variable with the folder of Moonshine's package.
const PACKAGE: &str = "INTURN_TEST_MOONSHINE_DIR";
