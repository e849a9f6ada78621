//! Nodes and leases. Both are changed by compare-and-set only. A lease is read at `LOCAL_SERIAL` before it is taken: what
//! somebody had under way when they got no answer has happened then, or never will.

use async_trait::async_trait;
use engine::cluster::{Epoch, LeaseName, Member, Standing};
use engine::id::NodeId;
use engine::ports::{Leases, StoreError, Taken};

use super::session::Lwt;
use super::{CqlStore, names};
use crate::codec::corrupt;
use crate::crypto::{KeyringError, Lookup};

/// A lease is looked at again this often when others were faster.
const TRIES_MAX: usize = 16;

const ALIVE: i8 = 0;
const LEAVING: i8 = 1;
const DEAD: i8 = 2;

#[derive(Debug, Clone, Copy)]
struct Lease {
    /// `None`: given up.
    holder: Option<NodeId>,
    epoch: Epoch,
}

fn standing(stored: i8) -> Result<Standing, StoreError> {
    match stored {
        ALIVE => Ok(Standing::Alive),
        LEAVING => Ok(Standing::Leaving),
        DEAD => Ok(Standing::Dead),
        _ => Err(corrupt("a node of unknown standing")),
    }
}

impl CqlStore {
    fn members_home(&self) -> Lookup {
        self.name("members", &[])
    }

    /// Leases that a node may have taken: written before each is.
    fn leases_of(&self, node: NodeId) -> Lookup {
        self.name("leases_of", &[node.as_bytes()])
    }

    fn lease_name(&self, name: &LeaseName) -> Lookup {
        match name {
            LeaseName::Intake(tenant) => self.name("lease", &[b"intake", tenant.as_bytes()]),
            LeaseName::Number(tenant, number) => {
                self.name("lease", &[b"number", tenant.as_bytes(), number.as_str().as_bytes()])
            }
            LeaseName::Campaign(tenant, campaign) => {
                self.name("lease", &[b"campaign", tenant.as_bytes(), campaign.as_bytes()])
            }
            LeaseName::Chores(n) => self.name("lease", &[b"chores", &n.to_be_bytes()]),
        }
    }

    /// A node that has other keys than those in use may seal nothing any more.
    async fn check_keys(&self) -> Result<(), StoreError> {
        self.keyring.check_current().await.map_err(|error| {
            if matches!(error, KeyringError::Rotating | KeyringError::Rotated) {
                tracing::error!("{error}");
                self.cql.shut();
            }
            error.into()
        })
    }

    async fn put_member(&self, node: NodeId) -> Result<(), StoreError> {
        let text = "INSERT INTO member (home, node, beat, standing) VALUES (?, ?, 0, 0) IF NOT EXISTS";
        for _ in 0..TRIES_MAX {
            let (home, node) = (self.members_home(), node.as_bytes().as_slice());
            match self.cql.lwt(text, (home.as_slice(), node)).await? {
                Lwt::Applied | Lwt::Refused => return Ok(()),
                Lwt::Unknown => {}
            }
        }
        Err(StoreError::Busy)
    }

    /// After whatever is under way on it.
    async fn member(&self, node: NodeId) -> Result<Option<Member>, StoreError> {
        let text = "SELECT beat, standing FROM member WHERE home = ? AND node = ?";
        let key = (self.members_home(), node.as_bytes().as_slice());
        let rows: Vec<(i64, i8)> = self.cql.serial_rows(text, (key.0.as_slice(), key.1)).await?;
        let member = |(beat, stored)| Ok(Member { node, beat: names::unsigned(beat)?, standing: standing(stored)? });
        rows.into_iter().next().map(member).transpose()
    }

    /// Who was forgotten held nothing, and who never joined can hold nothing. A plain read, because many leases are taken at
    /// once and beats must not wait for them: who has joined is seen by it, and who is dead stays dead.
    async fn is_dead(&self, node: NodeId) -> Result<bool, StoreError> {
        let text = "SELECT standing FROM member WHERE home = ? AND node = ?";
        let home = self.members_home();
        let rows: Vec<(i8,)> = self.cql.rows(text, (home.as_slice(), node.as_bytes().as_slice())).await?;
        rows.first().map_or(Ok(true), |(stored,)| Ok(standing(*stored)? == Standing::Dead))
    }

    /// After whatever is under way on it.
    async fn lease(&self, name: &[u8]) -> Result<Option<Lease>, StoreError> {
        let text = "SELECT holder, epoch FROM lease WHERE name = ?";
        let rows: Vec<(Option<Vec<u8>>, i64)> = self.cql.serial_rows(text, (name,)).await?;
        let lease = |(holder, epoch)| {
            let holder = names::maybe_id(holder)?.map(NodeId::from_bytes);
            Ok(Lease { holder, epoch: Epoch(names::unsigned(epoch)?) })
        };
        rows.into_iter().next().map(lease).transpose()
    }

    /// Over exactly this state: an epoch is one holder's, who may only have given it up meanwhile.
    async fn take_lease(&self, name: &[u8], before: Option<Lease>, node: NodeId) -> Result<Lwt, StoreError> {
        let node = node.as_bytes().as_slice();
        match before {
            None => {
                let text = "INSERT INTO lease (name, holder, epoch) VALUES (?, ?, 1) IF NOT EXISTS";
                self.cql.lwt(text, (name, node)).await
            }
            Some(Lease { epoch, .. }) => {
                let text = "UPDATE lease SET holder = ?, epoch = ? WHERE name = ? IF epoch = ?";
                let epoch = names::signed(epoch.0);
                self.cql.lwt(text, (node, epoch + 1, name, epoch)).await
            }
        }
    }
}

#[async_trait]
impl Leases for CqlStore {
    async fn join(&self, node: NodeId) -> Result<(), StoreError> {
        self.check_keys().await?;
        self.put_member(node).await?;
        // Whoever changes keys says so first and looks for nodes then: one of the two sees the other.
        self.check_keys().await
    }

    async fn beat(&self, node: NodeId, beat: u64) -> Result<bool, StoreError> {
        let Some(before) = beat.checked_sub(1) else { return Ok(false) };
        let text = "UPDATE member SET beat = ? WHERE home = ? AND node = ? IF beat = ? AND standing < 2";
        let (home, key) = (self.members_home(), node.as_bytes().as_slice());
        for _ in 0..TRIES_MAX {
            let values = (names::signed(beat), home.as_slice(), key, names::signed(before));
            if self.cql.lwt(text, values).await? == Lwt::Applied {
                return Ok(true);
            }
            match self.member(node).await? {
                Some(member) if member.standing == Standing::Dead => return Ok(false),
                Some(member) if member.beat == beat => return Ok(true),
                Some(member) if member.beat == before => {}
                Some(_) | None => return Ok(false),
            }
        }
        Err(StoreError::Busy)
    }

    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        let text = "UPDATE member SET standing = 1 WHERE home = ? AND node = ? IF standing = 0";
        for _ in 0..TRIES_MAX {
            let (home, node) = (self.members_home(), node.as_bytes().as_slice());
            match self.cql.lwt(text, (home.as_slice(), node)).await? {
                Lwt::Applied | Lwt::Refused => return Ok(()),
                Lwt::Unknown => {}
            }
        }
        Err(StoreError::Busy)
    }

    async fn members(&self) -> Result<Vec<Member>, StoreError> {
        let text = "SELECT node, beat, standing FROM member WHERE home = ?";
        let rows: Vec<(Vec<u8>, i64, i8)> = self.cql.rows(text, (self.members_home().as_slice(),)).await?;
        let member = |(node, beat, stored): (Vec<u8>, i64, i8)| {
            let node = NodeId::from_bytes(names::id(&node)?);
            Ok(Member { node, beat: names::unsigned(beat)?, standing: standing(stored)? })
        };
        rows.into_iter().map(member).collect()
    }

    async fn bury(&self, node: NodeId, seen: u64) -> Result<bool, StoreError> {
        let text = "UPDATE member SET standing = 2 WHERE home = ? AND node = ? IF beat = ?";
        let (home, key) = (self.members_home(), node.as_bytes().as_slice());
        match self.cql.lwt(text, (home.as_slice(), key, names::signed(seen))).await? {
            Lwt::Applied => Ok(true),
            Lwt::Refused | Lwt::Unknown => {
                let found = self.member(node).await?;
                Ok(found.is_none_or(|member| member.standing == Standing::Dead))
            }
        }
    }

    async fn take(&self, name: &LeaseName, node: NodeId) -> Result<Taken, StoreError> {
        let key = self.lease_name(name);
        if self.is_dead(node).await? {
            return Ok(Taken::Fenced);
        }
        let mut noted = false;
        for _ in 0..TRIES_MAX {
            let before = self.lease(&key).await?;
            match before {
                Some(Lease { holder: Some(holder), epoch }) if holder == node => return Ok(Taken::Won(epoch)),
                Some(Lease { holder: Some(holder), .. }) if !self.is_dead(holder).await? => {
                    return Ok(Taken::HeldBy(holder));
                }
                Some(_) | None => {}
            }
            if !noted {
                self.point(self.leases_of(node), &key, &[]).await?;
                noted = true;
            }
            if self.take_lease(&key, before, node).await? == Lwt::Applied {
                return Ok(Taken::Won(Epoch(before.map_or(0, |lease| lease.epoch.0) + 1)));
            }
            // Somebody was faster, or it was this node, without an answer.
        }
        Err(StoreError::Busy)
    }

    async fn give_up(&self, name: &LeaseName, node: NodeId, epoch: Epoch) -> Result<(), StoreError> {
        let key = self.lease_name(name);
        let text = "UPDATE lease SET holder = null WHERE name = ? IF holder = ? AND epoch = ?";
        for _ in 0..TRIES_MAX {
            let values = (key.as_slice(), node.as_bytes().as_slice(), names::signed(epoch.0));
            match self.cql.lwt(text, values).await? {
                Lwt::Applied | Lwt::Refused => return Ok(()),
                Lwt::Unknown => {}
            }
        }
        Err(StoreError::Busy)
    }

    async fn holder(&self, name: &LeaseName) -> Result<Option<(NodeId, Epoch)>, StoreError> {
        let lease = self.lease(&self.lease_name(name)).await?;
        Ok(lease.and_then(|lease| Some((lease.holder?, lease.epoch))))
    }

    async fn forget_dead(&self) -> Result<(), StoreError> {
        for member in self.members().await? {
            if member.standing != Standing::Dead {
                continue;
            }
            let noted = self.pointers(self.leases_of(member.node)).await?;
            let mut holds = false;
            for (name, _) in &noted {
                holds |= self.lease(name).await?.is_some_and(|lease| lease.holder == Some(member.node));
            }
            if holds {
                continue;
            }
            for (name, _) in &noted {
                self.unpoint(self.leases_of(member.node), name).await?;
            }
            let text = "DELETE FROM member WHERE home = ? AND node = ? IF standing = 2";
            let (home, node) = (self.members_home(), member.node.as_bytes().as_slice());
            // Without an answer, the next one who looks sees it.
            self.cql.lwt(text, (home.as_slice(), node)).await?;
        }
        Ok(())
    }
}
