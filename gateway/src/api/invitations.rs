//! Invitations as those see them who invite. Their links are mailed and shown once: only a hash of the token is kept.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, web};
use engine::administration::{Command, InvitationCommand};
use engine::directory::{RoleId, Team};
use engine::household::Household;
use engine::id::{InvitationId, TeamId};
use engine::time::{IdSource as _, Timestamp};
use serde::{Deserialize, Serialize};

use super::administration::{RoleRef, change, household, name_of, teams};
use super::lists::List;
use crate::app::App;
use crate::auth::links;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::mail::Letter;
use crate::shell::RandomIds;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/invitations", web::get().to(list))
        .route("/invitations", web::post().to(create))
        .route("/invitations/{id}", web::delete().to(withdraw))
        .route("/invitations/{id}/link", web::post().to(renew));
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct InvitationView {
    id: InvitationId,
    email: String,
    role: RoleRef,
    teams: Vec<Team>,
    /// A name.
    invited_by: String,
    expires_at: Timestamp,
}

/// An invitation with its link, which is never shown again.
#[derive(Serialize, utoipa::ToSchema)]
pub struct InvitationWithLink {
    #[serde(flatten)]
    invitation: InvitationView,
    link: String,
}

impl InvitationView {
    fn of(household: &Household, id: InvitationId) -> Option<Self> {
        let invitation = household.invitations.get(&id)?;
        Some(Self {
            id,
            email: invitation.email.clone(),
            role: RoleRef::of(household, invitation.role),
            teams: teams(household, &invitation.teams),
            invited_by: name_of(household, invitation.invited_by),
            expires_at: invitation.expires_at,
        })
    }

    /// Mailed too, where there is a server for it; whoever invites may hand it over as well.
    fn with_link(
        household: &Household,
        id: InvitationId,
        app: &App,
        token: &str,
    ) -> Result<InvitationWithLink, Problem> {
        let invitation = Self::of(household, id).ok_or_else(Problem::not_found)?;
        let link = format!("{}/invitation/{token}", app.origin);
        app.post.send(letter(household, &invitation, &link));
        Ok(InvitationWithLink { invitation, link })
    }
}

fn letter(household: &Household, invitation: &InvitationView, link: &str) -> Letter {
    let (organization, inviter) = (&household.organization.name, &invitation.invited_by);
    let text = format!(
        "{inviter} invites you to work in the WhatsApp inbox of {organization}.\n\nJoin within seven days:\n{link}\n\n\
         If you do not know what this is about, do nothing.\n"
    );
    let subject = format!("Your invitation to {organization}");
    Letter { kind: "invitation", to: invitation.email.clone(), subject, text }
}

/// Invitations that nobody has used, in order of address
#[utoipa::path(get, path = "/api/v1/invitations", responses((status = 200, body = List<InvitationView>), (status = 403, body = Problem)))]
pub async fn list(app: web::Data<App>, signed: Signed) -> Result<web::Json<List<InvitationView>>, Problem> {
    let household = household(&app, &signed.0).await?;
    let all = household.invitations.keys();
    let mut views: Vec<_> = all.filter_map(|id| InvitationView::of(&household, *id)).collect();
    views.sort_by(|one, other| one.email.cmp(&other.email));
    Ok(web::Json(views.into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    email: String,
    role: RoleId,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    teams: BTreeSet<TeamId>,
}

/// Invite somebody, in place of an earlier invitation of the same address
#[utoipa::path(post, path = "/api/v1/invitations", request_body = NewInvitation,
    responses((status = 201, body = InvitationWithLink), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub async fn create(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    wanted: web::Json<NewInvitation>,
) -> Result<HttpResponse, Problem> {
    let NewInvitation { email, role, teams } = wanted.into_inner();
    let (id, (token, token_hash)) = (InvitationId::from_bytes(RandomIds.next()), links::new_token());
    let command = InvitationCommand::Create { id, email, role, teams, token_hash };
    let household = change(&app, &signed, &request, Command::Invitation(command)).await?;
    Ok(HttpResponse::Created().json(InvitationView::with_link(&household, id, &app, &token)?))
}

/// Withdraw an invitation
#[utoipa::path(delete, path = "/api/v1/invitations/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn withdraw(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<InvitationId>,
) -> Result<HttpResponse, Problem> {
    change(&app, &signed, &request, Command::Invitation(InvitationCommand::Withdraw { id: *id })).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A new link; the old one is worth nothing from now on
#[utoipa::path(post, path = "/api/v1/invitations/{id}/link", params(("id" = String, Path)),
    responses((status = 200, body = InvitationWithLink), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn renew(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<InvitationId>,
) -> Result<web::Json<InvitationWithLink>, Problem> {
    let (token, token_hash) = links::new_token();
    let command = InvitationCommand::Renew { id: *id, token_hash };
    let household = change(&app, &signed, &request, Command::Invitation(command)).await?;
    Ok(web::Json(InvitationView::with_link(&household, *id, &app, &token)?))
}
