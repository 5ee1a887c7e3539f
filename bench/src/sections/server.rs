//! The section `server`: our token server compared with that of the JavaScript example.

mod idle;
mod load;
pub(super) mod machine;
mod pinned;
mod program;
mod stub;

use std::{collections::BTreeMap, time::Duration};

use self::{
    load::{Load, Run},
    machine::Cores,
    program::{Memory, Program, Server},
    stub::{DELAY_MS, Stub},
};
use crate::{
    chart::{Axis, Chart, Line},
    report::{Figure, Section, Table, quantity},
};

/// Measures both servers.
pub(crate) async fn run() -> anyhow::Result<Section> {
    crate::machine::raise_file_limit();
    let folder = tempfile::tempdir()?;
    let cores = Cores::of_this_process()?;
    let stub = Stub::start(folder.path(), cores).await?;

    let mut idle = BTreeMap::new();
    let mut fast = BTreeMap::new();
    let mut slow = BTreeMap::new();
    for server in Server::BOTH {
        let program = Program::start(server, &stub.fast(), folder.path(), cores).await?;
        // Background work right after the start counts as idle too.
        tokio::time::sleep(Duration::from_secs(1)).await;
        idle.insert(server, program.memory()?);
        fast.insert(server, program);
        let program = Program::start(server, &stub.slow(), folder.path(), cores).await?;
        slow.insert(server, program);
    }

    let mut load = Load::new(folder.path(), cores, stub.process())?;
    for program in fast.values().chain(slow.values()) {
        load.warm_up(program).await?;
    }
    let mut tokens = Vec::new();
    for connections in CONNECTIONS {
        tokens.push(at_connections(&mut load, &stub, &fast, connections).await?);
    }
    let after = memories(&fast)?;
    let mut files = Vec::new();
    for (what, path) in files_of_the_page()? {
        let runs = alternately(&mut load, &fast, &path, 32, ROUNDS).await?;
        files.push((what, runs));
    }
    drop(fast);
    let mut late = Vec::new();
    for connections in CONNECTIONS {
        let rounds = rounds(connections);
        late.push(alternately(&mut load, &slow, "/token", connections, rounds).await?);
    }
    let alone = load.runs_of_stub(&stub.slow(), 32, ROUNDS).await?;
    drop(slow);
    let mut crowds = BTreeMap::new();
    for server in Server::BOTH {
        let program = Program::start(server, &stub.fast(), folder.path(), cores).await?;
        crowds.insert(server, idle::crowd(&mut load, program).await?);
    }

    let measured = Measured {
        tokens,
        late,
        alone,
        files,
        idle,
        after,
        crowds,
    };
    Ok(Section {
        title: "The token server",
        charts: vec![measured.chart()],
        method: method(&load),
        figures: measured.figures(),
        tables: measured.tables(),
    })
}

type Both<T> = BTreeMap<Server, T>;

/// Results of token requests; each figure is the median of its rounds.
struct Tokens {
    runs: Both<Run>,
    /// Connections to the stub, and requests on them.
    upstream: Both<(u64, u64)>,
}

struct Measured {
    /// For each of [`CONNECTIONS`], with the stub that answers at once.
    tokens: Vec<Tokens>,
    /// For each of [`CONNECTIONS`], with the stub that answers late.
    late: Vec<Both<Run>>,
    alone: Run,
    files: Vec<(String, Both<Run>)>,
    idle: Both<Memory>,
    after: Both<Memory>,
    crowds: Both<idle::Crowd>,
}

/// Measures both servers alternately, so that disturbances affect both.
async fn alternately(
    load: &mut Load,
    programs: &Both<Program>,
    path: &str,
    connections: u32,
    rounds: usize,
) -> anyhow::Result<Both<Run>> {
    let mut runs = Both::<Vec<Run>>::new();
    for _ in 0..rounds {
        for (server, program) in programs {
            let run = load.run(program, path, connections).await?;
            runs.entry(*server).or_default().push(run);
        }
    }
    Ok(runs
        .into_iter()
        .map(|(server, runs)| (server, Run::median(&runs)))
        .collect())
}

async fn at_connections(
    load: &mut Load,
    stub: &Stub,
    programs: &Both<Program>,
    connections: u32,
) -> anyhow::Result<Tokens> {
    let mut runs = Both::<Vec<Run>>::new();
    let mut upstream = Both::<(u64, u64)>::new();
    for _ in 0..rounds(connections) {
        for (server, program) in programs {
            let before = stub.counts().await?;
            runs.entry(*server)
                .or_default()
                .push(load.run(program, "/token", connections).await?);
            let after = stub.counts().await?;
            let sum = upstream.entry(*server).or_default();
            // Reading the counters takes one connection and one request.
            sum.0 += after.connections - before.connections - 1;
            sum.1 += after.requests - before.requests - 1;
        }
    }
    let runs = runs
        .into_iter()
        .map(|(server, runs)| (server, Run::median(&runs)))
        .collect();
    Ok(Tokens { runs, upstream })
}

fn memories(programs: &Both<Program>) -> anyhow::Result<Both<Memory>> {
    programs
        .iter()
        .map(|(server, program)| Ok((*server, program.memory()?)))
        .collect()
}

/// Returns the style sheet and the script of the page, each as name in the document and path.
fn files_of_the_page() -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(inturn_tests::machine::client_dir())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kilobytes = quantity(entry.metadata()?.len() as f64 / 1e3, "kB");
        if name.starts_with("style-") && name.ends_with(".css") {
            files.push((format!("style sheet, {kilobytes}"), format!("/{name}")));
        } else if name.starts_with("inturn-web-client-") && name.ends_with(".js") {
            files.push((format!("script, {kilobytes}"), format!("/{name}")));
        }
    }
    anyhow::ensure!(
        files.len() == 2,
        "expected one style sheet and one script in the built page, found {}: build it again",
        files.len()
    );
    files.sort();
    files.reverse();
    Ok(files)
}

/// More rounds for 32 connections, which have goals.
fn rounds(connections: u32) -> usize {
    if connections == 32 { ROUNDS } else { 3 }
}

fn method(load: &Load) -> Vec<String> {
    vec![
        format!(
            "Our server and the baseline ([Express and \
             axios](../bench/peers/express-token-server)) run on one core. The stub of the service \
             (nginx; Debian's echo module delays its answer by {DELAY_MS} ms) and the load \
             generator (wrk, one thread) run on another. Both servers have their default settings, \
             except that our limits are raised to a million tokens, unlimited recordings and \
             unlimited connections of one address, since one client makes all requests. Every \
             token opens a lease, which this client never ends: after 100,000 tokens our server \
             holds as many leases as it ever keeps (about 20 MB). Both serve the same page and \
             write their logs to files; ours logs each request, the baseline none. The servers are \
             measured alternately: {ROUNDS} rounds of {} s at 32 connections, 3 rounds at other \
             numbers. Each figure is the median of its rounds. Versions: {}.",
            load::SECONDS,
            load.versions(),
        ),
        format!(
            "A round is repeated if other programs took more than {} of either core, or CPU steal \
             was more than {} of both. In this run {} rounds were repeated; {} rounds that did not \
             meet these conditions were used.",
            quantity(load::FOREIGN_SHARE * 100.0, "%"),
            quantity(load::STEAL_SHARE * 100.0, "%"),
            load.repeated(),
            load.used_despite_noise(),
        ),
    ]
}

impl Measured {
    fn figures(&self) -> Vec<Figure> {
        let [_, at_32, at_256] = &self.tokens[..] else {
            return Vec::new();
        };
        let p99 = |run: &Run| run.p99_ms;
        let added = |run: &Run| run.p99_ms - DELAY_MS;
        let (script, small) = (&self.files[1], &self.files[0]);
        let upstream = at_256.upstream[&Server::Ours];
        let peers = at_256.upstream[&Server::Baseline];
        vec![
            ratio(
                "Tokens per second at 32 connections",
                &at_32.runs,
                |run| run.requests_per_second,
                "",
            )
            .at_least(10.0)
            .missed_because(systems_share(&at_32.runs)),
            ratio("p99 at 32 connections", &at_32.runs, p99, "ms")
                .at_most(0.15)
                .missed_because(queue(&at_32.runs)),
            ratio(
                "p99 in addition to a service of 50 ms, at 32 connections",
                &self.late[1],
                added,
                "ms",
            )
            .at_most(0.25)
            .missed_because(format!(
                "the stub alone, without a server, adds {} to its {DELAY_MS} ms; {}",
                quantity(added(&self.alone), "ms"),
                queue(&self.late[1]),
            )),
            ratio("Idle memory", &self.idle, Memory::resident_mib, "MiB")
                .at_most(0.12)
                .missed_because(own_memory(&self.idle)),
            ratio(
                "Memory after 256 connections",
                &self.after,
                Memory::resident_mib,
                "MiB",
            )
            .at_most(0.2)
            .missed_because(own_memory(&self.after)),
            ratio(
                &format!("p99 of a file ({})", script.0),
                &script.1,
                p99,
                "ms",
            )
            .at_most(0.4)
            .missed_because(queue(&script.1)),
            ratio(&format!("p99 of a file ({})", small.0), &small.1, p99, "ms")
                .at_most(0.4)
                .missed_because(queue(&small.1)),
            Figure::new(
                format!(
                    "Connections to the service for {} tokens, at 256 connections",
                    upstream.1
                ),
                upstream.0 as f64,
                "",
            )
            .compared_with(format!("baseline: {} for {}", peers.0, peers.1)),
        ]
    }

    fn chart(&self) -> Chart {
        let line = |server: Server| Line {
            name: server.to_string(),
            points: CONNECTIONS
                .iter()
                .zip(&self.tokens)
                .map(|(&connections, at)| {
                    let run = &at.runs[&server];
                    (f64::from(connections), run.requests_per_second)
                })
                .collect(),
        };
        Chart {
            name: "tokens",
            title: "Tokens per second, with a service that answers at once",
            x: Axis::logarithmic("Connections"),
            y: Axis::logarithmic("Tokens per second"),
            lines: Server::BOTH.map(line).to_vec(),
        }
    }

    fn tables(&self) -> Vec<Table> {
        let mut tokens = Vec::new();
        for (connections, at) in CONNECTIONS.iter().zip(&self.tokens) {
            for (server, run) in &at.runs {
                tokens.push(run_row(
                    &["at once", &connections.to_string()],
                    *server,
                    run,
                ));
            }
        }
        let after = format!("after {DELAY_MS} ms");
        for (connections, runs) in CONNECTIONS.iter().zip(&self.late) {
            for (server, run) in runs {
                tokens.push(run_row(&[&after, &connections.to_string()], *server, run));
            }
        }
        let mut row = run_row(&[&after, "32"], Server::Ours, &self.alone);
        row[2] = "stub alone".to_owned();
        row[6] = String::new();
        row[7] = String::new();
        tokens.push(row);
        let mut files = Vec::new();
        for (what, runs) in &self.files {
            for (server, run) in runs {
                files.push(run_row(&[what, "32"], *server, run));
            }
        }
        vec![
            Table {
                title: "Tokens".to_owned(),
                columns: columns(&["The service answers", "Connections"], &RUN_COLUMNS),
                rows: tokens,
            },
            Table {
                title: "Files of the page".to_owned(),
                columns: columns(&["File", "Connections"], &RUN_COLUMNS),
                rows: files,
            },
            self.memory_table(),
            idle::table(&self.crowds),
        ]
    }

    fn memory_table(&self) -> Table {
        let mut rows = Vec::new();
        for (when, memories) in [("idle", &self.idle), ("after load", &self.after)] {
            for (server, memory) in memories {
                rows.push(vec![
                    when.to_owned(),
                    server.to_string(),
                    quantity(memory.resident_mib(), "MiB"),
                    quantity(memory.own_mib(), "MiB"),
                    quantity(memory.peak_mib(), "MiB"),
                ]);
            }
        }
        Table {
            title: "Memory".to_owned(),
            columns: columns(&["When", "Server"], &["Resident", "Private", "Peak"]),
            rows,
        }
    }
}

/// Returns our value divided by the baseline's.
fn ratio<T>(what: &str, both: &Both<T>, value: impl Fn(&T) -> f64, unit: &'static str) -> Figure {
    let [ours, baseline] = Server::BOTH.map(|server| value(&both[&server]));
    Figure::new(format!("{what}, ours / baseline"), ours / baseline, "×").compared_with(format!(
        "{} / {}",
        quantity(ours, unit),
        quantity(baseline, unit)
    ))
}

fn run_row(what: &[&str], server: Server, run: &Run) -> Vec<String> {
    let mut row: Vec<String> = what.iter().map(|&word| word.to_owned()).collect();
    row.extend([
        server.to_string(),
        quantity(run.requests_per_second, ""),
        quantity(run.p50_ms, "ms"),
        quantity(run.p99_ms, "ms"),
        quantity(run.cpu_us, "µs"),
        quantity(run.system_us, "µs"),
    ]);
    row
}

fn columns(first: &[&str], rest: &[&str]) -> Vec<String> {
    first
        .iter()
        .chain(rest)
        .map(|&column| column.to_owned())
        .collect()
}

/// Reason for throughput: the kernel's share of the processor time of a request.
fn systems_share(both: &Both<Run>) -> String {
    let [ours, baseline] = Server::BOTH.map(|server| {
        let Run {
            cpu_us, system_us, ..
        } = both[&server];
        format!(
            "{} of {}",
            quantity(system_us, "µs"),
            quantity(cpu_us, "µs")
        )
    });
    format!("the kernel takes {ours} of processor time per request; for the baseline, {baseline}")
}

/// Reason for latency: requests wait for the same core.
fn queue(both: &Both<Run>) -> String {
    let whole_ms = both[&Server::Ours].cpu_us * 32.0 / 1_000.0;
    format!(
        "32 simultaneous requests take {} of the one core",
        quantity(whole_ms, "ms")
    )
}

/// Reason for memory: which part the server has written.
fn own_memory(both: &Both<Memory>) -> String {
    let [ours, baseline] = Server::BOTH.map(|server| quantity(both[&server].own_mib(), "MiB"));
    format!(
        "{ours} is private memory, the rest is pages of the program and of libraries; the \
         baseline has {baseline} of private memory"
    )
}

const RUN_COLUMNS: [&str; 6] = [
    "Server",
    "Requests per second",
    "p50",
    "p99",
    "CPU time per request",
    "Kernel part",
];

/// One browser, a team whose meetings start at the full hour, and a rush.
const CONNECTIONS: [u32; 3] = [1, 32, 256];

/// Rounds of runs with a goal.
const ROUNDS: usize = 5;
