//! What each fault does.

use inturn_client_core::session::Input;

use super::{
    plan::Fault,
    shell::{Scheduled, Simulation},
};

/// How long messages are late, in milliseconds.
const LATE_MS: u64 = 60_000;

impl Simulation {
    /// Begins a fault. It ends by itself.
    pub(crate) fn begin(&mut self, fault: &Fault) {
        if !matches!(fault, Fault::Pause { .. }) {
            self.extend_pause(fault.ms());
        }
        let until = |ms: u64| self.now + ms * 1_000;
        match *fault {
            Fault::Drop { code, has_error } => {
                for index in self.open_sockets() {
                    let socket = &self.sockets[index];
                    if !socket.has_ended {
                        let why = format!("failed for {}", socket.token);
                        let has_error = has_error && code != 1006;
                        self.close_by_service(index, code, has_error, &why);
                    }
                }
            }
            Fault::Dead {
                hidden,
                noticed_after_ms,
            } => {
                for index in self.open_sockets() {
                    self.sockets[index].die(hidden);
                    if let Some(ms) = noticed_after_ms {
                        self.at(ms, Scheduled::Closed(index, 1006, String::new()));
                    }
                }
            }
            Fault::Deaf => {
                for index in self.open_sockets() {
                    self.sockets[index].is_deaf = true;
                }
            }
            Fault::Stall { ms, hidden } => {
                let until = until(ms);
                for index in self.open_sockets() {
                    self.sockets[index].stall(until, hidden);
                }
            }
            Fault::Late { ms } => {
                let until = until(LATE_MS);
                self.world.delay_messages(ms, until);
            }
            Fault::NoTokens { refusal, ms } => {
                let until = until(ms);
                self.world.refuse_tokens(refusal, until);
            }
            Fault::ExpiredToken => self.world.expire_token(),
            Fault::NoSockets { failure, ms } => {
                let until = until(ms);
                self.world.fail_sockets(failure, until);
            }
            Fault::ServerRestart { ms } => {
                let until = until(ms);
                self.world.restart_server(until);
            }
            Fault::Offline { ms, is_fatal } => {
                let until = until(ms);
                self.world.break_network(until);
                for index in self.open_sockets() {
                    match is_fatal {
                        true => self.sockets[index].die(u64::MAX),
                        false => self.sockets[index].stall(until, 0),
                    }
                }
                self.at(ms, Scheduled::Online);
                self.handle(Input::Offline);
            }
            Fault::Outage { ms, is_noticed } => {
                let until = until(ms);
                self.world.break_network(until);
                for index in self.open_sockets() {
                    self.sockets[index].die(0);
                    if is_noticed {
                        let ms = self.random.range(100, 20_000);
                        self.at(ms, Scheduled::Closed(index, 1006, String::new()));
                    }
                }
            }
            Fault::Shown => self.handle(Input::Shown),
            Fault::LateBlocks { ms } => {
                let until = until(ms);
                self.microphone.delay(until);
            }
            Fault::NoBlocks { ms, is_cured } => self.stop_blocks(ms, is_cured),
            Fault::MicrophoneLost {
                back_ms,
                other_ms,
                other_rate_hz,
                is_announced,
            } => {
                if is_announced {
                    for ms in [0, back_ms.min(other_ms)] {
                        self.at(ms, Scheduled::DevicesChanged);
                    }
                }
                self.disconnect(back_ms, other_ms, other_rate_hz);
            }
            Fault::Held {
                hold,
                ms,
                has_zeros,
            } => self.hold(hold, ms, has_zeros),
            Fault::Sleep {
                ms,
                is_fatal,
                are_timers_first,
            } => self.sleep(ms, is_fatal, are_timers_first),
            Fault::Pause { ms } => self.pause(ms),
        }
    }

    pub(crate) fn open_sockets(&self) -> Vec<usize> {
        let indexes = 0..self.sockets.len();
        indexes.filter(|it| self.sockets[*it].is_open).collect()
    }
}
