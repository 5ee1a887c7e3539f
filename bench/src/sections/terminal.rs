//! The section `terminal`: what the terminal client costs, compared with the vendor's
//! library for Python.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use inturn_emulator::{Emulator, Options, RecogniserChoice};
use inturn_testkit::{
    secrets::KEY,
    serving::{Serving, Transport},
};
use inturn_tests::{machine, sound::Sound};
use tempfile::TempDir;
use tokio::{
    process::Command,
    time::{Instant, interval},
};

use super::server::machine::{memory_kib, process_ticks};
use crate::{
    host::{self, TICKS_PER_SECOND},
    report::{Figure, Section, Table, quantity},
    statistics::median,
};

/// Measures both clients with the same recording.
pub(crate) async fn run() -> anyhow::Result<Section> {
    let program = variable("INTURN_BENCH_LISTEN")?;
    let sdk = variable("INTURN_TEST_PYTHON_SDK")?;
    let folder = tempfile::tempdir()?;
    let voice = Voice::write(&folder)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // In turns, so that a change of the machine's speed meets both.
    for _ in 0..RUNS {
        host::wait_until_quiet().await;
        ours.push(Run::of(&voice, |service, file| listen(&program, service, file)).await?);
        host::wait_until_quiet().await;
        theirs.push(Run::of(&voice, |service, file| python(&sdk, service, file)).await?);
    }
    let of = |runs: &[Run], value: Value| median(&runs.iter().map(value).collect::<Vec<_>>());
    let share = |value: Value| of(&ours, value) / of(&theirs, value);
    let rows = ROWS.map(|(what, unit, value)| {
        vec![
            what.to_owned(),
            quantity(of(&ours, value), unit),
            quantity(of(&theirs, value), unit),
        ]
    });
    let size = fs::metadata(&program)?.len() as f64 / 1e6;
    Ok(Section {
        title: "Terminal client",
        charts: Vec::new(),
        method: vec![format!(
            "`inturn-listen` in release mode, and the vendor's library for Python with the loop of \
             its examples (`tests/sdk/transcribe.py`), transcribe the same file of {:.0} s as fast \
             as it is spoken, over TLS, with the emulator in another process, which plays a \
             script. Processor time is that of the whole run, divided by the length of the file. \
             Memory is the peak of the resident set; without files, it is the largest reading of \
             the part that is no file. *First audio* is from the start of the \
             program until the service has audio. Medians of {RUNS} runs each.",
            voice.seconds
        )],
        figures: vec![
            Figure::new(
                "Processor time, as a share of the library for Python",
                share(Run::cores),
                "",
            )
            .at_most(0.1),
            Figure::new(
                "Memory, as a share of the library for Python",
                share(|run| run.memory_mb),
                "",
            )
            .at_most(0.1)
            .missed_because(
                "most of it is the program's own file, of which the system keeps in memory what \
                 has run, and which it can drop",
            ),
            Figure::new(
                "Memory without files, as a share of the library for Python",
                share(|run| run.own_mb),
                "",
            ),
            Figure::new("Size of the program", size, "MB"),
        ],
        tables: vec![Table {
            title: "Compared with the library for Python".to_owned(),
            columns: ["", "inturn-listen", "Python"].map(str::to_owned).to_vec(),
            rows: rows.to_vec(),
        }],
    })
}

/// A recording on the disk.
struct Voice {
    path: PathBuf,
    seconds: f64,
}

impl Voice {
    /// Writes some sentences of a novel, one after the other, until they are long enough.
    fn write(folder: &TempDir) -> anyhow::Result<Self> {
        let mut files: Vec<PathBuf> = fs::read_dir(machine::voices().join("librivox"))?
            .flatten()
            .map(|it| it.path())
            .filter(|it| it.extension().is_some_and(|it| it == "wav"))
            .collect();
        files.sort();
        ensure!(!files.is_empty(), "there are no recorded voices");
        let mut samples = Vec::new();
        for file in files.iter().cycle() {
            let sound = Sound::read_wav(file);
            let sound = sound.with_context(|| format!("can't read {}", file.display()))?;
            samples.extend(sound.at_rate(RATE_HZ).samples);
            if samples.len() as f64 >= MIN_SECONDS * f64::from(RATE_HZ) {
                break;
            }
        }
        let sound = Sound {
            rate_hz: RATE_HZ,
            samples,
        };
        let path = folder.path().join("voice.wav");
        sound.write_wav(&path)?;
        Ok(Self {
            seconds: sound.seconds(),
            path,
        })
    }
}

/// A service for one run.
struct Service {
    emulator: Emulator,
    serving: Serving,
    folder: TempDir,
}

impl Service {
    async fn start() -> anyhow::Result<Self> {
        let emulator = Emulator::new(Options {
            recogniser: RecogniserChoice::Script,
            ..Options::default()
        })?;
        let serving = Serving::start(emulator.router(), Transport::Tls).await;
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(CERTIFICATE), &serving.certificate_pem)?;
        Ok(Self {
            emulator,
            serving,
            folder,
        })
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join(CERTIFICATE)
    }
}

/// What a run has cost.
struct Run {
    first_audio_ms: f64,
    processor_secs: f64,
    memory_mb: f64,
    /// The part of it that is not a file.
    own_mb: f64,
    voice_secs: f64,
}

impl Run {
    /// Runs a client to its end.
    async fn of(
        voice: &Voice,
        client: impl FnOnce(&Service, &Path) -> Command,
    ) -> anyhow::Result<Self> {
        let service = Service::start().await?;
        let ended = || process_ticks(std::process::id()).map(|ticks| ticks.ended);
        let before = ended()?;
        let mut command = client(&service, &voice.path);
        command
            .env("SSL_CERT_FILE", service.certificate())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        let started = Instant::now();
        let mut child = command.spawn()?;
        let process = child.id().context("the client has ended at once")?;
        let has_audio = service
            .emulator
            .wait_for(|logs| logs.iter().any(|it| it.samples > 0));
        tokio::time::timeout(PATIENCE, has_audio)
            .await
            .context("the client sends no audio")?;
        let first_audio_ms = started.elapsed().as_secs_f64() * 1e3;
        let (mut peak_kib, mut own_kib) = (0, 0);
        let mut looks = interval(LOOK_EVERY);
        let status = loop {
            tokio::select! {
                status = child.wait() => break status?,
                _ = looks.tick() => {
                    // Fails once the client has ended.
                    let now = |key| memory_kib(process, "status", key).unwrap_or_default();
                    peak_kib = peak_kib.max(now("VmHWM:"));
                    own_kib = own_kib.max(now("RssAnon:"));
                }
            }
        };
        ensure!(status.success(), "a client has failed: {status}");
        Ok(Self {
            first_audio_ms,
            processor_secs: (ended()? - before) as f64 / TICKS_PER_SECOND,
            memory_mb: peak_kib as f64 * 1024.0 / 1e6,
            own_mb: own_kib as f64 * 1024.0 / 1e6,
            voice_secs: voice.seconds,
        })
    }

    fn cores(&self) -> f64 {
        self.processor_secs / self.voice_secs
    }
}

fn listen(program: &Path, service: &Service, file: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--quiet", "--service-url", &service.serving.url])
        .arg(file)
        // Without the settings of the person who measures, also those in `.env`.
        .env_clear()
        .env("ASSEMBLYAI_API_KEY", KEY)
        .current_dir(service.folder.path());
    command
}

fn python(sdk: &Path, service: &Service, file: &Path) -> Command {
    let host = service.serving.url.trim_start_matches("https://");
    let mut command = Command::new("python3");
    command
        .arg(machine::repository().join("tests/sdk/transcribe.py"))
        .arg(host)
        .arg(file)
        .env("PYTHONPATH", sdk);
    command
}

fn variable(name: &str) -> anyhow::Result<PathBuf> {
    let value = env::var_os(name).map(PathBuf::from);
    value.with_context(|| format!("{name} is not set: run `cargo xtask bench`"))
}

/// A figure of a run.
type Value = fn(&Run) -> f64;

/// What the table shows of a run.
const ROWS: [(&str, &str, Value); 4] = [
    ("Processor", "cores", Run::cores),
    ("Memory", "MB", |run| run.memory_mb),
    ("Memory without files", "MB", |run| run.own_mb),
    ("First audio", "ms", |run| run.first_audio_ms),
];

const RATE_HZ: u32 = 16_000;

/// Long enough that the start is a small part of it.
const MIN_SECONDS: f64 = 30.0;

const RUNS: usize = 3;

/// How often the memory is read. Its peak is kept by the system, so only the last reading counts.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Many times what Python takes to start.
const PATIENCE: Duration = Duration::from_secs(60);

const CERTIFICATE: &str = "certificate.pem";
