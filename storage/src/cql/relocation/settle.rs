//! The last steps of an arrival: everything small, then in one batch that the organization is there, then its keys for every
//! node.

use engine::account::Account;
use engine::audit::AuditEntry;
use engine::id::TenantId;
use engine::ports::{Accounts as _, Arrival, Directory as _, StoreError, Welcome};

use super::super::accounts::Tentative;
use super::super::administration::{StoredOrganization, writes_of};
use super::super::directory::put_number;
use super::super::office::{Changes, Decision, Head, Kind, Put};
use super::super::session::Lwt;
use super::super::{CqlStore, names};
use crate::codec;
use crate::crypto::Sealer;

/// Rows of the office that are put ahead together: a batch has a size that the servers take.
const CHUNK: usize = 100;
const TRIES_MAX: usize = 16;

impl CqlStore {
    /// Over what is there besides the organization itself, and that too.
    pub(super) async fn welcome(&self, arrival: &Arrival) -> Result<Welcome, StoreError> {
        let tenant = arrival.household.organization.id;
        if let Some(sealer) = self.known(tenant).await?
            && self.organization(self.home(tenant), &sealer, tenant).await?.is_some()
        {
            return Ok(Welcome::Exists);
        }
        for account in &arrival.accounts {
            let by_id = self.account(account.id).await?;
            let by_email = self.account_by_email(&account.email).await?;
            let same = |known: &Account| known.id == account.id && known.email == account.email;
            if by_id.is_some_and(|known| !same(&known)) || by_email.is_some_and(|known| !same(&known)) {
                return Ok(Welcome::EmailTaken);
            }
        }
        for number in &arrival.numbers {
            if self.number(&number.phone_number_id).await?.is_some_and(|(owner, _)| owner != tenant) {
                return Ok(Welcome::NumberTaken);
            }
        }
        Ok(Welcome::Welcome)
    }

    pub(super) async fn settle_arrival(
        &self,
        arrival: Arrival,
        sealer: &Sealer,
        audit: Vec<AuditEntry>,
    ) -> Result<Welcome, StoreError> {
        let Arrival { household, accounts, numbers, app, chain, events } = arrival;
        let (tenant, revision) = (household.organization.id, household.revision);
        let home = self.home(tenant);
        self.begin_log(tenant, events).await?;
        self.list_tenant(tenant).await?;
        let mut new = Vec::new();
        for account in accounts {
            if self.account(account.id).await?.is_none() {
                new.push(account);
            }
        }
        let organization =
            StoredOrganization { name: household.organization.name.clone(), settings: household.settings.clone() };
        let writes = writes_of(household, new.clone());
        self.point_to(tenant, &writes).await?;
        for number in &numbers {
            self.point(self.waba_list(&number.waba_id), tenant.as_bytes(), &[]).await?;
        }
        let (puts, mut todo) = self.puts(home, sealer, tenant, organization, &writes).await?;
        let (organization, ahead) = puts.into_iter().partition::<Vec<_>, _>(|put| put.kind == Kind::Organization);
        self.put_ahead(tenant, sealer, ahead).await?;
        todo.unpack = true;
        todo.take_over = numbers.iter().map(|number| number.phone_number_id.clone()).collect();
        let with = Tentative { tenant, change: rand::random() };
        let mut last = organization;
        for number in &numbers {
            last.push(put_number(sealer, number)?);
        }
        if let Some(app) = &app {
            let body = Some(codec::seal(sealer, codec::META_APP, tenant.as_bytes(), app)?);
            last.push(Put { kind: Kind::MetaApp, id: Vec::new(), body });
        }
        last.push(todo.put(sealer, with.change)?);
        let (new, numbers, last, audit) = (&new, &numbers, &last, &audit);
        let decide = |_: Head| -> Decision<'_, Welcome> {
            Box::pin(async move {
                if self.organization(home, sealer, tenant).await?.is_some() {
                    return Ok((None, Welcome::Exists));
                }
                if !self.add_accounts(new, with).await? {
                    return Ok((None, Welcome::EmailTaken));
                }
                for number in numbers {
                    if !self.reserve_number(tenant, &number.phone_number_id).await? {
                        return Ok((None, Welcome::NumberTaken));
                    }
                }
                let changes = Changes {
                    puts: last.clone(),
                    entries: audit.clone(),
                    revision: Some(revision),
                    anchor: Some(chain.anchor),
                    follows: Some(chain.head),
                    ..Changes::default()
                };
                Ok((Some(changes), Welcome::Welcome))
            })
        };
        let welcome = self.change_office(tenant, sealer, decide).await?;
        match welcome {
            Welcome::Welcome => self.finish_arrival(tenant, sealer).await?,
            Welcome::Exists | Welcome::EmailTaken | Welcome::NumberTaken => self.drop_accounts(new, with).await?,
        }
        Ok(welcome)
    }

    /// The organization is there. From here on every node knows its keys, and whoever meets it does what is left.
    pub(super) async fn finish_arrival(&self, tenant: TenantId, sealer: &Sealer) -> Result<(), StoreError> {
        let settled = self.keyring.settle(tenant).await;
        self.set_arriving(tenant, false);
        settled?;
        self.settle_office(tenant, sealer).await
    }

    async fn put_ahead(&self, tenant: TenantId, sealer: &Sealer, puts: Vec<Put>) -> Result<(), StoreError> {
        for chunk in puts.chunks(CHUNK) {
            let decide = |_: Head| -> Decision<'_, ()> {
                Box::pin(async move { Ok((Some(Changes { puts: chunk.to_vec(), ..Changes::default() }), ())) })
            };
            self.change_office(tenant, sealer, decide).await?;
        }
        Ok(())
    }

    /// The next event follows this one. The version is higher than any that an order of conversations was derived from.
    async fn begin_log(&self, tenant: TenantId, events: u64) -> Result<(), StoreError> {
        let home = self.home(tenant);
        for _ in 0..TRIES_MAX {
            let head = self.log_head(home, true).await?;
            if head.n == events && head.oldest == events + 1 {
                return Ok(());
            }
            let text = "UPDATE event_head SET n = ?, oldest = ?, version = ? WHERE home = ? IF version = ?";
            let version = self.place().max(head.version + 1);
            let known = (head.version > 0).then_some(head.version);
            let values = (names::signed(events), names::signed(events + 1), version, home.as_slice(), known);
            if self.cql.lwt(text, values).await? == Lwt::Applied {
                return Ok(());
            }
        }
        Err(StoreError::Busy)
    }
}
