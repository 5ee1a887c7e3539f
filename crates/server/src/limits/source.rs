//! Whose limit counts.

use std::net::{IpAddr, Ipv6Addr};

/// Whose limit counts: a person where somebody is named, otherwise an address.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Source {
    /// As the proxy names them.
    Person(String),
    /// Where they are.
    Address(IpAddr),
}

impl Source {
    /// A person. Names are compared without case: a proxy may spell one person in several ways.
    pub(crate) fn person(name: &str) -> Self {
        Self::Person(name.to_lowercase())
    }

    /// An address, or the network that one household has: whoever has one IPv6 address has 2^64.
    pub(crate) fn address(address: IpAddr) -> Self {
        Self::Address(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(whole) => {
                let [a, b, c, d, ..] = whole.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }
}
