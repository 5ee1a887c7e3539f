//! Limits of wrong passphrases.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use super::decaying_counter::DecayingCounter;
use crate::{config::AccessConfig, limits::Source};

/// Counts wrong passphrases: of an address, of the network around it, and in total.
pub(super) struct Attempts {
    address: DecayingCounter<Source>,
    network: DecayingCounter<WideNetwork>,
    all: DecayingCounter<()>,
}

impl Attempts {
    pub(super) fn new(config: &AccessConfig) -> Self {
        Self {
            address: DecayingCounter::new(config.sign_in_attempts, PERIOD),
            network: DecayingCounter::new(config.sign_in_network_attempts, PERIOD),
            all: DecayingCounter::new(config.sign_in_all_attempts, PERIOD),
        }
    }

    /// Returns how long `from` must wait before its next attempt; `None` if it may try now.
    ///
    /// The limit in total applies only to networks with wrong attempts. Otherwise an attacker who
    /// reaches it would lock out everyone else.
    pub(super) fn wait(&self, from: IpAddr, now: Duration) -> Option<Duration> {
        let network = WideNetwork::of(from);
        let all = match self.network.count(&network, now) > ALWAYS_ALLOWED {
            true => self.all.wait(&(), now),
            false => None,
        };
        let waits = [
            self.address.wait(&Source::address(from), now),
            self.network.wait(&network, now),
            all,
        ];
        waits.into_iter().flatten().max()
    }

    /// Counts an attempt, before its passphrase is checked.
    pub(super) fn add(&mut self, from: IpAddr, now: Duration) {
        self.address.add(Source::address(from), now);
        self.network.add(WideNetwork::of(from), now);
        self.all.add((), now);
    }

    /// Refunds an attempt whose passphrase was right.
    pub(super) fn refund(&mut self, from: IpAddr) {
        self.address.refund(&Source::address(from));
        self.network.refund(&WideNetwork::of(from));
        self.all.refund(&());
    }
}

/// The network that one site or one tenant of a data centre usually has: IPv4 /24, IPv6 /48.
/// <https://www.rfc-editor.org/rfc/rfc6177>
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct WideNetwork(IpAddr);

impl WideNetwork {
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
            }
        })
    }
}

/// The period of the limits.
pub(super) const PERIOD: Duration = Duration::from_secs(300);

/// A network with at most this many wrong attempts is exempt from the limit in total: a person
/// mistypes once or twice.
const ALWAYS_ALLOWED: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1000);

    fn attempts(flags: &[&str]) -> Attempts {
        let args = std::iter::once("inturn").chain(flags.iter().copied());
        let config = crate::Config::parse_flags(args.map(Into::into)).expect("good flags");
        Attempts::new(&config.access)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// Makes one attempt from each of these addresses. Returns how many were allowed.
    fn allowed(attempts: &mut Attempts, from: &[String]) -> usize {
        let from = from.iter().map(|text| address(text));
        from.filter(|from| {
            let is_allowed = attempts.wait(*from, NOW).is_none();
            if is_allowed {
                attempts.add(*from, NOW);
            }
            is_allowed
        })
        .count()
    }

    #[test]
    fn each_limit_is_reached_by_itself() {
        let same = vec!["1.2.3.4".to_owned(); 100];
        let near: Vec<_> = (0..100).map(|host| format!("1.2.3.{host}")).collect();
        let near_v6: Vec<_> = (0..100).map(|it| format!("2001:db8:1:{it}::1")).collect();
        let household: Vec<_> = (1..100).map(|it| format!("2001:db8:1:1::{it}")).collect();
        for (flags, from, max) in [
            (&["--sign-in-attempts=3"][..], &same, 3),
            (&["--sign-in-attempts=3"], &household, 3),
            (&["--sign-in-network-attempts=7"], &near, 7),
            (&["--sign-in-network-attempts=7"], &near_v6, 7),
            (&["--sign-in-all-attempts=9"], &near, 9),
        ] {
            assert_eq!(allowed(&mut attempts(flags), from), max, "{flags:?}");
        }
    }

    #[test]
    fn the_limit_in_total_does_not_lock_out_networks_without_wrong_attempts() {
        let mut attempts = attempts(&["--sign-in-all-attempts=20"]);
        let attacker: Vec<_> = (0..90).map(|host| format!("1.2.{}.4", host % 10)).collect();
        // Each of the ten networks may always make three attempts.
        assert_eq!(allowed(&mut attempts, &attacker), 30);
        let person = vec!["9.9.9.9".to_owned(); 5];
        assert_eq!(allowed(&mut attempts, &person), 3);
    }

    #[test]
    fn a_right_passphrase_costs_nothing() {
        let mut attempts = attempts(&["--sign-in-attempts=2"]);
        let office = address("1.2.3.4");
        for _ in 0..1000 {
            assert_eq!(attempts.wait(office, NOW), None);
            attempts.add(office, NOW);
            attempts.refund(office);
        }
    }
}
