//! What the routes of administration share: who acts, the door to a change, and how roles are named.

use std::sync::Arc;

use actix_web::HttpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::access::Principal;
use engine::administration::{Actor, Command};
use engine::audit::{AuditActor, AuditEntry, Origin};
use engine::directory::{RoleId, Team};
use engine::household::Household;
use engine::id::TeamId;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::{auth, shell};

/// A role where only its name matters.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RoleRef {
    id: RoleId,
    name: String,
}

impl RoleRef {
    pub fn of(household: &Household, id: RoleId) -> Self {
        Self { id, name: household.role_name(id).to_owned() }
    }
}

/// Those of the teams that are there.
pub fn teams<'a>(household: &Household, ids: impl IntoIterator<Item = &'a TeamId>) -> Vec<Team> {
    ids.into_iter().filter_map(|id| household.teams.get(id)).cloned().collect()
}

/// The name as it is now, of somebody who may have left.
pub fn name_of(household: &Household, id: engine::id::MemberId) -> String {
    household.member(id).map(|member| member.name.clone()).unwrap_or_default()
}

pub async fn household(app: &App, principal: &Principal) -> Result<Arc<Household>, Problem> {
    app.households.of(app.store.as_ref(), principal.tenant).await?.ok_or_else(Problem::signed_out)
}

/// Who wants it, as the rules and the audit log know them.
pub fn actor(signed: &Signed, request: &HttpRequest) -> Actor {
    let person = &signed.0.person;
    let who = AuditActor::Member { id: person.id, name: person.name.clone() };
    Actor { who, origin: Some(Origin { ip: auth::ip(request), ..Origin::default() }) }
}

/// Decides and writes; the household with the change.
pub async fn change(
    app: &App,
    signed: &Signed,
    request: &HttpRequest,
    command: Command,
) -> Result<Arc<Household>, Problem> {
    let (store, actor, now) = (app.store.as_ref(), actor(signed, request), app.clock.now());
    let (household, _) = app.households.change(store, signed.0.tenant, &actor, command, now).await?;
    Ok(household)
}

/// For what is told to the audit log without a change.
pub fn entry(app: &App, signed: &Signed, request: &HttpRequest, action: engine::audit::Action) -> AuditEntry {
    let Actor { who, origin } = actor(signed, request);
    AuditEntry::new(app.clock.now(), who, action).from(origin.as_ref())
}

/// 43 characters that nobody guesses. Only its hash is stored.
pub fn secret() -> String {
    let mut bytes = [0; 32];
    shell::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 of a secret's text, as it is looked up by.
pub fn secret_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
