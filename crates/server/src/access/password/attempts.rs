//! How many wrong passphrases anybody may try.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use super::recent::Recent;
use crate::{config::AccessConfig, limits::Source};

/// Counts the passphrases that were checked and not found right: of an address, of the network around
/// it, and of all.
pub(super) struct Attempts {
    address: Recent<Source>,
    network: Recent<WideNetwork>,
    all: Recent<()>,
}

impl Attempts {
    pub(super) fn new(config: &AccessConfig) -> Self {
        Self {
            address: Recent::new(config.sign_in_attempts, PERIOD),
            network: Recent::new(config.sign_in_network_attempts, PERIOD),
            all: Recent::new(config.sign_in_all_attempts, PERIOD),
        }
    }

    /// How long `from` must wait before its next attempt; `None` if it may try now.
    ///
    /// The limit of all holds back networks that have tried in vain already: otherwise an attacker who
    /// reaches it would lock out everybody else.
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

    /// Counts an attempt whose passphrase is checked now.
    pub(super) fn add(&mut self, from: IpAddr, now: Duration) {
        self.address.add(Source::address(from), now);
        self.network.add(WideNetwork::of(from), now);
        self.all.add((), now);
    }

    /// The passphrase was right: a right one costs nothing.
    pub(super) fn give_back(&mut self, from: IpAddr) {
        self.address.give_back(&Source::address(from));
        self.network.give_back(&WideNetwork::of(from));
        self.all.give_back(&());
    }
}

/// The network that one site or one tenant of a data centre mostly has: 24 bits of IPv4, 48 of IPv6.
/// <https://www.rfc-editor.org/rfc/rfc6177>
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct WideNetwork(IpAddr);

impl WideNetwork {
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(whole) => {
                let [a, b, c, _] = whole.octets();
                IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
            }
            IpAddr::V6(whole) => {
                let [a, b, c, ..] = whole.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
            }
        })
    }
}

/// The time in which so many attempts may be wrong.
pub(super) const PERIOD: Duration = Duration::from_secs(300);

/// Wrong attempts of a network that are served though the limit of all is reached: a person who mistypes
/// once or twice.
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

    /// How many of these addresses may try, each once.
    fn allowed(attempts: &mut Attempts, from: &[String]) -> usize {
        let from = from.iter().map(|text| address(text));
        from.filter(|from| {
            let may = attempts.wait(*from, NOW).is_none();
            if may {
                attempts.add(*from, NOW);
            }
            may
        })
        .count()
    }

    #[test]
    fn each_limit_is_reached_by_itself() {
        let same = vec!["1.2.3.4".to_owned(); 100];
        let near: Vec<_> = (0..100).map(|host| format!("1.2.3.{host}")).collect();
        let near_v6: Vec<_> = (0..100).map(|it| format!("2001:db8:1:{it}::1")).collect();
        let household: Vec<_> = (1..100).map(|it| format!("2001:db8:1:1::{it}")).collect();
        for (flags, from, most) in [
            (&["--sign-in-attempts=3"][..], &same, 3),
            (&["--sign-in-attempts=3"], &household, 3),
            (&["--sign-in-network-attempts=7"], &near, 7),
            (&["--sign-in-network-attempts=7"], &near_v6, 7),
            (&["--sign-in-all-attempts=9"], &near, 9),
        ] {
            assert_eq!(allowed(&mut attempts(flags), from), most, "{flags:?}");
        }
    }

    #[test]
    fn the_limit_of_all_locks_out_nobody_who_has_not_tried_in_vain() {
        let mut attempts = attempts(&["--sign-in-all-attempts=20"]);
        let stranger: Vec<_> = (0..90).map(|host| format!("1.2.{}.4", host % 10)).collect();
        // Twenty of all, and what each network may do in any case.
        assert_eq!(allowed(&mut attempts, &stranger), 30);
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
            attempts.give_back(office);
        }
    }
}
