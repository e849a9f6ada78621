use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::account::Account;
use engine::audit::AuditEntry;
use engine::directory::Member;
use engine::id::{AccountId, ApiKeyId, InvitationId, MemberId, TenantId};
use engine::ports::{Accounts, StoreError, Updated};
use engine::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::administration::StoredApiKey;
use super::audit::StoredEntry;
use super::documents::{Edit, Place};
use super::office::{Changes, Decision, Head, Kind, Put};
use super::password_resets::{StoredReset, reset_at};
use super::{CqlStore, names, turns};
use crate::codec;
use crate::crypto::{Lookup, Sealer};

const TRIES_MAX: usize = 64;

/// What the logs of organizations say of a change that lies elsewhere: once each.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Notes {
    pub(super) change: [u8; 16],
    entries: Vec<(TenantId, StoredEntry)>,
}

impl Notes {
    pub(super) fn of(entries: &[(TenantId, AuditEntry)]) -> Option<Self> {
        let stored: Vec<_> = entries.iter().map(|(tenant, entry)| (*tenant, StoredEntry::of(entry))).collect();
        (!stored.is_empty()).then(|| Self { change: rand::random(), entries: stored })
    }

    fn by_tenant(&self) -> Result<BTreeMap<TenantId, Vec<AuditEntry>>, StoreError> {
        let mut by_tenant: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (tenant, entry) in &self.entries {
            by_tenant.entry(*tenant).or_default().push(entry.clone().entry()?);
        }
        Ok(by_tenant)
    }
}

/// A change of an organization that an account or address is part of; it counts once the change is made.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tentative {
    pub(super) tenant: TenantId,
    pub(super) change: [u8; 16],
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredAccount {
    account: Account,
    tentative: Option<Tentative>,
    follow: Option<Follow>,
}

/// What a change of an account brings with it elsewhere.
#[derive(Clone, Serialize, Deserialize)]
struct Follow {
    change: [u8; 16],
    /// The memberships take over the address, and the name if that is another one.
    members: bool,
    renamed: bool,
    notes: Option<Notes>,
    /// The address it had before.
    release: Option<(Lookup, [u8; 16])>,
}

/// Whose an address is: reserved before the account has it, released after it has another one. In between, and for whoever
/// died in between, it leads to an account that does not have the address, and counts for nothing.
///
/// The account, as it is to be or was, comes before the reservation, and the version that decides (of the office for a new
/// account, of the account for one that moves) is read before both. So whoever finds a reservation that counts for nothing
/// finds there what to raise the version of; whoever made it decides again then, and reserves again, under another claim.
#[derive(Clone, Serialize, Deserialize)]
struct StoredEmail {
    account: AccountId,
    /// Another one with each reservation, so that a late release lets a later one alone.
    claim: [u8; 16],
}

fn at<'a>(store: &CqlStore, ours: &'a Sealer, id: &AccountId) -> Place<'a> {
    Place { name: store.name("account", &[id.as_bytes()]), sealer: ours }
}

fn email_at<'a>(store: &CqlStore, ours: &'a Sealer, lookup: &Lookup) -> Place<'a> {
    Place { name: store.name("account_email", &[lookup]), sealer: ours }
}

impl CqlStore {
    pub(super) async fn leave(&self, notes: &Notes) -> Result<(), StoreError> {
        for (tenant, entries) in notes.by_tenant()? {
            self.note(tenant, notes.change, entries).await?;
        }
        Ok(())
    }

    pub(super) async fn forget_notes(&self, notes: &Notes) -> Result<(), StoreError> {
        for tenant in notes.by_tenant()?.into_keys() {
            self.forget_note(tenant, notes.change).await?;
        }
        Ok(())
    }

    pub(super) fn memberships_of(&self, account: AccountId) -> Lookup {
        self.name("memberships", &[account.as_bytes()])
    }

    /// The account, if it counts, after everything that its last change brings with it is written.
    async fn settled_account(&self, id: AccountId) -> Result<Option<StoredAccount>, StoreError> {
        let ours = self.keyring.installation();
        let place = at(self, &ours, &id);
        let Some(stored) = self.document::<StoredAccount>(place).await? else { return Ok(None) };
        if let Some(tentative) = stored.tentative
            && !self.is_made(tentative).await?
        {
            // Perhaps it was finished between the two looks.
            let again = self.document::<StoredAccount>(place).await?;
            return Ok(again.filter(|again| again.tentative.is_none()));
        }
        if let Some(follow) = &stored.follow {
            self.follow_account(&stored, follow).await?;
            let change = follow.change;
            let clear = |known: Option<StoredAccount>| match known {
                Some(known) if known.follow.as_ref().is_some_and(|follow| follow.change == change) => {
                    Edit::Put(StoredAccount { follow: None, ..known }, ())
                }
                Some(_) | None => Edit::Keep(()),
            };
            self.edit(place, clear).await?;
            for tenant in self.touched_by(&stored, follow).await? {
                self.forget_note(tenant, change).await?;
            }
        }
        Ok(Some(stored))
    }

    async fn touched_by(&self, stored: &StoredAccount, follow: &Follow) -> Result<Vec<TenantId>, StoreError> {
        let mut tenants = match &follow.notes {
            Some(notes) => notes.by_tenant()?.into_keys().collect(),
            None => Vec::new(),
        };
        if follow.members {
            for (tenant, _) in self.pointers(self.memberships_of(stored.account.id)).await? {
                let tenant = TenantId::from_bytes(names::id(&tenant)?);
                // One that is on its way in brings its members as they are.
                if self.known(tenant).await?.is_some() {
                    tenants.push(tenant);
                }
            }
        }
        tenants.sort_unstable();
        tenants.dedup();
        Ok(tenants)
    }

    async fn follow_account(&self, stored: &StoredAccount, follow: &Follow) -> Result<(), StoreError> {
        let entries = follow.notes.as_ref().map(Notes::by_tenant).transpose()?.unwrap_or_default();
        for tenant in self.touched_by(stored, follow).await? {
            let sealer = self.sealer(tenant).await?;
            let home = self.home(tenant);
            let (sealer, entries) = (&sealer, &entries);
            let decide = |head: Head| -> Decision<'_, ()> {
                Box::pin(async move {
                    let mut changes = Changes {
                        entries: entries.get(&tenant).cloned().unwrap_or_default(),
                        noted: Some(follow.change),
                        ..Changes::default()
                    };
                    if follow.members
                        && let Some(mut member) = self.member_of(home, sealer, stored.account.id).await?
                    {
                        member.email.clone_from(&stored.account.email);
                        if follow.renamed {
                            member.name.clone_from(&stored.account.name);
                        }
                        let id = member.id.as_bytes().to_vec();
                        let body = Some(codec::seal(sealer, codec::MEMBER, &id, &member)?);
                        changes.puts.push(Put { kind: Kind::Member, id, body });
                        changes.revision = Some(head.revision + 1);
                    }
                    Ok((Some(changes), ()))
                })
            };
            self.change_office(tenant, sealer, decide).await?;
        }
        if let Some((lookup, claim)) = follow.release {
            self.release_email(&lookup, claim).await?;
        }
        Ok(())
    }

    async fn members(&self, home: Lookup, sealer: &Sealer) -> Result<Vec<Member>, StoreError> {
        let rows = self.office(home, Kind::Member, Kind::Member).await?.map(|(_, rows)| rows).unwrap_or_default();
        rows.iter().map(|row| codec::open(sealer, codec::MEMBER, &row.id, &row.body)).collect()
    }

    async fn member_of(&self, home: Lookup, sealer: &Sealer, account: AccountId) -> Result<Option<Member>, StoreError> {
        Ok(self.members(home, sealer).await?.into_iter().find(|member| member.account == Some(account)))
    }

    async fn release_email(&self, lookup: &Lookup, claim: [u8; 16]) -> Result<(), StoreError> {
        let ours = self.keyring.installation();
        let release = |known: Option<StoredEmail>| match known {
            Some(known) if known.claim == claim => Edit::Remove(()),
            Some(_) | None => Edit::Keep(()),
        };
        self.edit(email_at(self, &ours, lookup), release).await
    }

    /// The claim of a reservation that leads to this account.
    async fn claim_of(&self, lookup: &Lookup, account: AccountId) -> Result<Option<[u8; 16]>, StoreError> {
        let ours = self.keyring.installation();
        let known: Option<StoredEmail> = self.document(email_at(self, &ours, lookup)).await?;
        Ok(known.filter(|known| known.account == account).map(|known| known.claim))
    }

    /// Reserves the address; `false`: another account has it. A reservation that counts for nothing is taken over, after
    /// whoever made it has been made to decide again.
    async fn claim_email(&self, lookup: &Lookup, account: AccountId) -> Result<bool, StoreError> {
        let ours = self.keyring.installation();
        let place = email_at(self, &ours, lookup);
        for nth in 0..TRIES_MAX {
            let claim = rand::random();
            let reserve = |known: Option<StoredEmail>| match known {
                Some(other) if other.account != account => Edit::Keep(Some(other)),
                Some(_) | None => Edit::Put(StoredEmail { account, claim }, None),
            };
            let Some(other) = self.edit(place, reserve).await? else { return Ok(true) };
            if self.has_address(other.account, lookup).await? {
                return Ok(false);
            }
            let holder = at(self, &ours, &other.account);
            let stored: Option<StoredAccount> = self.document(holder).await?;
            if let Some(tentative) = stored.and_then(|stored| stored.tentative) {
                self.fence(tentative.tenant).await?;
            }
            // The same as before with a higher version: who was about to write over it decides again.
            let again = |known: Option<StoredAccount>| known.map_or(Edit::Keep(()), |known| Edit::Put(known, ()));
            self.edit(holder, again).await?;
            if self.has_address(other.account, lookup).await? {
                return Ok(false);
            }
            self.release_email(lookup, other.claim).await?;
            turns::step_aside(nth).await;
        }
        Err(StoreError::Busy)
    }

    /// Whether the account counts and has this address.
    async fn has_address(&self, account: AccountId, lookup: &Lookup) -> Result<bool, StoreError> {
        let ours = self.keyring.installation();
        let stored = self.settled_account(account).await?;
        Ok(stored.is_some_and(|stored| ours.lookup("email", &stored.account.email) == *lookup))
    }

    /// Reserves everything of accounts that come with a change of an organization; `false`: one of them is not new. The same
    /// change again finds its own.
    pub(super) async fn add_accounts(&self, accounts: &[Account], with: Tentative) -> Result<bool, StoreError> {
        for (index, account) in accounts.iter().enumerate() {
            if accounts.iter().skip(index + 1).any(|other| other.email == account.email) {
                return Ok(false);
            }
        }
        let ours = self.keyring.installation();
        for account in accounts {
            if !self.clear_account(account.id, with).await? {
                return Ok(false);
            }
            // Also over its own of before: who has seen that one, and that its change was not made, must not take it away.
            let add = |known: Option<StoredAccount>| match known {
                Some(known) if known.tentative != Some(with) => Edit::Keep(false),
                Some(_) | None => {
                    Edit::Put(StoredAccount { account: account.clone(), tentative: Some(with), follow: None }, true)
                }
            };
            let added = self.edit(at(self, &ours, &account.id), add).await?;
            if !(added && self.claim_email(&ours.lookup("email", &account.email), account.id).await?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes away somebody else's of the same id that was never made; `false`: there is one that counts.
    async fn clear_account(&self, id: AccountId, with: Tentative) -> Result<bool, StoreError> {
        let ours = self.keyring.installation();
        let place = at(self, &ours, &id);
        for nth in 0..TRIES_MAX {
            let Some((version, known)) = self.load::<StoredAccount>(place).await? else { return Ok(true) };
            let Some(other) = known.tentative else { return Ok(false) };
            if other == with {
                return Ok(true);
            }
            if self.is_made(other).await? {
                return Ok(false);
            }
            let lookup = ours.lookup("email", &known.account.email);
            let claim = self.claim_of(&lookup, id).await?;
            self.fence(other.tenant).await?;
            // If it was made after all, it has another version by the time that nothing shows that any more.
            if !self.is_made(other).await? && self.remove_document(&place.name, version).await? {
                if let Some(claim) = claim {
                    self.release_email(&lookup, claim).await?;
                }
                return Ok(true);
            }
            turns::step_aside(nth).await;
        }
        Err(StoreError::Busy)
    }

    /// The change that they came with was made.
    pub(super) async fn confirm_account(&self, id: AccountId, with: Tentative) -> Result<(), StoreError> {
        let ours = self.keyring.installation();
        let confirm = |known: Option<StoredAccount>| match known {
            Some(known) if known.tentative == Some(with) => Edit::Put(StoredAccount { tentative: None, ..known }, ()),
            Some(_) | None => Edit::Keep(()),
        };
        self.edit(at(self, &ours, &id), confirm).await
    }

    /// The change that it came with was not made, and is not tried any more.
    pub(super) async fn drop_account(&self, account: &Account, with: Tentative) -> Result<(), StoreError> {
        let ours = self.keyring.installation();
        let lookup = ours.lookup("email", &account.email);
        let claim = self.claim_of(&lookup, account.id).await?;
        let drop = |known: Option<StoredAccount>| match known {
            Some(known) if known.tentative == Some(with) => Edit::Remove(true),
            Some(_) | None => Edit::Keep(false),
        };
        if let (true, Some(claim)) = (self.edit(at(self, &ours, &account.id), drop).await?, claim) {
            self.release_email(&lookup, claim).await?;
        }
        Ok(())
    }

    /// Where a token leads: tenant and id, verified by who asks.
    pub(super) async fn token(&self, kind: &str, hash: &[u8; 32]) -> Result<Option<(TenantId, [u8; 16])>, StoreError> {
        let found = self.pointers(self.name(kind, &[hash])).await?;
        let pair = found.into_iter().next().map(|(key, _)| super::shelf::unpair(&key)).transpose()?;
        Ok(pair.map(|(tenant, id)| (TenantId::from_bytes(tenant), id)))
    }
}

#[async_trait]
impl Accounts for CqlStore {
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.settled_account(id).await?.map(|stored| stored.account))
    }

    async fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError> {
        let ours = self.keyring.installation();
        let found: Option<StoredEmail> = self.document(email_at(self, &ours, &ours.lookup("email", email))).await?;
        let Some(found) = found else { return Ok(None) };
        Ok(self.account(found.account).await?.filter(|account| account.email == email))
    }

    async fn update_account(
        &self,
        account: Account,
        expected_revision: u64,
        audit: Vec<(TenantId, AuditEntry)>,
    ) -> Result<Updated, StoreError> {
        let ours = self.keyring.installation();
        let (id, place) = (account.id, at(self, &ours, &account.id));
        for nth in 0..TRIES_MAX {
            if self.settled_account(id).await?.is_none() {
                return Ok(Updated::Conflict);
            }
            let Some((version, before)) = self.load::<StoredAccount>(place).await? else {
                return Ok(Updated::Conflict);
            };
            if before.account.revision != expected_revision {
                return Ok(Updated::Conflict);
            }
            let moved = before.account.email != account.email;
            let renamed = before.account.name != account.name;
            let mut release = None;
            if moved {
                let old = ours.lookup("email", &before.account.email);
                release = self.claim_of(&old, id).await?.map(|claim| (old, claim));
                if !self.claim_email(&ours.lookup("email", &account.email), id).await? {
                    return Ok(Updated::EmailTaken);
                }
            }
            let (members, notes) = (moved || renamed, Notes::of(&audit));
            let follow = Follow { change: rand::random(), members, renamed, notes, release };
            let account = Account { revision: expected_revision + 1, ..account.clone() };
            let after = StoredAccount { account, tentative: before.tentative, follow: Some(follow) };
            if self.put_document(place, version, &after).await? {
                self.settled_account(id).await?;
                return Ok(Updated::Applied);
            }
            turns::step_aside(nth).await;
        }
        Err(StoreError::Busy)
    }

    async fn memberships(&self, account: AccountId) -> Result<Vec<(TenantId, MemberId)>, StoreError> {
        let mut found = Vec::new();
        for (tenant, _) in self.pointers(self.memberships_of(account)).await? {
            let tenant = TenantId::from_bytes(names::id(&tenant)?);
            // Of an organization that is on its way in, there are no members yet.
            let Some(sealer) = self.known(tenant).await? else { continue };
            let home = self.home(tenant);
            if self.office_row(home, Kind::Organization, &[]).await?.is_none() {
                continue;
            }
            let members = self.members(home, &sealer).await?.into_iter();
            found.extend(members.filter(|member| member.account == Some(account)).map(|member| (tenant, member.id)));
        }
        found.sort_unstable();
        Ok(found)
    }

    async fn put_reset(
        &self,
        account: AccountId,
        hash: [u8; 32],
        expires_at: Timestamp,
        audit: Vec<(TenantId, AuditEntry)>,
    ) -> Result<(), StoreError> {
        let ours = self.keyring.installation();
        self.settled_reset(account).await?;
        self.point(self.name("reset", &[&hash]), account.as_bytes(), &[]).await?;
        self.shelve_reset(account, expires_at).await?;
        let notes = Notes::of(&audit);
        let put = |known: Option<StoredReset>| {
            let before = known.map(|known| known.hash).filter(|before| *before != hash);
            Edit::Put(StoredReset { hash, expires_at, notes: notes.clone() }, before)
        };
        if let Some(before) = self.edit(reset_at(self, &ours, &account), put).await? {
            self.unpoint_reset(before, account).await?;
        }
        self.settled_reset(account).await.map(drop)
    }

    async fn reset(&self, hash: [u8; 32], now: Timestamp) -> Result<Option<AccountId>, StoreError> {
        let Some(account) = self.reset_account(hash).await? else { return Ok(None) };
        let reset = self.settled_reset(account).await?;
        Ok(reset.filter(|reset| reset.hash == hash && now < reset.expires_at).map(|_| account))
    }

    async fn take_reset(&self, hash: [u8; 32], now: Timestamp) -> Result<Option<AccountId>, StoreError> {
        let Some(account) = self.reset_account(hash).await? else { return Ok(None) };
        self.settled_reset(account).await?;
        let ours = self.keyring.installation();
        let take = |known: Option<StoredReset>| match known {
            Some(known) if known.hash == hash => Edit::Remove((now < known.expires_at).then_some(account)),
            Some(_) | None => Edit::Keep(None),
        };
        let taken = self.edit(reset_at(self, &ours, &account), take).await?;
        self.unpoint_reset(hash, account).await?;
        Ok(taken)
    }

    async fn invitation_by_token(&self, hash: [u8; 32]) -> Result<Option<(TenantId, InvitationId)>, StoreError> {
        let Some((tenant, id)) = self.token("invitation", &hash).await? else { return Ok(None) };
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let body = self.office_row(self.home(tenant), Kind::Invitation, &id).await?;
        let Some(body) = body else { return Ok(None) };
        let invitation: engine::directory::Invitation = codec::open(&sealer, codec::INVITATION, &id, &body)?;
        Ok((invitation.token_hash == hash).then_some((tenant, invitation.id)))
    }

    async fn api_key_by_hash(&self, hash: [u8; 32]) -> Result<Option<(TenantId, ApiKeyId)>, StoreError> {
        let Some((tenant, id)) = self.token("api_key", &hash).await? else { return Ok(None) };
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let Some(body) = self.office_row(self.home(tenant), Kind::ApiKey, &id).await? else { return Ok(None) };
        let StoredApiKey { key, .. } = codec::open(&sealer, codec::API_KEY, &id, &body)?;
        Ok((key.hash == hash).then_some((tenant, key.id)))
    }
}
