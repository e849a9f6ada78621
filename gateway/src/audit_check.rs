//! `jetto audit verify`: follows the chain of every organization from its anchor to its head.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Subcommand;
use engine::audit::{Broken, Link, follow};
use engine::directory::Organization;
use engine::id::TenantId;
use engine::ports::{AuditLog, StoreError};

use crate::admin::find;
use crate::app::StartError;
use crate::config::Config;
use crate::store::Opened;

#[derive(Subcommand)]
pub enum Command {
    /// Says whether an entry was changed, removed or moved since it was written. A server with a store of its own must be
    /// stopped.
    Verify {
        /// Name or id; all when absent.
        #[arg(long)]
        organization: Option<String>,
    },
}

/// Entries that are read at a time.
const PAGE: u32 = 500;

/// Success only when every chain holds.
pub async fn run(config: &Config, command: Command) -> Result<ExitCode, StartError> {
    let Command::Verify { organization } = command;
    let opened = Opened::by(config).await?;
    let verified = verify(&opened, organization.as_deref()).await;
    let closed = opened.close().await;
    let (lines, holds) = verified?;
    closed?;
    for line in lines {
        writeln!(std::io::stdout(), "{line}").map_err(|error| StartError(error.to_string()))?;
    }
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What to say, and whether all is as it was written.
pub(crate) async fn verify(opened: &Opened, wanted: Option<&str>) -> Result<(Vec<String>, bool), StartError> {
    let failed = |error: StoreError| StartError(error.to_string());
    let store = opened.store();
    let store = store.as_ref();
    let wanted = match wanted {
        Some(wanted) => Some(find(store, wanted).await?),
        None => None,
    };
    let (mut lines, mut holds) = (Vec::new(), true);
    // A chain is read by its index; that the index says what the rows say is SQLite's to check.
    for finding in opened.audit_faults().await.map_err(failed)? {
        lines.push(format!("the file: {finding}"));
        holds = false;
    }
    let organizations = store.organizations().await.map_err(failed)?;
    let chosen = organizations.into_iter().filter(|organization| wanted.is_none_or(|id| id == organization.id));
    for Organization { id, name } in chosen {
        let line = match walk(store, id).await.map_err(failed)? {
            Ok(Chain { from, head }) if from == head.n => format!("{name}: no entries are kept"),
            Ok(Chain { from, head }) => {
                let first = from + 1;
                format!(
                    "{name}: entries {first} to {} are as they were written, head {}",
                    head.n,
                    hex::encode(head.hash)
                )
            }
            Err(broken) => {
                holds = false;
                format!("{name}: {broken}")
            }
        };
        lines.push(line);
    }
    Ok((lines, holds))
}

/// A chain that holds: what was trimmed, and where it ends.
struct Chain {
    from: u64,
    head: Link,
}

async fn walk(store: &(impl AuditLog + ?Sized), tenant: TenantId) -> Result<Result<Chain, Broken>, StoreError> {
    let ends = match store.audit_ends(tenant).await {
        Ok(ends) => ends,
        Err(StoreError::Busy) => return Err(StoreError::Busy),
        // What cannot be read is not what was written.
        Err(StoreError::Corrupt(_) | StoreError::Unavailable(_)) => return Ok(Err(Broken { n: 0 })),
    };
    let (mut at, mut limit) = (ends.anchor, PAGE);
    loop {
        let records = match store.audit_chain(tenant, at.n, limit).await {
            Ok(records) => records,
            Err(StoreError::Busy) => return Err(StoreError::Busy),
            Err(StoreError::Corrupt(_) | StoreError::Unavailable(_)) if limit == 1 => {
                return Ok(Err(Broken { n: at.n + 1 }));
            }
            // One of these cannot be read: one by one, to find which.
            Err(StoreError::Corrupt(_) | StoreError::Unavailable(_)) => {
                limit = 1;
                continue;
            }
        };
        if records.is_empty() {
            break;
        }
        match follow(at, &records) {
            Ok(end) => at = end,
            Err(broken) => return Ok(Err(broken)),
        }
    }
    if at == ends.head {
        Ok(Ok(Chain { from: ends.anchor.n, head: at }))
    } else {
        // The last ones are missing, or the end itself was changed.
        Ok(Err(Broken { n: at.n.min(ends.head.n) + 1 }))
    }
}
