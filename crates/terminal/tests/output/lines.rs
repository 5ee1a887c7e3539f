//! One line for each final turn.

use std::{io, sync::mpsc, time::Duration};

use inturn_client_core::session::{Event, Outage, Progress, State};
use inturn_terminal::output::{Format, OutputError, OutputOptions, Target};
use inturn_transcript::{Change, Session, SessionEnd, TurnState};

use super::run::{LIVE, Run, Stdout, turn, written};

fn run(formatted_follows: bool) -> (Run, Stdout) {
    let stdout = Stdout::default();
    let options = OutputOptions {
        formatted_follows,
        ..OutputOptions::default()
    };
    let output = Box::new(stdout.clone());
    let mut run = Run::with(Format::Text, &Target::Stdout, options, output).expect("opens");
    run.begin(1).expect("written");
    (run, stdout)
}

#[test]
fn each_final_turn_is_one_line_and_nothing_else_is_written() {
    let (mut run, stdout) = run(false);
    for (id, state, text) in [
        (1, TurnState::Open, "one"),
        (1, TurnState::Formatted, "one \x1b[31mtwo"),
        (2, TurnState::Open, "three"),
    ] {
        run.change(turn(1, id, state, text)).expect("written");
    }
    assert_eq!(stdout.text(), "one [31mtwo\n");
    run.change(turn(1, 2, TurnState::Formatted, "three"))
        .expect("written");
    run.change(turn(1, 1, TurnState::Formatted, "one"))
        .expect("written");
    run.end().expect("written");
    run.finish().expect("written");
    assert_eq!(stdout.text(), "one [31mtwo\nthree\n");
}

#[test]
fn a_formatted_version_is_awaited_if_it_follows() {
    let (mut run, stdout) = run(true);
    run.change(turn(1, 1, TurnState::Raw, "one"))
        .expect("written");
    assert_eq!(stdout.text(), "");
    run.change(turn(1, 1, TurnState::Formatted, "One."))
        .expect("written");
    run.change(turn(1, 2, TurnState::Raw, "two"))
        .expect("written");
    run.end().expect("written");
    assert_eq!(stdout.text(), "One.\ntwo\n");
}

#[test]
fn the_order_is_that_of_the_timeline_after_a_lost_connection() {
    let (mut run, stdout) = run(false);
    run.change(turn(1, 1, TurnState::Formatted, "one"))
        .expect("written");
    let lost = State::Reconnecting {
        outage: Outage::Service,
        secs: 3,
    };
    run.change(Change::SessionEnded {
        session: 1,
        end: SessionEnd::BrokenOff,
    })
    .expect("written");
    run.event(&Event::State(lost)).expect("written");
    let began = |number, start_ms, end_ms| {
        Change::SessionBegan(Session {
            number,
            start_ms,
            end_ms,
        })
    };
    run.change(began(2, 5_000, None)).expect("written");
    let behind = State::Listening(Progress::Behind { secs: 3 });
    run.event(&Event::State(behind)).expect("written");
    run.change(turn(2, 6, TurnState::Formatted, "six"))
        .expect("written");
    let filling = State::Listening(Progress::Filling { secs: 3 });
    run.event(&Event::State(filling)).expect("written");
    run.change(began(3, 2_000, Some(5_000))).expect("written");
    run.change(turn(3, 3, TurnState::Formatted, "three"))
        .expect("written");
    assert_eq!(stdout.text(), "one\n");
    run.event(&Event::State(LIVE)).expect("written");
    assert_eq!(stdout.text(), "one\nthree\nsix\n");
}

#[test]
fn a_reader_that_is_gone_is_no_failure() {
    struct Closed;
    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let options = OutputOptions::default();
    let stdout = Box::new(Closed);
    let mut run = Run::with(Format::Text, &Target::Stdout, options, stdout).expect("opens");
    run.begin(1).expect("nothing to write");
    let result = run.change(turn(1, 1, TurnState::Formatted, "one"));
    assert_eq!(result, Err(OutputError::BrokenPipe));
    let result = run.change(turn(1, 2, TurnState::Formatted, "two"));
    assert_eq!(result, Ok(()), "it is reported once");
}

#[test]
fn a_reader_that_stalls_stops_nothing_else() {
    struct Stalled(mpsc::Receiver<()>, Stdout);
    impl io::Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let goes_on = self.0.recv_timeout(Duration::from_secs(60));
            goes_on.map_err(io::Error::other)?;
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (reader, stalled) = mpsc::channel();
    let stdout = Stdout::default();
    let output = Box::new(Stalled(stalled, stdout.clone()));
    let options = OutputOptions::default();
    let mut run = Run::with(Format::Text, &Target::Stdout, options, output).expect("opens");
    run.begin(1).expect("nothing to write");
    for (id, text) in [(1, "one"), (2, "two")] {
        let event = Event::Changed(turn(1, id, TurnState::Formatted, text));
        let touched = run.recordings.handle(&event);
        let result = run.output.event(&event, &run.recordings, &touched, run.now);
        result.expect("it waits elsewhere");
    }
    assert_eq!(stdout.text(), "");
    for _ in 0..2 {
        reader.send(()).expect("the writer waits");
    }
    written(&run.output).expect("written");
    assert_eq!(stdout.text(), "one\ntwo\n");
}
