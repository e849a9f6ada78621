//! What the routes of administration share: who acts, the door to a change, and how roles are named.

use std::sync::Arc;

use actix_web::HttpRequest;
use engine::access::Principal;
use engine::administration::{Actor, Command};
use engine::audit::{Action, AuditEntry};
use engine::directory::{RoleId, Team};
use engine::household::Household;
use engine::id::TeamId;
use serde::Serialize;

use crate::app::App;
use crate::http::guard::{Signed, origin_of};
use crate::http::problem::Problem;

/// A role where only its name matters.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RoleRef {
    /// `owner` … or `r_` and 32 hex digits.
    #[schema(value_type = String)]
    pub id: RoleId,
    pub name: String,
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
pub fn actor(app: &App, signed: &Signed, request: &HttpRequest) -> Actor {
    Actor { who: signed.0.actor(), origin: Some(origin_of(app, request)) }
}

/// Decides and writes; the household with the change.
pub async fn change(
    app: &App,
    signed: &Signed,
    request: &HttpRequest,
    command: Command,
) -> Result<Arc<Household>, Problem> {
    let (store, actor, now) = (app.store.as_ref(), actor(app, signed, request), app.clock.now());
    let (household, _) = app.households.change(store, signed.0.tenant, &actor, command, now).await?;
    Ok(household)
}

/// For what is told to the audit log without a change of the household.
pub fn entry(app: &App, signed: &Signed, request: &HttpRequest, action: Action) -> AuditEntry {
    let Actor { who, origin } = actor(app, signed, request);
    AuditEntry::new(app.clock.now(), who, action).from(origin.as_ref())
}
