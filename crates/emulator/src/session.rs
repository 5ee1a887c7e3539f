//! One session, from the upgrade to the closed socket.

mod begin;
mod course;
mod ending;
mod heartbeat;
mod link;
mod outbox;
mod reports;

use std::time::Duration;

use axum::extract::ws::{CloseFrame, WebSocket};

use crate::admission::Admission;
use crate::clock::millis;
use crate::faults::{Fault, SessionFaults};
use crate::refusal::Refusal;
use crate::service::Service;
use crate::session_log::{Closed, ClosedBy, SessionLog};
use course::Course;
use ending::Ending;
use link::Link;

/// What is known of a session before its socket is open.
pub(crate) struct Opening {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) faults: Vec<Fault>,
    pub(crate) admission: Result<Admission, Refusal>,
}

/// Serves one socket until it is closed, and completes its log and its files.
pub(crate) async fn run(service: Service, socket: WebSocket, opening: Opening) {
    let Opening {
        id,
        number,
        faults,
        admission,
    } = opening;
    let faults = SessionFaults::new(faults);
    let opened = service.clock.now();
    let mut log = SessionLog {
        id: id.clone(),
        number,
        opened_at_ms: millis(service.clock.unix()),
        accepted: admission.is_ok(),
        ..SessionLog::default()
    };
    if let Ok(admission) = &admission {
        log.speech_model = admission.parameters.model().as_str().to_owned();
        log.sample_rate = admission.parameters.rate_hz();
        log.encoding = admission.encoding.as_str().to_owned();
    }
    let key = service.logs.open(log);
    let mut link = Link::new(socket, faults.extra_fields);
    let (ending, recording) = match admission {
        Err(refusal) => (Ending::Refused(refusal), None),
        Ok(admission) => match Course::new(&service, key, opened, id, faults, admission).await {
            Err(refusal) => (Ending::Refused(refusal), None),
            Ok(mut course) => {
                let ending = course.serve(&mut link).await;
                (ending, course.recording)
            }
        },
    };
    let error = ending.error();
    wait_before_refusal(&service, key, opened, &ending).await;
    // The meter stops here: how long a client takes to answer the close is not billed.
    let billed = (service.clock.now() - opened).as_secs_f64().ceil() as u64;
    let closed_at_ms = millis(service.clock.unix());
    let closed = close(&service, link, ending).await;
    let complete = |log: &mut SessionLog| {
        log.closed_at_ms = Some(closed_at_ms);
        log.billed_seconds = Some(billed);
        log.closed = Some(closed);
        log.error = error;
    };
    // The files first: whoever sees the log closed may go and read them.
    if let (Some(recording), Some(mut log)) = (recording, service.logs.read(key)) {
        complete(&mut log);
        if let Err(error) = recording.finish(&log).await {
            tracing::error!(session = log.id, %error, "the session's recording could not be completed");
        }
        service.logs.write(key, |kept| *kept = log);
    } else {
        service.logs.write(key, complete);
    }
}

/// A refusal in place of `Begin` takes its time.
async fn wait_before_refusal(service: &Service, key: u64, opened: Duration, ending: &Ending) {
    let before_begin = service.logs.read(key).is_some_and(|log| !log.begun);
    if before_begin && matches!(ending, Ending::Refused(_)) {
        tokio::select! {
            () = service.clock.until(Some(opened + service.delays.refusal)) => {}
            () = service.stopping() => {}
        }
    }
}

async fn close(service: &Service, mut link: Link, ending: Ending) -> Closed {
    let by_emulator = |code: u16, reason: &str| Closed {
        by: ClosedBy::Emulator,
        code: Some(code),
        reason: reason.to_owned(),
    };
    let closed = match ending {
        Ending::ByClient(closed) => {
            link.answer_close().await;
            return closed;
        }
        Ending::Cut => {
            return Closed {
                by: ClosedBy::Emulator,
                code: None,
                reason: String::new(),
            };
        }
        Ending::Ended { close: false } => {
            tokio::select! {
                closed = link.closed_by_client() => return closed,
                () = service.stopping() => by_emulator(1001, ""),
            }
        }
        Ending::Ended { close: true } => {
            if !service.delays.close.is_zero() {
                let close_at = service.clock.now() + service.delays.close;
                tokio::select! {
                    closed = link.closed_by_client() => return closed,
                    () = service.clock.until(Some(close_at)) => {}
                    () = service.stopping() => {}
                }
            }
            by_emulator(1000, SESSION_ENDED)
        }
        Ending::Stopped => by_emulator(1001, ""),
        Ending::Refused(Refusal {
            code,
            text: Some(text),
        }) => {
            link.error(code, &text).await;
            by_emulator(code, SEE_ERROR)
        }
        Ending::Refused(Refusal { code, text: None }) => by_emulator(code, ""),
    };
    let frame = CloseFrame {
        code: closed.code.unwrap_or(1000),
        reason: closed.reason.as_str().into(),
    };
    link.close(frame).await;
    closed
}

/// The service's reason for every close that an `Error` comes before.
const SEE_ERROR: &str = "See Error message for details";
/// And for the one after `Termination`.
const SESSION_ENDED: &str = "Session Ended";
