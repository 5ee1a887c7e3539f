//! The section `attacks`: memory of the server under attack, and how it serves other clients
//! meanwhile.
//!
//! All attacks come from this machine and end by themselves.

mod budget;
mod connections;
mod sign_ins;
mod sockets;
mod target;

use self::target::{MOST_ABOVE_IDLE_MIB, Target};
use crate::report::{Figure, Section, quantity};

/// Runs all attacks against one server process, one after another.
pub(crate) async fn run() -> anyhow::Result<Section> {
    crate::machine::raise_file_limit();
    let folder = tempfile::tempdir()?;
    let target = Target::start(folder.path()).await?;
    let idle = target.resident_mib()?;

    let sign_ins = sign_ins::attack(&target).await?;
    let after_sign_ins = target.resident_mib()?;
    let connections = connections::attack(&target).await?;
    // The server returns memory once a second.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let after_connections = target.resident_mib()?;
    let sockets = sockets::attack(&target).await?;
    let budget = budget::attack(&target).await?;
    let after_all = target.resident_mib()?;

    let idle_memory = format!("{} idle", quantity(idle, "MiB"));
    let mut figures = vec![
        Figure::new(
            format!(
                "Memory after {} sign-ins with a wrong passphrase, above idle",
                sign_ins::ATTEMPTS
            ),
            after_sign_ins - idle,
            "MiB",
        )
        .at_most(MOST_ABOVE_IDLE_MIB)
        .compared_with(&idle_memory),
        Figure::new(
            "Memory after held connections, above that before them",
            after_connections - after_sign_ins,
            "MiB",
        ),
        Figure::new(
            "Memory after all attacks, above idle",
            after_all - idle,
            "MiB",
        )
        .at_most(MOST_ABOVE_IDLE_MIB)
        .compared_with(&idle_memory),
        Figure::new(
            "Highest memory during all attacks, above idle",
            target.peak_mib()? - idle,
            "MiB",
        ),
    ];
    figures.extend(sign_ins.figures());
    figures.extend(connections.figures());
    figures.extend(sockets.figures(after_connections));
    figures.extend(budget.figures());
    Ok(Section {
        title: "Under attack",
        charts: Vec::new(),
        method: method(),
        figures,
        tables: vec![sign_ins.table(), connections.table(), budget.table()],
    })
}

fn method() -> Vec<String> {
    vec![format!(
        "One process of the release build is attacked in several ways, one after another. It runs \
         with `--auth password`, `--local-service`, a trusted proxy, and no limits on tokens per \
         minute or per day. *Wrong passphrases* come through the trusted proxy for clients in {} \
         networks, {} requests at a time; every other client closes its connection right after its \
         request. *Held connections*, with unfinished requests or unread responses, each come from \
         a different address. *Sockets* without a token send messages of {} to the local service. \
         *Tokens*: one person gets a token, confirms the recording and ends it at once, until the \
         server refuses.",
        sign_ins::NETWORKS,
        sign_ins::AT_ONCE,
        quantity(sockets::MESSAGE_MB as f64, "MB"),
    )]
}
