use std::str::FromStr;

use axum::http::HeaderName;
use clap::{Args, ValueEnum};
use inturn_cli::{MAX_SECRET_BYTES, Secret, SecretError, SecretSource};
use ipnet::IpNet;

use super::password_hash::PasswordHash;

/// Who can get tokens.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Access")]
pub struct AccessConfig {
    /// Who can get tokens: `loopback` only this machine, `proxy` people that a reverse proxy
    /// identifies, `password` people who know one passphrase, `open` everyone. `INTURN_AUTH`,
    /// default `loopback`.
    #[arg(
        long,
        env = "INTURN_AUTH",
        value_name = "MODE",
        value_enum,
        default_value_t
    )]
    pub auth: AuthMode,

    /// Addresses and networks of your reverse proxies, separated by commas. Only they may name the
    /// person, the client's address and the path prefix. `INTURN_TRUSTED_PROXY`, default none.
    #[arg(
        long,
        env = "INTURN_TRUSTED_PROXY",
        value_name = "NETWORKS",
        value_delimiter = ','
    )]
    pub trusted_proxy: Vec<Network>,

    /// Header with the person's name, set by the proxy. `INTURN_IDENTITY_HEADER`, default
    /// `x-forwarded-user`.
    #[arg(
        long,
        env = "INTURN_IDENTITY_HEADER",
        value_name = "NAME",
        default_value = "x-forwarded-user"
    )]
    pub identity_header: HeaderName,

    /// Header with the person's e-mail address; your proxy must always set it itself. Without it,
    /// an identity that looks like an e-mail address is used as one. `INTURN_EMAIL_HEADER`, default
    /// none.
    #[arg(long, env = "INTURN_EMAIL_HEADER", value_name = "NAME")]
    pub email_header: Option<HeaderName>,

    /// Header with the person's groups, separated by commas; your proxy must always set it itself.
    /// `INTURN_GROUPS_HEADER`, default none.
    #[arg(long, env = "INTURN_GROUPS_HEADER", value_name = "NAME")]
    pub groups_header: Option<HeaderName>,

    /// Header in which the proxy sends the secret of `INTURN_PROXY_SECRET`, if that is set.
    /// `INTURN_PROXY_SECRET_HEADER`, default `x-proxy-secret`.
    #[arg(
        long,
        env = "INTURN_PROXY_SECRET_HEADER",
        value_name = "NAME",
        default_value = "x-proxy-secret"
    )]
    pub proxy_secret_header: HeaderName,

    /// People who can get tokens, by identity or e-mail address, separated by commas. Without any
    /// `--allow-…` flag, everyone who is signed in can. `INTURN_ALLOW_USER`, default none.
    #[arg(
        long,
        env = "INTURN_ALLOW_USER",
        value_name = "NAMES",
        value_delimiter = ','
    )]
    pub allow_user: Vec<Name>,

    /// E-mail domains whose people can get tokens, separated by commas. `INTURN_ALLOW_DOMAIN`,
    /// default none.
    #[arg(
        long,
        env = "INTURN_ALLOW_DOMAIN",
        value_name = "DOMAINS",
        value_delimiter = ','
    )]
    pub allow_domain: Vec<Name>,

    /// Groups whose people can get tokens, separated by commas. `INTURN_ALLOW_GROUP`, default none.
    #[arg(
        long,
        env = "INTURN_ALLOW_GROUP",
        value_name = "GROUPS",
        requires = "groups_header",
        value_delimiter = ','
    )]
    pub allow_group: Vec<Name>,

    /// Hours that a sign-in by passphrase lasts, 1 to 720. `INTURN_SIGN_IN_HOURS`, default 12.
    // A working day with its breaks. The maximum is a month.
    #[arg(
        long,
        env = "INTURN_SIGN_IN_HOURS",
        value_name = "HOURS",
        default_value_t = 12,
        value_parser = clap::value_parser!(u32).range(1..=720)
    )]
    pub sign_in_hours: u32,

    /// Wrong passphrases allowed for one address in five minutes, 1 to 1000. Right ones don't
    /// count. `INTURN_SIGN_IN_ATTEMPTS`, default 10.
    // Enough for a person with two keyboard layouts and caps lock on. 2,880 guesses a day do not
    // find a passphrase.
    #[arg(
        long,
        env = "INTURN_SIGN_IN_ATTEMPTS",
        value_name = "COUNT",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub sign_in_attempts: u32,

    /// Wrong passphrases allowed for one network (IPv4 /24, IPv6 /48) in five minutes, 1 to 10000.
    /// `INTURN_SIGN_IN_NETWORK_ATTEMPTS`, default 50.
    // Five times the limit of one address, so that a whole network is not worth 256 times the
    // guesses.
    #[arg(
        long,
        env = "INTURN_SIGN_IN_NETWORK_ATTEMPTS",
        value_name = "COUNT",
        default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    pub sign_in_network_attempts: u32,

    /// Wrong passphrases allowed for all clients together in five minutes, 1 to 100000. Networks
    /// with at most two recent wrong attempts are exempt. `INTURN_SIGN_IN_ALL_ATTEMPTS`, default
    /// 500.
    // Fifty people at their own limit. Two cores could check about 6,000 in that time.
    #[arg(
        long,
        env = "INTURN_SIGN_IN_ALL_ATTEMPTS",
        value_name = "COUNT",
        default_value_t = 500,
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    pub sign_in_all_attempts: u32,

    /// The secrets, which have no flags.
    #[arg(skip)]
    pub secrets: AccessSecrets,
}

/// Who can get tokens.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum AuthMode {
    /// Only this machine.
    #[default]
    Loopback,
    /// People that a reverse proxy identifies.
    Proxy,
    /// People who know the passphrase.
    Password,
    /// Everyone who can reach the server.
    Open,
}

/// The secrets of access control. They are read only from variables and files.
#[derive(Clone, Debug, Default)]
pub struct AccessSecrets {
    /// The secret that the proxy sends with each request to prove its identity.
    pub proxy: Option<Secret>,
    /// The hash of the passphrase, as printed by `inturn hash-password`.
    pub password_hash: Option<PasswordHash>,
    /// The secret that signs sign-in cookies. Without one, each process makes its own.
    pub sign_in: Option<Secret>,
}

impl AccessSecrets {
    /// Reads them from the environment.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if one of them can't be used.
    pub fn from_environment() -> Result<Self, SecretError> {
        Ok(Self {
            proxy: Self::read_proxy()?,
            password_hash: Self::read_password_hash()?,
            sign_in: SIGN_IN_SECRET.read(Secret::parse)?,
        })
    }

    /// Reads only the proxy's secret.
    pub(crate) fn read_proxy() -> Result<Option<Secret>, SecretError> {
        PROXY_SECRET.read(Secret::parse)
    }

    /// Reads only the hash of the passphrase.
    pub(crate) fn read_password_hash() -> Result<Option<PasswordHash>, SecretError> {
        PASSWORD_HASH.read(PasswordHash::parse)
    }
}

/// An address, or a network of them in CIDR form: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Network(IpNet);

impl Network {
    /// Whether it contains an address. IPv4-mapped IPv6 addresses must be given as IPv4.
    pub fn contains(&self, address: std::net::IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let network = match text.parse::<std::net::IpAddr>() {
            Ok(address) => IpNet::from(address.to_canonical()),
            Err(_) => canonical(text.parse().map_err(|_| InvalidNetwork)?)?,
        };
        // `/0` is usually a mistake for "no proxy", and would trust every client.
        if network.prefix_len() == 0 {
            return Err(InvalidNetwork);
        }
        Ok(Self(network))
    }
}

/// Converts a network of IPv4-mapped IPv6 addresses to IPv4, because addresses are compared in that
/// form.
fn canonical(network: IpNet) -> Result<IpNet, InvalidNetwork> {
    let IpNet::V6(long) = network else {
        return Ok(network);
    };
    match (
        long.addr().to_ipv4_mapped(),
        long.prefix_len().checked_sub(96),
    ) {
        (Some(short), Some(bits)) => IpNet::new(short.into(), bits).map_err(|_| InvalidNetwork),
        // It would cover all of IPv4 and no IPv6 address.
        (Some(_), None) => Err(InvalidNetwork),
        (None, _) => Ok(network),
    }
}

/// The text is not a network, or it is `/0`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be addresses or networks such as 127.0.0.1,10.0.0.0/8, and not /0")]
pub struct InvalidNetwork;

/// One name of a list, trimmed and not empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Name(String);

impl Name {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().trim_start_matches('@');
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(InvalidName);
        }
        Ok(Self(text.to_owned()))
    }
}

/// The text is not a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be a list of names separated by commas, without empty names")]
pub struct InvalidName;

const PROXY_SECRET: SecretSource = SecretSource {
    what: "a secret",
    form: "16 to 512 plain characters without space",
    variable: "INTURN_PROXY_SECRET",
    file_variable: "INTURN_PROXY_SECRET_FILE",
    max_bytes: MAX_SECRET_BYTES,
};

const SIGN_IN_SECRET: SecretSource = SecretSource {
    variable: "INTURN_SIGN_IN_SECRET",
    file_variable: "INTURN_SIGN_IN_SECRET_FILE",
    ..PROXY_SECRET
};

const PASSWORD_HASH: SecretSource = SecretSource {
    what: "the hash of a passphrase",
    form: "the output of `inturn hash-password`, in single quotes if a shell would expand `$`",
    variable: "INTURN_PASSWORD_HASH",
    file_variable: "INTURN_PASSWORD_HASH_FILE",
    max_bytes: MAX_SECRET_BYTES,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_address_or_a_range_but_not_everything() {
        for (text, inside, outside) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            (" 10.1.2.3/16 ", "10.1.0.0", "10.2.0.0"),
            ("::1", "::1", "::2"),
            ("fd00::/8", "fdff::1", "fe00::1"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("::ffff:10.0.0.0/104", "10.255.0.1", "11.0.0.0"),
            ("::ffff:10.1.2.3/112", "10.1.9.9", "10.2.0.0"),
            ("::ffff:a01:203/128", "10.1.2.3", "10.1.2.4"),
        ] {
            let network: Network = text.parse().unwrap_or_else(|_| panic!("{text}"));
            assert!(
                network.contains(inside.parse().expect("an address")),
                "{text}"
            );
            assert!(
                !network.contains(outside.parse().expect("an address")),
                "{text}"
            );
        }
        for text in [
            "",
            "0.0.0.0/0",
            "::/0",
            "::ffff:0.0.0.0/96",
            "::ffff:10.0.0.0/95",
            "10.0.0.0/33",
            "proxy",
            "10.0.0",
        ] {
            assert_eq!(text.parse::<Network>(), Err(InvalidNetwork), "{text:?}");
        }
    }

    #[test]
    fn a_name_is_not_empty() {
        assert_eq!(
            " ann ".parse::<Name>().as_ref().map(Name::as_str),
            Ok("ann")
        );
        assert_eq!(
            "@x.org".parse::<Name>().as_ref().map(Name::as_str),
            Ok("x.org")
        );
        assert_eq!("".parse::<Name>(), Err(InvalidName));
        assert_eq!("a\nb".parse::<Name>(), Err(InvalidName));
    }
}
