//! What is wrong with the network, our server and the service as a whole.

use std::collections::BTreeSet;

use super::{
    plan::{Refusal, SocketFailure},
    watch::Watch,
};

/// The state of everything that is not a socket. Times are in microseconds of the virtual clock.
#[derive(Debug, Default)]
pub(crate) struct World {
    network_down_until: u64,
    server_down_until: u64,
    refusal: Option<(Refusal, u64)>,
    socket_failure: Option<(SocketFailure, u64)>,
    lateness: (u64, u64),
    has_expired_token: bool,
    had_expired_token: bool,
    /// The leases that our server counts.
    leases: BTreeSet<String>,
    /// Those of our server before its restarts.
    forgotten: BTreeSet<String>,
    granted: u32,
}

impl World {
    pub(crate) fn is_network_down(&self, now: u64) -> bool {
        now < self.network_down_until
    }

    pub(crate) fn is_server_down(&self, now: u64) -> bool {
        self.is_network_down(now) || now < self.server_down_until
    }

    pub(crate) fn break_network(&mut self, until: u64) {
        self.network_down_until = self.network_down_until.max(until);
    }

    pub(crate) fn restart_server(&mut self, until: u64) {
        self.server_down_until = self.server_down_until.max(until);
        self.forgotten.append(&mut self.leases);
    }

    pub(crate) fn refuse_tokens(&mut self, refusal: Refusal, until: u64) {
        self.refusal = Some((refusal, until));
    }

    pub(crate) fn refusal(&self, now: u64) -> Option<Refusal> {
        let (refusal, until) = self.refusal?;
        (now < until).then_some(refusal)
    }

    pub(crate) fn fail_sockets(&mut self, failure: SocketFailure, until: u64) {
        self.socket_failure = Some((failure, until));
    }

    pub(crate) fn socket_failure(&self, now: u64) -> Option<SocketFailure> {
        let (failure, until) = self.socket_failure?;
        (now < until).then_some(failure)
    }

    pub(crate) fn delay_messages(&mut self, ms: u64, until: u64) {
        self.lateness = (ms, until);
    }

    /// Returns the delay of messages, in milliseconds.
    pub(crate) fn lateness(&self, now: u64) -> u64 {
        let (ms, until) = self.lateness;
        if now < until { ms } else { 0 }
    }

    pub(crate) fn expire_token(&mut self) {
        // A second one in a row would end the recording.
        self.has_expired_token |= !self.had_expired_token;
        self.had_expired_token = true;
    }

    pub(crate) fn take_expired_token(&mut self) -> bool {
        std::mem::take(&mut self.has_expired_token)
    }

    /// Continues a lease, or grants another one.
    pub(crate) fn grant(&mut self, lease: Option<String>) -> String {
        if let Some(lease) = lease
            && self.leases.contains(&lease)
        {
            return lease;
        }
        self.granted += 1;
        let lease = format!("recording-{}", self.granted);
        self.leases.insert(lease.clone());
        lease
    }

    pub(crate) fn release(&mut self, lease: &str) {
        self.leases.remove(lease);
    }

    pub(crate) fn check_lease(&self, lease: &str, watch: &mut Watch) {
        if !self.leases.contains(lease) && !self.forgotten.contains(lease) {
            watch.fail("reports a lease that was released");
        }
    }

    pub(crate) fn leases(&self) -> impl Iterator<Item = &String> {
        self.leases.iter()
    }
}
