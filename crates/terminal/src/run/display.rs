//! What a person sees while the program runs.

use std::{
    env,
    io::{self, IsTerminal},
};

use inturn_transcript::Touched;

use super::tty::{self, NoEcho, size};
use crate::{
    cli::OutputConfig,
    screen::{Screen, Status, Style},
    track::Track,
    writer::Writer,
};

/// The screen of a terminal, or notices on standard error.
pub(super) struct Display {
    kind: Kind,
    /// What the terminal gets. It may stall.
    output: Writer,
    /// Standard error.
    notices: Writer,
    /// Whether notices and the status are left out.
    is_quiet: bool,
}

enum Kind {
    Screen {
        screen: Box<Screen>,
        _no_echo: Option<NoEcho>,
    },
    Notices,
}

/// Which standard streams are left for the display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Standard output is not used for the words.
    Stdout,
    /// Standard output has the words, so only standard error is left.
    Stderr,
}

impl Display {
    /// Chooses what can be shown of as many recordings as run together. Without a terminal, only
    /// notices are.
    pub(super) fn new(
        room: Room,
        config: &OutputConfig,
        formatted_follows: bool,
        recordings: usize,
    ) -> Self {
        let is_quiet = config.quiet;
        let notices = Writer::new(io::stderr());
        let (is_free, output) = match room {
            Room::Stdout => (tty::is_drawable(io::stdout()), Writer::new(io::stdout())),
            // On standard output of a terminal, the words would be seen twice. What reads a pipe
            // may print to the same terminal.
            Room::Stderr => (
                tty::is_drawable(io::stderr()) && !io::stdout().is_terminal() && !is_pipe(),
                Writer::new(io::stderr()),
            ),
        };
        if !is_free || (room == Room::Stderr && is_quiet) {
            return Self {
                kind: Kind::Notices,
                output,
                notices,
                is_quiet,
            };
        }
        let is_dumb = env::var_os("TERM").is_some_and(|it| it == "dumb");
        // Lines of a log on the same terminal would be written into the redrawn part.
        let has_log = config.log_filter.is_some() && io::stderr().is_terminal();
        let has_control = !is_dumb && !is_quiet && !has_log;
        // <https://no-color.org>
        let no_colour = env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        let (columns, rows) = size();
        let style = Style {
            columns,
            rows,
            has_colour: has_control && !no_colour,
            has_control,
            formatted_follows,
        };
        Self {
            kind: Kind::Screen {
                screen: Box::new(Screen::new(style, recordings)),
                _no_echo: has_control.then(NoEcho::new),
            },
            output,
            notices,
            is_quiet,
        }
    }

    /// Begins another recording.
    pub(super) fn began(&mut self, tracks: &[Track<'_>], track: usize, heading: &str) {
        self.draw(tracks, |screen| screen.began(tracks, track, heading));
    }

    /// Shows a change of a transcript.
    pub(super) fn changed(&mut self, tracks: &[Track<'_>], track: usize, touched: &[Touched]) {
        self.draw(tracks, |screen| screen.changed(tracks, track, touched));
    }

    /// Shows another status of a recording.
    pub(super) fn status(&mut self, tracks: &[Track<'_>], track: usize, status: &Status) {
        self.draw(tracks, |screen| screen.status(tracks, track, status));
    }

    /// Shows a notice, unless the program is to be quiet.
    pub(super) fn notice(&mut self, tracks: &[Track<'_>], text: &str) {
        if !self.is_quiet {
            self.message(tracks, text);
        }
    }

    /// Shows a notice that a screen has in its redrawn part.
    pub(super) fn notice_without_screen(&self, text: &str) {
        if matches!(self.kind, Kind::Notices) && !self.is_quiet {
            self.notices.write(format!("{text}\n"));
        }
    }

    /// Shows an error.
    pub(super) fn message(&mut self, tracks: &[Track<'_>], text: &str) {
        match &self.kind {
            Kind::Screen { .. } => self.draw(tracks, |screen| screen.message(tracks, text)),
            // If standard error is closed, only the exit status is left.
            Kind::Notices => self.notices.write(format!("{text}\n")),
        }
    }

    /// The terminal may have another size.
    pub(super) fn resized(&mut self, tracks: &[Track<'_>]) {
        self.draw(tracks, |_| String::new());
    }

    /// Shows what is left of the recordings, and removes the status for good.
    pub(super) fn close(&mut self, tracks: &[Track<'_>]) {
        self.draw(tracks, |screen| screen.close(tracks));
        self.kind = Kind::Notices;
    }

    /// Waits until all is shown, for as long as the terminal stalls. Cancel-safe.
    pub(super) async fn written(&self) {
        // There is no other place for an error of standard error.
        let _ = self.output.flush().await;
        let _ = self.notices.flush().await;
    }

    /// Draws for the size that the terminal has now: the signal may still be on its way.
    fn draw(&mut self, tracks: &[Track<'_>], text: impl FnOnce(&mut Screen) -> String) {
        if let Kind::Screen { screen, .. } = &mut self.kind {
            let (columns, rows) = size();
            let text = screen.resized(tracks, columns, rows) + &text(screen);
            // If the terminal is gone, SIGHUP stops the program.
            self.output.write(text);
        }
    }
}

/// Whether another program reads standard output.
#[cfg(unix)]
fn is_pipe() -> bool {
    use std::os::{fd::AsFd, unix::fs::FileTypeExt};

    let stdout = io::stdout().as_fd().try_clone_to_owned();
    let metadata = stdout.and_then(|it| std::fs::File::from(it).metadata());
    let file_type = metadata.map(|it| it.file_type());
    file_type.is_ok_and(|it| it.is_fifo() || it.is_socket())
}

/// Not known on this system.
#[cfg(not(unix))]
fn is_pipe() -> bool {
    false
}
