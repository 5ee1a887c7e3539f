//! `inturn-moonshine`: recognises speech with Moonshine's library. The server starts it; people
//! have no need to.

mod library;

use std::{
    env,
    io::{self, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use inturn_moonshine::{
    PROGRAM,
    pipe::{Reply, read_audio, write_reply},
};

use self::library::Transcriber;

fn main() -> ExitCode {
    let Some(arguments) = Arguments::parse() else {
        eprintln!(
            "{PROGRAM} recognises speech for the server, which starts it by itself.\n\
             Usage: {PROGRAM} LIBRARY MODEL_FOLDER ARCHITECTURE"
        );
        return ExitCode::from(2);
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{PROGRAM}: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Arguments {
    library: PathBuf,
    model: PathBuf,
    /// The number of the model's architecture in the library's header.
    architecture: u32,
}

impl Arguments {
    fn parse() -> Option<Self> {
        let mut arguments = env::args_os().skip(1);
        let library = arguments.next()?.into();
        let model = arguments.next()?.into();
        let architecture = arguments.next()?.to_str()?.parse().ok()?;
        arguments.next().is_none().then_some(Self {
            library,
            model,
            architecture,
        })
    }
}

/// Answers each piece of audio until the input ends.
fn run(arguments: &Arguments) -> io::Result<()> {
    let mut output = take_output()?;
    be_nice();
    let opened = Transcriber::open(&arguments.library, &arguments.model, arguments.architecture);
    let mut transcriber = match opened {
        Ok(transcriber) => transcriber,
        Err(error) => return write_reply(&mut output, &Reply::Failed(error.to_string())),
    };
    write_reply(&mut output, &Reply::Ready)?;
    answer(&mut io::stdin().lock(), &mut output, &mut transcriber)
}

fn answer(
    input: &mut impl Read,
    output: &mut impl Write,
    transcriber: &mut Transcriber,
) -> io::Result<()> {
    while let Some(samples) = read_audio(input)? {
        let reply = transcriber
            .transcribe(&samples)
            .map_or_else(|error| Reply::Failed(error.to_string()), Reply::Lines);
        write_reply(output, &reply)?;
    }
    Ok(())
}

/// Returns the standard output for the replies. What the library prints goes to the standard error
/// from then on, so that it can't get between them.
#[cfg(unix)]
fn take_output() -> io::Result<std::fs::File> {
    let output = rustix::io::dup(io::stdout())?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(output.into())
}

#[cfg(not(unix))]
fn take_output() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

/// Lowers the priority: audio that waits is recognised later, and nothing else becomes slower.
fn be_nice() {
    /// About a third of the processor time that a process of normal priority gets. With much less,
    /// words would be late whenever the machine is busy.
    #[cfg(unix)]
    const NICENESS: i32 = 5;
    // It fails only if the process may not, and then it recognises at its usual priority.
    #[cfg(unix)]
    let _ = rustix::process::nice(NICENESS);
}
