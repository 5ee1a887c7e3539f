//! Attack: many sign-ins with a wrong passphrase, from many networks.

use std::{collections::BTreeMap, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
    time::timeout,
};

use super::target::{PASSPHRASE, PATIENCE, Target};
use crate::report::{Figure, Table};

/// The result of the attack.
pub(super) struct SignIns {
    /// Number of responses by status; 0 if the client closed the connection first.
    statuses: BTreeMap<u16, usize>,
    /// Response time of each correct sign-in, in seconds.
    honest: Vec<f64>,
}

pub(super) async fn attack(target: &Target) -> anyhow::Result<SignIns> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut attempts = JoinSet::new();
    for number in 0..ATTEMPTS {
        let address = format!("203.0.{}.{}", number % NETWORKS, number / NETWORKS + 1);
        let request = target.sign_in_request(&address, "a-wrong-passphrase");
        let server = target.address();
        let permits = Arc::clone(&permits);
        attempts.spawn(async move {
            let _permit = permits.acquire_owned().await?;
            let attempt = async {
                let mut stream = TcpStream::connect(server).await?;
                stream.write_all(request.as_bytes()).await?;
                if number % 2 == 1 {
                    return anyhow::Ok(0);
                }
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer).await?;
                let answer = String::from_utf8_lossy(&answer);
                Ok(answer.split(' ').nth(1).unwrap_or("").parse().unwrap_or(0))
            };
            timeout(PATIENCE, attempt).await?
        });
    }
    let mut honest = Vec::new();
    for number in 1..=HONEST {
        let address = format!("198.51.{number}.9");
        let answer = target.sign_in(&address, PASSPHRASE).await?;
        anyhow::ensure!(
            answer.status == 303,
            "a correct sign-in during the attack got status {}",
            answer.status
        );
        honest.push(answer.seconds);
    }
    let mut statuses = BTreeMap::new();
    for attempt in attempts.join_all().await {
        *statuses.entry(attempt.unwrap_or(0)).or_insert(0) += 1;
    }
    Ok(SignIns { statuses, honest })
}

impl SignIns {
    pub(super) fn figures(&self) -> Vec<Figure> {
        let slowest = self.honest.iter().copied().fold(0.0, f64::max);
        vec![
            Figure::new(
                format!("Slowest of {HONEST} correct sign-ins during that attack"),
                slowest,
                "s",
            )
            .at_most(2.0),
        ]
    }

    pub(super) fn table(&self) -> Table {
        let rows = self.statuses.iter().map(|(status, count)| {
            let answer = match status {
                0 => "none: the client closed the connection".to_owned(),
                status => status.to_string(),
            };
            vec![answer, count.to_string()]
        });
        Table {
            title: "Responses to wrong passphrases".to_owned(),
            columns: ["Status", "Attempts"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        }
    }
}

/// Sign-ins with a wrong passphrase.
pub(super) const ATTEMPTS: usize = 1000;

/// Number of networks (/24) that they come from.
pub(super) const NETWORKS: usize = 100;

/// Sign-ins in progress at a time.
pub(super) const AT_ONCE: usize = 300;

/// Correct sign-ins during the attack, one after another.
const HONEST: usize = 5;
