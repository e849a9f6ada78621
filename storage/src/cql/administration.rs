use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::account::Account;
use engine::audit::AuditEntry;
use engine::directory::{ApiKey, Organization, Settings};
use engine::household::{Household, Write};
use engine::id::{AccountId, ApiKeyId, MemberId, PhoneNumberId, TenantId};
use engine::ports::{Administration, Changed, Created, Pulse, StoreError};
use engine::time::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::accounts::Tentative;
use super::office::{Changes, Decision, Head, Kind, Put, Row};
use super::shelf::pair;
use super::{AT_ONCE, CqlStore, names};
use crate::codec;
use crate::crypto::{Column, Lookup, Sealer};
use crate::order;

/// By the change's id.
pub(super) const TODO: Column = Column { table: "office", column: "todo" };

#[derive(Serialize, Deserialize)]
pub(super) struct StoredOrganization {
    pub(super) name: String,
    pub(super) settings: Settings,
}

/// Organizations in one statement: few enough that those who coordinate it read them at once.
const PULSES_MAX: usize = 50;

/// What is put of a key says nothing of its use.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredApiKey {
    pub(super) key: ApiKey,
    last_used_at: Option<Timestamp>,
}

impl StoredApiKey {
    fn key(self) -> ApiKey {
        ApiKey { last_used_at: self.last_used_at, ..self.key }
    }
}

/// What follows from a change of the office and lies elsewhere.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Todo {
    /// They count from now on.
    pub(super) accounts: Vec<AccountId>,
    pub(super) end_sessions: Vec<MemberId>,
    pub(super) take_over: Vec<PhoneNumberId>,
    pub(super) release: Option<(PhoneNumberId, [u8; 16])>,
    /// It has been brought in: what waits for that is everybody's now.
    pub(super) unpack: bool,
}

impl Todo {
    pub(super) fn put(&self, sealer: &Sealer, change: [u8; 16]) -> Result<Put, StoreError> {
        let body = Some(codec::seal(sealer, TODO, &change, self)?);
        Ok(Put { kind: Kind::Todo, id: change.to_vec(), body })
    }
}

fn seal_put<T: Serialize>(
    sealer: &Sealer,
    kind: Kind,
    column: Column,
    id: &[u8; 16],
    value: &T,
) -> Result<Put, StoreError> {
    Ok(Put { kind, id: id.to_vec(), body: Some(codec::seal(sealer, column, id, value)?) })
}

fn gone(kind: Kind, id: &[u8; 16]) -> Put {
    Put { kind, id: id.to_vec(), body: None }
}

fn put_organization(sealer: &Sealer, tenant: TenantId, stored: &StoredOrganization) -> Result<Put, StoreError> {
    let body = Some(codec::seal(sealer, codec::ORGANIZATION, tenant.as_bytes(), stored)?);
    Ok(Put { kind: Kind::Organization, id: Vec::new(), body })
}

/// The last of each row counts: a batch has one time for all.
fn deduplicated(puts: Vec<Put>) -> Vec<Put> {
    let last: BTreeMap<_, _> = puts.into_iter().map(|put| ((put.kind, put.id.clone()), put)).collect();
    last.into_values().collect()
}

/// The rows of one kind.
fn all<K: Ord, T: DeserializeOwned>(
    rows: &[Row],
    kind: Kind,
    column: Column,
    sealer: &Sealer,
    key: impl Fn(&T) -> K,
) -> Result<BTreeMap<K, T>, StoreError> {
    let of_kind = rows.iter().filter(|row| row.kind == kind as i8);
    let opened = of_kind.map(|row| codec::open::<T>(sealer, column, &row.id, &row.body));
    opened.map(|value| value.map(|value| (key(&value), value))).collect()
}

impl CqlStore {
    /// Whether the change of an organization was made that somebody came with.
    pub(super) async fn is_made(&self, tentative: Tentative) -> Result<bool, StoreError> {
        let Tentative { tenant, change } = tentative;
        self.meet(tenant).await?;
        Ok(self.office_row(self.home(tenant), Kind::Todo, &change).await?.is_some())
    }

    async fn office_pulses(&self, homes: Vec<Vec<u8>>) -> Result<Vec<(Lookup, Pulse)>, StoreError> {
        let text = "SELECT DISTINCT home, revision, head_n FROM office WHERE home IN ?";
        let rows: Vec<(Vec<u8>, Option<i64>, Option<i64>)> = self.cql.rows(text, (homes,)).await?;
        let mut found = Vec::new();
        for (home, revision, audit) in rows {
            let revision = names::unsigned(revision.unwrap_or(0))?;
            if revision > 0 {
                found.push((names::id(&home)?, Pulse { revision, audit: names::unsigned(audit.unwrap_or(0))? }));
            }
        }
        Ok(found)
    }

    /// Does what changes of the office left to do.
    pub(super) async fn settle_office(&self, tenant: TenantId, sealer: &Sealer) -> Result<(), StoreError> {
        let Some((_, rows)) = self.office(self.home(tenant), Kind::Todo, Kind::Todo).await? else { return Ok(()) };
        for row in rows {
            let change = names::id(&row.id)?;
            let todo: Todo = codec::open(sealer, TODO, &change, &row.body)?;
            for account in &todo.accounts {
                self.confirm_account(*account, Tentative { tenant, change }).await?;
            }
            for member in &todo.end_sessions {
                self.end_sessions_of(tenant, *member).await?;
            }
            if todo.unpack {
                self.unpack(tenant, sealer).await?;
            }
            for number in &todo.take_over {
                self.take_over(tenant, number).await?;
            }
            if let Some((number, claim)) = &todo.release {
                self.release_number(number, *claim).await?;
            }
            let done = |_: Head| -> Decision<'_, ()> {
                Box::pin(async move {
                    let puts = vec![gone(Kind::Todo, &change)];
                    Ok((Some(Changes { puts, ..Changes::default() }), ()))
                })
            };
            self.change_office(tenant, sealer, done).await?;
        }
        Ok(())
    }

    pub(super) async fn organization(
        &self,
        home: Lookup,
        sealer: &Sealer,
        tenant: TenantId,
    ) -> Result<Option<StoredOrganization>, StoreError> {
        let body = self.office_row(home, Kind::Organization, &[]).await?;
        body.map(|body| codec::open(sealer, codec::ORGANIZATION, tenant.as_bytes(), &body)).transpose()
    }

    /// What leads to rows that a change is about to put: there before, and verified by who follows it.
    pub(super) async fn point_to(&self, tenant: TenantId, writes: &[Write]) -> Result<(), StoreError> {
        for write in writes {
            match write {
                Write::PutMember(member) => {
                    if let Some(account) = member.account {
                        self.point(self.memberships_of(account), tenant.as_bytes(), &[]).await?;
                    }
                }
                Write::PutInvitation(invitation) => {
                    let key = pair(*tenant.as_bytes(), *invitation.id.as_bytes());
                    self.point(self.name("invitation", &[&invitation.token_hash]), &key, &[]).await?;
                }
                Write::PutApiKey(api_key) => {
                    let key = pair(*tenant.as_bytes(), *api_key.id.as_bytes());
                    self.point(self.name("api_key", &[&api_key.hash]), &key, &[]).await?;
                }
                Write::Rename(_)
                | Write::Settings(_)
                | Write::DeleteMember(_)
                | Write::PutRole(_)
                | Write::DeleteRole(_)
                | Write::PutTeam(_)
                | Write::DeleteTeam(_)
                | Write::PutSegment(_)
                | Write::DeleteSegment(_)
                | Write::PutImport(_)
                | Write::DeleteImport(_)
                | Write::DeleteInvitation(_)
                | Write::DeleteApiKey(_)
                | Write::AddAccount(_)
                | Write::EndSessions(_) => {}
            }
        }
        Ok(())
    }

    async fn put_api_key(&self, home: Lookup, sealer: &Sealer, key: &ApiKey) -> Result<Put, StoreError> {
        let known = self.api_key(home, sealer, key.id).await?;
        let last_used_at = known.map_or(key.last_used_at, |known| known.last_used_at);
        let stored = StoredApiKey { key: key.clone(), last_used_at };
        seal_put(sealer, Kind::ApiKey, codec::API_KEY, key.id.as_bytes(), &stored)
    }

    async fn api_key(&self, home: Lookup, sealer: &Sealer, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let body = self.office_row(home, Kind::ApiKey, id.as_bytes()).await?;
        let open = |body: Vec<u8>| codec::open::<StoredApiKey>(sealer, codec::API_KEY, id.as_bytes(), &body);
        Ok(body.map(open).transpose()?.map(StoredApiKey::key))
    }

    /// The rows of these writes over what is there.
    pub(super) async fn puts(
        &self,
        home: Lookup,
        sealer: &Sealer,
        tenant: TenantId,
        mut organization: StoredOrganization,
        writes: &[Write],
    ) -> Result<(Vec<Put>, Todo), StoreError> {
        let (mut puts, mut todo) = (Vec::new(), Todo::default());
        for write in writes {
            match write {
                Write::Rename(name) => organization.name.clone_from(name),
                Write::Settings(settings) => organization.settings = settings.clone(),
                Write::PutMember(member) => {
                    puts.push(seal_put(sealer, Kind::Member, codec::MEMBER, member.id.as_bytes(), member)?);
                }
                Write::PutRole(role) => {
                    puts.push(seal_put(sealer, Kind::Role, codec::ROLE, role.id.as_bytes(), role)?);
                }
                Write::PutTeam(team) => {
                    puts.push(seal_put(sealer, Kind::Team, codec::TEAM, team.id.as_bytes(), team)?);
                }
                Write::PutSegment(segment) => {
                    puts.push(seal_put(sealer, Kind::Segment, codec::SEGMENT, segment.id.as_bytes(), segment)?);
                }
                Write::PutImport(import) => {
                    puts.push(seal_put(sealer, Kind::Import, codec::CONTACT_IMPORT, import.id.as_bytes(), import)?);
                }
                Write::PutInvitation(new) => {
                    puts.push(seal_put(sealer, Kind::Invitation, codec::INVITATION, new.id.as_bytes(), new)?);
                }
                Write::PutApiKey(key) => puts.push(self.put_api_key(home, sealer, key).await?),
                Write::DeleteMember(id) => puts.push(gone(Kind::Member, id.as_bytes())),
                Write::DeleteRole(id) => puts.push(gone(Kind::Role, id.as_bytes())),
                Write::DeleteTeam(id) => puts.push(gone(Kind::Team, id.as_bytes())),
                Write::DeleteInvitation(id) => puts.push(gone(Kind::Invitation, id.as_bytes())),
                Write::DeleteSegment(id) => puts.push(gone(Kind::Segment, id.as_bytes())),
                Write::DeleteImport(id) => puts.push(gone(Kind::Import, id.as_bytes())),
                Write::DeleteApiKey(id) => puts.push(gone(Kind::ApiKey, id.as_bytes())),
                Write::AddAccount(account) => todo.accounts.push(account.id),
                Write::EndSessions(member) => todo.end_sessions.push(*member),
            }
        }
        puts.push(put_organization(sealer, tenant, &organization)?);
        Ok((deduplicated(puts), todo))
    }

    /// Takes back what was reserved for a change that was not made.
    pub(super) async fn drop_accounts(&self, accounts: &[Account], with: Tentative) -> Result<(), StoreError> {
        for account in accounts {
            self.drop_account(account, with).await?;
        }
        Ok(())
    }
}

/// Everything of a household as writes over an empty one.
pub(super) fn writes_of(household: Household, accounts: Vec<Account>) -> Vec<Write> {
    let Household {
        organization: _,
        settings: _,
        members,
        roles,
        teams,
        invitations,
        api_keys,
        segments,
        imports,
        revision: _,
    } = household;
    let accounts = accounts.into_iter().map(|account| Write::AddAccount(Box::new(account)));
    let members = members.into_values().map(Write::PutMember);
    let roles = roles.into_values().map(Write::PutRole);
    let teams = teams.into_values().map(Write::PutTeam);
    let invitations = invitations.into_values().map(Write::PutInvitation);
    let keys = api_keys.into_values().map(Write::PutApiKey);
    let segments = segments.into_values().map(Write::PutSegment);
    let imports = imports.into_values().map(Write::PutImport);
    accounts
        .chain(members)
        .chain(roles)
        .chain(teams)
        .chain(invitations)
        .chain(keys)
        .chain(segments)
        .chain(imports)
        .collect()
}

#[async_trait]
impl Administration for CqlStore {
    async fn create_organization(
        &self,
        household: Household,
        accounts: Vec<Account>,
        audit: Vec<AuditEntry>,
    ) -> Result<Created, StoreError> {
        let Organization { id: tenant, name } = household.organization.clone();
        let settings = household.settings.clone();
        let (sealer, home) = (self.sealer(tenant).await?, self.home(tenant));
        let writes = writes_of(household, accounts.clone());
        let with = Tentative { tenant, change: rand::random() };
        self.point_to(tenant, &writes).await?;
        let (sealer, accounts, name, settings, writes, audit) = (&sealer, &accounts, &name, &settings, &writes, &audit);
        let decide = |_: Head| -> Decision<'_, Created> {
            Box::pin(async move {
                if self.organization(home, sealer, tenant).await?.is_some() {
                    return Ok((None, Created::Exists));
                }
                if !self.add_accounts(accounts, with).await? {
                    return Ok((None, Created::EmailTaken));
                }
                let new = StoredOrganization { name: name.clone(), settings: settings.clone() };
                let (mut puts, todo) = self.puts(home, sealer, tenant, new, writes).await?;
                puts.push(todo.put(sealer, with.change)?);
                let changes = Changes { puts, entries: audit.clone(), revision: Some(1), ..Changes::default() };
                Ok((Some(changes), Created::Created))
            })
        };
        let created = self.change_office(tenant, sealer, decide).await?;
        match created {
            Created::Created => self.settle_office(tenant, sealer).await?,
            Created::Exists | Created::EmailTaken => self.drop_accounts(accounts, with).await?,
        }
        Ok(created)
    }

    async fn settings(&self, tenant: TenantId) -> Result<Option<Settings>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        self.settle_office(tenant, &sealer).await?;
        let stored = self.organization(self.home(tenant), &sealer, tenant).await?;
        Ok(stored.map(|stored| stored.settings))
    }

    async fn household(&self, tenant: TenantId) -> Result<Option<Household>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        self.settle_office(tenant, &sealer).await?;
        let found = self.office(self.home(tenant), Kind::Organization, Kind::Import).await?;
        let Some((head, rows)) = found else { return Ok(None) };
        let body = rows.iter().find(|row| row.kind == Kind::Organization as i8);
        let Some(body) = body else { return Ok(None) };
        let StoredOrganization { name, settings } =
            codec::open(&sealer, codec::ORGANIZATION, tenant.as_bytes(), &body.body)?;
        Ok(Some(Household {
            organization: Organization { id: tenant, name },
            settings,
            members: all(&rows, Kind::Member, codec::MEMBER, &sealer, |row: &engine::directory::Member| row.id)?,
            roles: all(&rows, Kind::Role, codec::ROLE, &sealer, |row: &engine::directory::CustomRole| row.id)?,
            teams: all(&rows, Kind::Team, codec::TEAM, &sealer, |row: &engine::directory::Team| row.id)?,
            invitations: all(&rows, Kind::Invitation, codec::INVITATION, &sealer, invitation_id)?,
            api_keys: all(&rows, Kind::ApiKey, codec::API_KEY, &sealer, |row: &StoredApiKey| row.key.id)?
                .into_iter()
                .map(|(id, stored)| (id, stored.key()))
                .collect(),
            segments: all(&rows, Kind::Segment, codec::SEGMENT, &sealer, |row: &engine::segment::Segment| row.id)?,
            imports: all(&rows, Kind::Import, codec::CONTACT_IMPORT, &sealer, |row: &engine::contact::Import| row.id)?,
            revision: head.revision,
        }))
    }

    async fn pulses(&self, tenants: &[TenantId]) -> Result<BTreeMap<TenantId, Pulse>, StoreError> {
        let homes: BTreeMap<_, _> = tenants.iter().map(|tenant| (self.home(*tenant), *tenant)).collect();
        let names: Vec<_> = homes.keys().map(|home| home.to_vec()).collect();
        let parts: Vec<_> = names.chunks(PULSES_MAX).map(<[Vec<u8>]>::to_vec).collect();
        let read = stream::iter(parts).map(|part| self.office_pulses(part)).buffer_unordered(AT_ONCE);
        let read: Vec<Vec<(Lookup, Pulse)>> = read.try_collect().await?;
        let of = |(home, pulse): (Lookup, Pulse)| Some((*homes.get(&home)?, pulse));
        Ok(read.into_iter().flatten().filter_map(of).collect())
    }

    async fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let read = stream::iter(self.tenants().await?).map(async |tenant| {
            let sealer = self.keys_of(tenant).await?;
            let stored = self.organization(self.home(tenant), &sealer, tenant).await?;
            Ok::<_, StoreError>(stored.map(|stored| Organization { id: tenant, name: stored.name }))
        });
        let read: Vec<_> = read.buffer_unordered(AT_ONCE).try_collect().await?;
        let mut found: Vec<_> = read.into_iter().flatten().collect();
        found.sort_by_key(|organization| (order::by_name(&organization.name), organization.id));
        Ok(found)
    }

    async fn change(
        &self,
        tenant: TenantId,
        expected_revision: u64,
        writes: Vec<Write>,
        audit: Vec<AuditEntry>,
    ) -> Result<Changed, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Changed::Conflict) };
        let home = self.home(tenant);
        self.settle_office(tenant, &sealer).await?;
        let with = Tentative { tenant, change: rand::random() };
        let new = writes
            .iter()
            .filter_map(|write| if let Write::AddAccount(account) = write { Some((**account).clone()) } else { None });
        let new: Vec<_> = new.collect();
        let (sealer, new, writes, audit) = (&sealer, &new, &writes, &audit);
        let decide = |head: Head| -> Decision<'_, Changed> {
            Box::pin(async move {
                let known = self.organization(home, sealer, tenant).await?;
                let Some(known) = known.filter(|_| head.revision == expected_revision) else {
                    return Ok((None, Changed::Conflict));
                };
                if !self.add_accounts(new, with).await? {
                    return Ok((None, Changed::EmailTaken));
                }
                self.point_to(tenant, writes).await?;
                let (mut puts, todo) = self.puts(home, sealer, tenant, known, writes).await?;
                if !(todo.accounts.is_empty() && todo.end_sessions.is_empty()) {
                    puts.push(todo.put(sealer, with.change)?);
                }
                let revision = expected_revision + 1;
                let entries = audit.clone();
                Ok((
                    Some(Changes { puts, entries, revision: Some(revision), ..Changes::default() }),
                    Changed::Applied { revision },
                ))
            })
        };
        let changed = self.change_office(tenant, sealer, decide).await?;
        match changed {
            Changed::Applied { .. } => self.settle_office(tenant, sealer).await?,
            Changed::Conflict | Changed::EmailTaken => self.drop_accounts(new, with).await?,
        }
        Ok(changed)
    }

    async fn touch_api_key(&self, tenant: TenantId, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(()) };
        let home = self.home(tenant);
        let sealer = &sealer;
        let decide = |_: Head| -> Decision<'_, ()> {
            Box::pin(async move {
                let known = self.api_key(home, sealer, id).await?;
                let Some(key) = known.filter(|key| key.last_used_at < Some(at)) else { return Ok((None, ())) };
                let stored = StoredApiKey { key, last_used_at: Some(at) };
                let puts = vec![seal_put(sealer, Kind::ApiKey, codec::API_KEY, id.as_bytes(), &stored)?];
                Ok((Some(Changes { puts, ..Changes::default() }), ()))
            })
        };
        self.change_office(tenant, sealer, decide).await
    }
}

fn invitation_id(invitation: &engine::directory::Invitation) -> engine::id::InvitationId {
    invitation.id
}
