//! Faults at positions in the audio.

use std::time::Duration;

use inturn_protocol::{ServerMessage, Warning};

use super::Session;
use crate::{
    faults::{RawFrame, TimedFault},
    service::ServiceState,
    session::{client_socket::ClientSocket, ending::Ending},
};

impl Session {
    /// Runs the faults that are due after the audio so far.
    pub(super) async fn run_timed_faults(
        &mut self,
        socket: &mut ClientSocket,
    ) -> Result<(), Ending> {
        while self.begun
            && let Some(fault) = self.faults.next_timed(self.frames.audio_ms())
        {
            match fault {
                TimedFault::Cut => return Err(Ending::Cut),
                TimedFault::Close(refusal) => return Err(Ending::Refused(refusal)),
                TimedFault::Silent => self.sender.silence(),
                TimedFault::DeadConnection { secs } => {
                    return Err(stay_dead(&self.service, secs).await);
                }
                TimedFault::StallReading { ms } => {
                    let now = self.service.clock.now();
                    self.stalled_until = Some(now + Duration::from_millis(ms));
                }
                TimedFault::DelayMessages { ms } => {
                    self.sender.set_delay(Duration::from_millis(ms));
                }
                TimedFault::StopHeartbeats => {
                    self.heartbeats_stopped = true;
                    self.heartbeat = None;
                }
                TimedFault::UnknownMessage => {
                    let text = r#"{"type":"Aurora","brightness":3,"words":{}}"#.to_owned();
                    self.send_raw(socket, RawFrame::Text(text)).await?;
                }
                TimedFault::MalformedMessage => {
                    let text = r#"{"type":"Turn","turn_order":"#.to_owned();
                    self.send_raw(socket, RawFrame::Text(text)).await?;
                }
                TimedFault::Warning { code, text } => {
                    let warning = Warning {
                        warning_code: code,
                        warning: text,
                    };
                    self.send(socket, &ServerMessage::Warning(warning)).await?;
                }
                TimedFault::Send(frame) => self.send_raw(socket, frame).await?,
            }
        }
        Ok(())
    }
}

/// Neither reads nor writes for this time, or until the shutdown. Then the connection is dropped.
async fn stay_dead(service: &ServiceState, secs: Option<u32>) -> Ending {
    let until = secs.map(|secs| service.clock.now() + Duration::from_secs(u64::from(secs)));
    tokio::select! {
        () = service.clock.sleep_until(until) => {}
        () = service.stopping() => {}
    }
    Ending::Cut
}
