//! The machine and the versions of the software on it.

use std::{env, fs, process::Command};

/// Returns the date, the machine and the versions, one line each.
pub(crate) fn environment() -> Vec<String> {
    let cores = std::thread::available_parallelism().map_or(0, |count| count.get());
    let model = read("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory = read("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown".to_owned());
    let mut lines = vec![
        format!("Date: {}", output_of(Command::new("date").arg("+%Y-%m-%d"))),
        format!("Machine: {cores} cores ({model}), {memory} of memory"),
        format!(
            "System: {}",
            read_os().unwrap_or_else(|| env::consts::OS.to_owned())
        ),
        format!(
            "Compiler: {}",
            output_of(Command::new("rustc").arg("--version"))
        ),
    ];
    for variable in ["INTURN_CHROMIUM"] {
        if let Some(program) = env::var_os(variable) {
            lines.push(format!(
                "Browser: {}",
                output_of(Command::new(program).arg("--version"))
            ));
        }
    }
    lines
}

/// Raises the limit of open files: a thousand clients need more than the usual default.
pub(crate) fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // If this fails, opening too many connections reports the error.
    let _ = setrlimit(Resource::Nofile, all);
}

fn read(file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn read_os() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let line = text.lines().find(|line| line.starts_with("PRETTY_NAME="))?;
    Some(line.split_once('=')?.1.trim_matches('"').to_owned())
}

fn output_of(command: &mut Command) -> String {
    let output = command.output().ok().filter(|it| it.status.success());
    output.map_or_else(
        || "unknown".to_owned(),
        |it| String::from_utf8_lossy(&it.stdout).trim().to_owned(),
    )
}
