//! Attack: one person gets as many tokens as possible, and ends each recording at once.

use anyhow::Context as _;
use serde_json::Value;

use super::target::{PASSPHRASE, Target};
use crate::report::{Figure, Table};

/// The result of the attack.
pub(super) struct Budget {
    tokens: usize,
    /// Hours that would be billed if every session ran to its cap.
    worst_hours: f64,
    refused_with: String,
}

pub(super) async fn attack(target: &Target) -> anyhow::Result<Budget> {
    let cookie = target.sign_in("198.51.100.1", PASSPHRASE).await?.cookie()?;
    let mut tokens = 0;
    let mut worst_hours = 0.0;
    while tokens < MOST {
        let answer = target.token(&cookie).await?;
        let body: Value = serde_json::from_str(&answer.body).context("no JSON from /token")?;
        if answer.status != 200 {
            let refused_with = format!("{} {}", answer.status, body["code"].as_str().unwrap_or(""));
            return Ok(Budget {
                tokens,
                worst_hours,
                refused_with,
            });
        }
        tokens += 1;
        let cap = body["max_session_duration_seconds"].as_f64();
        worst_hours += cap.context("a token without its cap")? / 3600.0;
        let recording = body["recording"].as_str().context("no recording")?;
        for (what, body) in [("begin", "{}"), ("end", "")] {
            target
                .call(
                    "POST",
                    &format!("/recordings/{recording}/{what}"),
                    &cookie,
                    body,
                )
                .await?;
        }
    }
    Ok(Budget {
        tokens,
        worst_hours,
        refused_with: "nothing".to_owned(),
    })
}

impl Budget {
    pub(super) fn figures(&self) -> Vec<Figure> {
        vec![Figure::new(
            "Tokens for one person who ends each recording at once",
            self.tokens as f64,
            "",
        )]
    }

    pub(super) fn table(&self) -> Table {
        Table {
            title: "Tokens for one person in a row".to_owned(),
            columns: [
                "Tokens",
                "Hours if every session ran to its cap",
                "Answer to the next request",
            ]
            .map(str::to_owned)
            .to_vec(),
            rows: vec![vec![
                self.tokens.to_string(),
                format!("{:.1}", self.worst_hours),
                self.refused_with.clone(),
            ]],
        }
    }
}

/// Far more than any budget allows.
const MOST: usize = 5000;
