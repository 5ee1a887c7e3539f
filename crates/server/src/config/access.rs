use std::str::FromStr;

use axum::http::HeaderName;
use clap::{Args, ValueEnum};
use ipnet::IpNet;

use super::{
    password_hash::PasswordHash,
    secret::{MAX_SECRET_BYTES, Secret, SecretError, SecretSource},
};

/// Who may ask for tokens.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Who may ask")]
pub struct AccessConfig {
    /// How people prove who they are: `loopback` serves this machine alone, `proxy` believes a reverse
    /// proxy, `password` asks for one passphrase, `open` lets everybody in. `INTURN_AUTH`, default
    /// `loopback`.
    #[arg(
        long,
        env = "INTURN_AUTH",
        value_name = "MODE",
        value_enum,
        default_value_t
    )]
    pub auth: AuthMode,

    /// Networks whose members are reverse proxies of yours, separated by commas: their word on who asks,
    /// from where and under which prefix is believed. `INTURN_TRUSTED_PROXY`, default none.
    #[arg(
        long,
        env = "INTURN_TRUSTED_PROXY",
        value_name = "NETWORKS",
        value_delimiter = ','
    )]
    pub trusted_proxy: Vec<Network>,

    /// Header in which the proxy names the person. `INTURN_IDENTITY_HEADER`, default
    /// `x-forwarded-user`.
    #[arg(
        long,
        env = "INTURN_IDENTITY_HEADER",
        value_name = "NAME",
        default_value = "x-forwarded-user"
    )]
    pub identity_header: HeaderName,

    /// Header in which the proxy gives the person's e-mail address; it must be one that your proxy always
    /// sets itself. Without it the identity counts as one if it looks so. `INTURN_EMAIL_HEADER`, default
    /// none.
    #[arg(long, env = "INTURN_EMAIL_HEADER", value_name = "NAME")]
    pub email_header: Option<HeaderName>,

    /// Header in which the proxy lists the person's groups, separated by commas; it must be one that your
    /// proxy always sets itself. `INTURN_GROUPS_HEADER`, default none.
    #[arg(long, env = "INTURN_GROUPS_HEADER", value_name = "NAME")]
    pub groups_header: Option<HeaderName>,

    /// Header in which the proxy repeats the secret of `INTURN_PROXY_SECRET`, where there is one.
    /// `INTURN_PROXY_SECRET_HEADER`, default `x-proxy-secret`.
    #[arg(
        long,
        env = "INTURN_PROXY_SECRET_HEADER",
        value_name = "NAME",
        default_value = "x-proxy-secret"
    )]
    pub proxy_secret_header: HeaderName,

    /// People who may ask, by identity or e-mail address, separated by commas. `INTURN_ALLOW_USER`,
    /// default none; with no people, domains or groups given, everybody signed in may.
    #[arg(
        long,
        env = "INTURN_ALLOW_USER",
        value_name = "NAMES",
        value_delimiter = ','
    )]
    pub allow_user: Vec<Name>,

    /// E-mail domains whose people may ask, separated by commas. `INTURN_ALLOW_DOMAIN`, default none.
    #[arg(
        long,
        env = "INTURN_ALLOW_DOMAIN",
        value_name = "DOMAINS",
        value_delimiter = ','
    )]
    pub allow_domain: Vec<Name>,

    /// Groups whose people may ask, separated by commas. `INTURN_ALLOW_GROUP`, default none.
    #[arg(
        long,
        env = "INTURN_ALLOW_GROUP",
        value_name = "GROUPS",
        requires = "groups_header",
        value_delimiter = ','
    )]
    pub allow_group: Vec<Name>,

    /// Hours that a sign-in by passphrase lasts, 1 to 720. `INTURN_SIGN_IN_HOURS`, default 12.
    // A working day with its breaks; a month at most, after which nobody remembers that they are in.
    #[arg(
        long,
        env = "INTURN_SIGN_IN_HOURS",
        value_name = "HOURS",
        default_value_t = 12,
        value_parser = clap::value_parser!(u32).range(1..=720)
    )]
    pub sign_in_hours: u32,

    /// Wrong passphrases that one address may try in five minutes, 1 to 1000; right ones don't count.
    /// `INTURN_SIGN_IN_ATTEMPTS`, default 10.
    // Enough for a person with two layouts and a caps lock; 2,880 guesses a day are nothing against a
    // passphrase.
    #[arg(
        long,
        env = "INTURN_SIGN_IN_ATTEMPTS",
        value_name = "COUNT",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub sign_in_attempts: u32,

    /// Wrong passphrases that one network (24 bits of IPv4, 48 of IPv6) may try in five minutes,
    /// 1 to 10000. `INTURN_SIGN_IN_NETWORK_ATTEMPTS`, default 50.
    // Five addresses' worth: nobody rents a network to have 256 times the guesses.
    #[arg(
        long,
        env = "INTURN_SIGN_IN_NETWORK_ATTEMPTS",
        value_name = "COUNT",
        default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    pub sign_in_network_attempts: u32,

    /// Wrong passphrases that all together may try in five minutes, 1 to 100000; networks with at most
    /// two wrong ones of late are let through even so. `INTURN_SIGN_IN_ALL_ATTEMPTS`, default 500.
    // Fifty people at their own limit; below what two cores check in that time, which is some 6,000.
    #[arg(
        long,
        env = "INTURN_SIGN_IN_ALL_ATTEMPTS",
        value_name = "COUNT",
        default_value_t = 500,
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    pub sign_in_all_attempts: u32,

    /// What the flags may not hold.
    #[arg(skip)]
    pub secrets: AccessSecrets,
}

/// How people prove who they are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum AuthMode {
    /// Whoever sits at this machine.
    #[default]
    Loopback,
    /// Whoever the reverse proxy names.
    Proxy,
    /// Whoever knows the passphrase.
    Password,
    /// Everybody who can reach the server.
    Open,
}

/// What a person must know or a proxy must say; read from variables and files alone.
#[derive(Clone, Debug, Default)]
pub struct AccessSecrets {
    /// What the proxy repeats to prove that it is the proxy.
    pub proxy: Option<Secret>,
    /// The passphrase's hash, as `inturn hash-password` prints it.
    pub password_hash: Option<PasswordHash>,
    /// What sign-ins are signed with; one of this process's own where there is none.
    pub sign_in: Option<Secret>,
}

impl AccessSecrets {
    /// Reads them from the environment.
    ///
    /// # Errors
    ///
    /// [`SecretError`] when one of them can't be used.
    pub fn from_environment() -> Result<Self, SecretError> {
        Ok(Self {
            proxy: Self::read_proxy()?,
            password_hash: Self::read_password_hash()?,
            sign_in: SIGN_IN_SECRET.read(Secret::parse)?,
        })
    }

    /// What the proxy repeats, alone.
    pub(crate) fn read_proxy() -> Result<Option<Secret>, SecretError> {
        PROXY_SECRET.read(Secret::parse)
    }

    /// The passphrase's hash, alone.
    pub(crate) fn read_password_hash() -> Result<Option<PasswordHash>, SecretError> {
        PASSWORD_HASH.read(PasswordHash::parse)
    }
}

/// An address, or a network of them in CIDR form: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Network(IpNet);

impl Network {
    /// Whether an address, in its shortest form, belongs to it.
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
        // Everything at once is mostly a mistake for "no proxy", and would believe everybody.
        if network.prefix_len() == 0 {
            return Err(InvalidNetwork);
        }
        Ok(Self(network))
    }
}

/// A network of IPv4 addresses written as IPv6 ones, in its shorter form: all addresses are compared in
/// theirs.
fn canonical(network: IpNet) -> Result<IpNet, InvalidNetwork> {
    let IpNet::V6(long) = network else {
        return Ok(network);
    };
    match (
        long.addr().to_ipv4_mapped(),
        long.prefix_len().checked_sub(96),
    ) {
        (Some(short), Some(bits)) => IpNet::new(short.into(), bits).map_err(|_| InvalidNetwork),
        // More than all of IPv4, and of IPv6 nothing.
        (Some(_), None) => Err(InvalidNetwork),
        (None, _) => Ok(network),
    }
}

/// The text is no network, or all of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be addresses or networks such as 127.0.0.1,10.0.0.0/8, and not all there are")]
pub struct InvalidNetwork;

/// One name of a list: white space around it goes, and something must be left.
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

/// The text names nobody.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be names separated by commas, and none of them empty")]
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
    what: "a passphrase's hash",
    form: "what `inturn hash-password` prints, in quotes where a shell would read its dollar signs",
    variable: "INTURN_PASSWORD_HASH",
    file_variable: "INTURN_PASSWORD_HASH_FILE",
    max_bytes: MAX_SECRET_BYTES,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_address_or_a_range_and_never_everything() {
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
