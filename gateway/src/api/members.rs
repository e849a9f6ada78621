//! The people of an organization: who they are, what they may and why, and their leaving.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpRequest, HttpResponse, web};
use engine::administration::{Command, MemberCommand, explain};
use engine::directory::{Heir, Member, RoleId, Team};
use engine::household::Household;
use engine::id::{MemberId, TeamId};
use engine::permission::Permission;
use engine::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::administration::{RoleRef, change, household, teams};
use super::lists::List;
use super::sessions::SessionView;
use crate::app::App;
use crate::handover::hand_over;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/members", web::get().to(list))
        .route("/members/{id}", web::patch().to(update))
        .route("/members/{id}/deactivate", web::post().to(deactivate))
        .route("/members/{id}/reactivate", web::post().to(reactivate))
        .route("/members/{id}/access", web::get().to(access))
        .route("/members/{id}/sessions", web::get().to(sessions))
        .route("/members/{id}/sessions", web::delete().to(end_sessions));
}

/// A colleague, or the service member of an API key.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MemberView {
    id: MemberId,
    name: String,
    role: RoleRef,
    teams: Vec<Team>,
    status: MemberStatusName,
    service: bool,
    /// With `members.manage` only, as are the next three.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Of the sessions that are open now.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second_factor: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_conversations: Option<u64>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberStatusName {
    Active,
    Deactivated,
}

impl MemberView {
    fn of(household: &Household, member: &Member) -> Self {
        let status = if member.is_active() { MemberStatusName::Active } else { MemberStatusName::Deactivated };
        Self {
            id: member.id,
            name: member.name.clone(),
            role: RoleRef::of(household, member.role),
            teams: teams(household, &member.teams),
            status,
            service: member.is_service(),
            email: None,
            last_seen_at: None,
            second_factor: None,
            open_conversations: None,
        }
    }

    /// With what only those see who manage members.
    async fn managed(
        app: &App,
        household: &Household,
        member: &Member,
        workloads: &BTreeMap<MemberId, u64>,
    ) -> Result<Self, Problem> {
        let mut view = Self::of(household, member);
        view.open_conversations = Some(workloads.get(&member.id).copied().unwrap_or_default());
        view.email = Some(member.email.clone());
        view.second_factor = Some(false);
        if let Some(account) = member.account {
            let stored = app.store.account(account).await?;
            let factor = stored.and_then(|account| account.second_factor);
            view.second_factor = Some(factor.is_some_and(|factor| factor.confirmed));
            let sessions = app.store.sessions_of(account).await?;
            let here = sessions.iter().filter(|session| session.tenant == household.organization.id);
            view.last_seen_at = here.map(|session| session.last_seen_at).max();
        }
        Ok(view)
    }
}

/// Everybody, in order of name; with `members.manage` also how they are found and how busy they are
#[utoipa::path(get, path = "/api/v1/members", responses((status = 200, body = List<MemberView>), (status = 401, body = Problem)))]
pub async fn list(app: web::Data<App>, signed: Signed) -> Result<web::Json<List<MemberView>>, Problem> {
    let household = household(&app, &signed.0).await?;
    let members = household.members_by_name();
    if !signed.0.grants.allow(Permission::MembersManage) {
        let views = members.into_iter().map(|member| MemberView::of(&household, member));
        return Ok(web::Json(views.collect::<Vec<_>>().into()));
    }
    let workloads = app.store.workloads(signed.0.tenant).await?;
    let mut views = Vec::with_capacity(members.len());
    for member in members {
        views.push(MemberView::managed(&app, &household, member, &workloads).await?);
    }
    Ok(web::Json(views.into()))
}

async fn one(app: &App, household: &Household, id: MemberId) -> Result<MemberView, Problem> {
    let member = household.member(id).ok_or_else(Problem::not_found)?;
    let workloads = app.store.workloads(household.organization.id).await?;
    MemberView::managed(app, household, member, &workloads).await
}

/// What is absent stays as it is.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    role: Option<RoleId>,
    #[schema(value_type = Option<Vec<String>>)]
    teams: Option<BTreeSet<TeamId>>,
    name: Option<String>,
}

/// Give somebody another role, other teams or another name
#[utoipa::path(patch, path = "/api/v1/members/{id}", params(("id" = String, Path)), request_body = MemberChange,
    responses((status = 200, body = MemberView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn update(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<MemberId>,
    wanted: web::Json<MemberChange>,
) -> Result<web::Json<MemberView>, Problem> {
    let MemberChange { role, teams, name } = wanted.into_inner();
    let command = Command::Member(MemberCommand::Change { id: *id, role, teams, name });
    let household = change(&app, &signed, &request, command).await?;
    Ok(web::Json(one(&app, &household, *id).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deactivation {
    /// Who takes over the open conversations; `null`: nobody, they are unassigned.
    hand_over_to: Option<Successor>,
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Successor {
    Member(MemberId),
    Team(TeamId),
}

/// Let somebody go: sessions and keys end, open conversations are handed over
#[utoipa::path(post, path = "/api/v1/members/{id}/deactivate", params(("id" = String, Path)), request_body = Deactivation,
    responses((status = 200, body = MemberView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn deactivate(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<MemberId>,
    wanted: web::Json<Deactivation>,
) -> Result<web::Json<MemberView>, Problem> {
    let heir = match wanted.hand_over_to {
        None => Heir::Nobody,
        Some(Successor::Member(member)) => Heir::Member(member),
        Some(Successor::Team(team)) => Heir::Team(team),
    };
    let command = Command::Member(MemberCommand::Deactivate { id: *id, heir });
    let household = change(&app, &signed, &request, command).await?;
    app.auth.doubt_member(*id);
    // The person is gone either way: what is not handed over now is at the next housekeeping.
    if let Err(error) = hand_over(&app, &household, *id).await {
        tracing::warn!(%error, "conversations of somebody who left wait to be handed over");
    }
    Ok(web::Json(one(&app, &household, *id).await?))
}

/// Let somebody back in, with the role they had
#[utoipa::path(post, path = "/api/v1/members/{id}/reactivate", params(("id" = String, Path)),
    responses((status = 200, body = MemberView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn reactivate(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<MemberId>,
) -> Result<web::Json<MemberView>, Problem> {
    let command = Command::Member(MemberCommand::Reactivate { id: *id });
    let household = change(&app, &signed, &request, command).await?;
    Ok(web::Json(one(&app, &household, *id).await?))
}

/// One of the 43 permissions and why somebody has it or not.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Access {
    permission: &'static str,
    allowed: bool,
    /// One sentence.
    because: String,
}

/// What can this person do, and why
#[utoipa::path(get, path = "/api/v1/members/{id}/access", params(("id" = String, Path)),
    responses((status = 200, body = List<Access>), (status = 404, body = Problem)))]
pub async fn access(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<MemberId>,
) -> Result<web::Json<List<Access>>, Problem> {
    let household = household(&app, &signed.0).await?;
    household.member(*id).ok_or_else(Problem::not_found)?;
    let explained = explain(&household, *id).into_iter().map(|(permission, allowed, why)| Access {
        permission: permission.key(),
        allowed,
        because: why.sentence(&household),
    });
    Ok(web::Json(explained.collect::<Vec<_>>().into()))
}

/// Where somebody is signed in to this organization
#[utoipa::path(get, path = "/api/v1/members/{id}/sessions", params(("id" = String, Path)),
    responses((status = 200, body = List<SessionView>), (status = 404, body = Problem)))]
pub async fn sessions(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<MemberId>,
) -> Result<web::Json<List<SessionView>>, Problem> {
    let household = household(&app, &signed.0).await?;
    let member = household.member(*id).ok_or_else(Problem::not_found)?;
    let Some(account) = member.account else { return Ok(web::Json(Vec::new().into())) };
    let sessions = app.store.sessions_of(account).await?;
    let here = sessions.into_iter().filter(|session| session.tenant == signed.0.tenant);
    let shown = here.map(|session| SessionView::of(session, signed.0.session));
    Ok(web::Json(shown.collect::<Vec<_>>().into()))
}

/// Sign somebody out everywhere in this organization
#[utoipa::path(delete, path = "/api/v1/members/{id}/sessions", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn end_sessions(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<MemberId>,
) -> Result<HttpResponse, Problem> {
    change(&app, &signed, &request, Command::Member(MemberCommand::EndSessions { id: *id })).await?;
    app.auth.doubt_member(*id);
    Ok(HttpResponse::NoContent().finish())
}
