//! New data keys in a keyspace. How far the change is stands beside the keys, so that one that was cut short goes on where it
//! was, and no node starts meanwhile. Every step is a compare-and-set: two who do it at once do the same.

use std::collections::HashMap;
use std::sync::Arc;

use engine::id::TenantId;

use super::super::keyring_file::{KeyringFile, root_id};
use super::super::sealer::Sealer;
use super::super::secret::Secret;
use super::keyspace::{Shared, TRIES_MAX, busy, entry};
use super::{INSTALLATION, Keyring, KeyringError, Open, add_data_key, parsed, rewrapped};
use crate::cql::{KeyRow, RotationRow};

/// How far a change of data keys is. What it is called lies in the keyspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Whether a node is alive. Nothing is changed yet.
    Looking,
    /// Every owner gets a new key.
    Adding,
    /// Everything is sealed by the newest keys.
    Sealing,
    /// Everything is; the older keys go.
    Dropping,
}

impl Phase {
    const ALL: [Self; 4] = [Self::Looking, Self::Adding, Self::Sealing, Self::Dropping];

    const fn name(self) -> &'static str {
        match self {
            Self::Looking => "looking",
            Self::Adding => "adding",
            Self::Sealing => "sealing",
            Self::Dropping => "dropping",
        }
    }
}

impl Shared {
    /// `None`: no change is under way.
    fn phase(&self, row: &RotationRow) -> Result<Option<Phase>, KeyringError> {
        let Some(name) = &row.phase else { return Ok(None) };
        Phase::ALL.into_iter().find(|phase| phase.name() == name).map(Some).ok_or_else(|| self.unreadable())
    }

    /// From this phase to that; whoever has gone further already stays there.
    async fn advance(&self, from: Phase, to: Option<Phase>) -> Result<(), KeyringError> {
        for _ in 0..TRIES_MAX {
            let before = self.table.rotation().await?;
            if self.phase(&before)? != Some(from) {
                return Ok(());
            }
            let after = RotationRow {
                phase: to.map(|phase| phase.name().to_owned()),
                finished: before.finished + i64::from(to.is_none()),
            };
            self.table.set_rotation(&before, &after).await?;
        }
        Err(busy())
    }

    /// Keys of everybody who is there, not of who is on the way in.
    async fn settled(&self) -> Result<Vec<(String, KeyRow)>, KeyringError> {
        Ok(self.table.all().await?.into_iter().filter(|(_, row)| !row.arriving).collect())
    }

    /// Changes the keys of every owner while the rotation is in this phase. `change` answers whether there was something to do.
    async fn change_all(
        &self,
        phase: Phase,
        change: impl Fn(&Secret, &mut KeyringFile) -> Result<bool, KeyringError>,
    ) -> Result<(), KeyringError> {
        for _ in 0..TRIES_MAX {
            if self.phase(&self.table.rotation().await?)? != Some(phase) {
                return Ok(());
            }
            let root = self.root().await?;
            let mut changed = 0;
            for (owner, before) in self.settled().await? {
                let mut file = parsed(before.keys.as_bytes()).ok_or_else(|| self.unreadable())?;
                if file.root != root_id(&root) {
                    // A change of the root key was cut short.
                    let again = rewrapped(&self.root_named(&file.root)?, &file, &root);
                    file = again.ok_or_else(|| self.unreadable())?;
                }
                if change(&root, &mut file)? {
                    changed += 1;
                    let after = entry(&file, before.arriving)?;
                    self.table.replace_during(phase.name(), &root_id(&root), &owner, &before, &after).await?;
                }
            }
            // The next round sees whether that happened.
            if changed == 0 {
                return Ok(());
            }
        }
        Err(busy())
    }
}

impl Keyring {
    /// From now on no process opens the store but to change the data keys.
    pub(crate) async fn announce_rotation(&self) -> Result<(), KeyringError> {
        let shared = self.shared()?;
        for _ in 0..TRIES_MAX {
            let before = shared.table.rotation().await?;
            if shared.phase(&before)?.is_some() {
                return Ok(());
            }
            let phase = Some(Phase::Looking.name().to_owned());
            shared.table.set_rotation(&before, &RotationRow { phase, ..before.clone() }).await?;
        }
        Err(busy())
    }

    /// One in which nothing has been changed yet does not take place.
    pub(crate) async fn call_off_rotation(&self) -> Result<(), KeyringError> {
        let shared = self.shared()?;
        for _ in 0..TRIES_MAX {
            let before = shared.table.rotation().await?;
            if shared.phase(&before)? != Some(Phase::Looking) {
                return Ok(());
            }
            shared.table.set_rotation(&before, &RotationRow { phase: None, ..before.clone() }).await?;
        }
        Err(busy())
    }

    /// Gives every owner a new data key for what is written from now on, unless the last such change is unfinished, and makes
    /// the keys of all known here. How many organizations are on their way in, and keep theirs.
    pub(crate) async fn add_data_keys(&self) -> Result<usize, KeyringError> {
        let shared = self.shared()?;
        shared.advance(Phase::Looking, Some(Phase::Adding)).await?;
        let add = |root: &Secret, file: &mut KeyringFile| {
            let mut added = false;
            for keys in file.keys.iter_mut().filter(|keys| keys.data.len() == 1) {
                add_data_key(root, keys)?;
                added = true;
            }
            Ok(added)
        };
        shared.change_all(Phase::Adding, add).await?;
        shared.advance(Phase::Adding, Some(Phase::Sealing)).await?;
        if shared.phase(&shared.table.rotation().await?)?.is_none() {
            // Called off, or finished, by somebody else.
            return Err(busy());
        }
        self.meet_all(shared).await
    }

    async fn meet_all(&self, shared: &Shared) -> Result<usize, KeyringError> {
        let (mut installation, mut tenants, mut arriving) = (None, HashMap::new(), 0);
        for (owner, row) in shared.table.all().await? {
            let tenant = owner.parse::<TenantId>();
            if row.arriving {
                // Not what an earlier arrival has left.
                arriving += usize::from(tenant.is_ok());
                continue;
            }
            let sealer = shared.unlock(&owner, &row)?;
            if owner == INSTALLATION {
                installation = Some(sealer);
            } else {
                tenants.insert(tenant.map_err(|_| shared.unreadable())?, sealer);
            }
        }
        *self.write() = Open { installation: installation.ok_or_else(|| shared.unreadable())?, tenants };
        Ok(arriving)
    }

    /// Forgets all data keys but the newest, and is over: nothing is sealed by them any more.
    pub(crate) async fn drop_data_keys(&self) -> Result<(), KeyringError> {
        let shared = self.shared()?;
        shared.advance(Phase::Sealing, Some(Phase::Dropping)).await?;
        let drop_older = |_: &Secret, file: &mut KeyringFile| {
            let mut dropped = false;
            for keys in &mut file.keys {
                let older = keys.data.len().saturating_sub(1);
                keys.data.drain(..older);
                dropped |= older > 0;
            }
            Ok(dropped)
        };
        shared.change_all(Phase::Dropping, drop_older).await?;
        shared.advance(Phase::Dropping, None).await
    }

    /// Whether what this process knows of the keys still holds. A node asks before it takes part: it may have stood still while
    /// they were changed.
    pub(crate) async fn check_current(&self) -> Result<(), KeyringError> {
        let shared = self.shared()?;
        let found = shared.table.rotation().await?;
        if shared.phase(&found)?.is_some() {
            return Err(KeyringError::Rotating);
        }
        if found.finished == shared.finished { Ok(()) } else { Err(KeyringError::Rotated) }
    }

    /// Those whose keys are known here.
    pub(crate) fn tenants(&self) -> Vec<(TenantId, Arc<Sealer>)> {
        self.read().tenants.iter().map(|(tenant, sealer)| (*tenant, Arc::clone(sealer))).collect()
    }
}
