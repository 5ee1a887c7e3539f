//! Very many sign-ins with a wrong passphrase, from many networks.

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

/// What came of it.
pub(super) struct SignIns {
    /// How often each status was answered; 0 stands for those who hung up.
    statuses: BTreeMap<u16, usize>,
    /// How long each honest person waited, in seconds.
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
            "an honest sign-in under attack was answered {}",
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
                format!("Slowest of {HONEST} right sign-ins during that attack"),
                slowest,
                "s",
            )
            .at_most(2.0),
        ]
    }

    pub(super) fn table(&self) -> Table {
        let rows = self.statuses.iter().map(|(status, count)| {
            let answer = match status {
                0 => "none: the client hung up".to_owned(),
                status => status.to_string(),
            };
            vec![answer, count.to_string()]
        });
        Table {
            title: "Answers to wrong passphrases".to_owned(),
            columns: ["Answer", "Attempts"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        }
    }
}

/// Wrong passphrases in all.
pub(super) const ATTEMPTS: usize = 1000;

/// From so many networks of 256 addresses.
pub(super) const NETWORKS: usize = 100;

/// Open at a time.
pub(super) const AT_ONCE: usize = 300;

/// Honest people who sign in during the attack, one after the other.
const HONEST: usize = 5;
