//! The person or address that a request is counted for.

use std::net::{IpAddr, Ipv6Addr};

/// The person that a request is counted for, or its address if no person is known.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Source {
    /// The name that the proxy sent, in lower case.
    Person(String),
    /// The client's IPv4 address or IPv6 /64 network.
    Address(IpAddr),
}

impl Source {
    /// Returns the source for a name. Case is ignored, because a proxy may spell a person's name in
    /// several ways.
    pub(crate) fn person(name: &str) -> Self {
        Self::Person(name.to_lowercase())
    }

    /// Returns the source for an address. All of an IPv6 /64 network is one source, because one
    /// household has 2^64 addresses.
    pub(crate) fn address(address: IpAddr) -> Self {
        Self::Address(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }
}
