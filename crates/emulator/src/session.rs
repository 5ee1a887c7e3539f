//! One session, from the upgrade to the close of the socket.

mod backlog;
mod begin;
mod client_socket;
mod ending;
mod event_loop;
mod heartbeat;
mod message_sender;
mod outbox;
mod turn_messages;

use std::time::Duration;

use axum::extract::ws::{CloseFrame, WebSocket};

use self::{client_socket::ClientSocket, ending::Ending, event_loop::Session};
use crate::{
    admission::Admission,
    clock::millis,
    faults::{Fault, SessionFaults},
    refusal::Refusal,
    service::Service,
    session_log::{Closed, ClosedBy, SessionLog},
};

/// A session before its socket is open.
pub(crate) struct SessionRequest {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) faults: Vec<Fault>,
    pub(crate) admission: Result<Admission, Refusal>,
}

/// Serves a socket until it is closed. Then completes the session's log and files.
pub(crate) async fn run(service: Service, socket: WebSocket, request: SessionRequest) {
    let SessionRequest {
        id,
        number,
        faults,
        admission,
    } = request;
    let opened = service.clock.now();
    let mut log = SessionLog {
        id: id.clone(),
        number,
        opened_at_ms: millis(service.clock.unix()),
        faults: faults.len(),
        accepted: admission.is_ok(),
        ..SessionLog::default()
    };
    if let Ok(admission) = &admission {
        log.speech_model = admission.parameters.model().as_str().to_owned();
        log.sample_rate = admission.parameters.rate_hz();
        log.encoding = admission.encoding.as_str().to_owned();
    }
    let key = service.logs.open(log);
    let faults = SessionFaults::new(faults);
    let mut socket = ClientSocket::new(socket, faults.alterations);
    let (ending, recorder) = match admission {
        Err(refusal) => (Ending::Refused(refusal), None),
        Ok(admission) => match Session::new(&service, key, opened, id, faults, admission).await {
            Err(refusal) => (Ending::Refused(refusal), None),
            Ok(mut session) => {
                let ending = session.serve(&mut socket).await;
                (ending, session.recorder)
            }
        },
    };
    let error = ending.error();
    wait_before_refusal(&service, key, opened, &ending).await;
    // Billing ends here: the time that a client takes to answer the close is not billed.
    let billed = (service.clock.now() - opened).as_secs_f64().ceil() as u64;
    let closed_at_ms = millis(service.clock.unix());
    let closed = close(&service, socket, ending).await;
    let complete = |log: &mut SessionLog| {
        log.closed_at_ms = Some(closed_at_ms);
        log.billed_seconds = Some(billed);
        log.closed = Some(closed);
        log.error = error;
    };
    // The files are completed first, so that they are readable once the log says closed.
    if let (Some(recorder), Some(mut log)) = (recorder, service.logs.read(key)) {
        complete(&mut log);
        if let Err(error) = recorder.finish(&log).await {
            tracing::error!(session = log.id, %error, "cannot complete the session's record");
        }
        service.logs.write(key, |kept| *kept = log);
    } else {
        service.logs.write(key, complete);
    }
}

/// Waits for the delay of a refusal instead of `Begin`.
async fn wait_before_refusal(service: &Service, key: u64, opened: Duration, ending: &Ending) {
    let before_begin = service.logs.read(key).is_some_and(|log| !log.begun);
    if before_begin && matches!(ending, Ending::Refused(_)) {
        tokio::select! {
            () = service.clock.sleep_until(Some(opened + service.delays.refusal)) => {}
            () = service.stopping() => {}
        }
    }
}

/// Closes the socket in the way of this ending.
async fn close(service: &Service, mut socket: ClientSocket, ending: Ending) -> Closed {
    let by_emulator = |code: u16, reason: &str| Closed {
        by: ClosedBy::Emulator,
        code: Some(code),
        reason: reason.to_owned(),
    };
    let closed = match ending {
        Ending::ByClient(closed) => {
            socket.answer_close().await;
            return closed;
        }
        Ending::Cut => {
            return Closed {
                by: ClosedBy::Emulator,
                code: None,
                reason: String::new(),
            };
        }
        Ending::Terminated { close: false } => {
            tokio::select! {
                closed = socket.closed_by_client() => return closed,
                () = service.stopping() => by_emulator(1001, ""),
            }
        }
        Ending::Terminated { close: true } => {
            if !service.delays.close.is_zero() {
                let close_at = service.clock.now() + service.delays.close;
                tokio::select! {
                    closed = socket.closed_by_client() => return closed,
                    () = service.clock.sleep_until(Some(close_at)) => {}
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
            socket.send_error(code, &text).await;
            by_emulator(code, SEE_ERROR)
        }
        Ending::Refused(Refusal { code, text: None }) => by_emulator(code, ""),
    };
    let frame = CloseFrame {
        code: closed.code.unwrap_or(1000),
        reason: closed.reason.as_str().into(),
    };
    socket.close(frame).await;
    closed
}

/// The service's close reason after an `Error`.
const SEE_ERROR: &str = "See Error message for details";
/// The service's close reason after `Termination`.
const SESSION_ENDED: &str = "Session Ended";
