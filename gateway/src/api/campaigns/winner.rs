//! Broadcasts with several messages: who would get which, and the winner that a person chooses.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use engine::audit::Action;
use engine::campaign::{Campaign, Group, Letter, Plan, WinnerRule};
use engine::id::CampaignId;
use engine::ports::Saved;
use engine::time::Span;
use serde::{Deserialize, Serialize};

use super::{conflict, found, said};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

/// People by where they were drawn; nobody where there is one message.
pub type Groups = BTreeMap<Group, u64>;

/// Who would get one of several messages at once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CheckedVariant {
    variant: Letter,
    template: String,
    language: String,
    people: u64,
}

/// `None`: there is one message.
pub fn checked(plan: &Plan, groups: &Groups) -> Option<CheckedTest> {
    plan.test.as_ref()?;
    let people = |group| groups.get(&group).copied().unwrap_or_default();
    let variants = plan.wordings().map(|wording| CheckedVariant {
        variant: wording.letter,
        template: wording.template.to_owned(),
        language: wording.language.to_owned(),
        people: people(Group::Sample(wording.letter)),
    });
    Some(CheckedTest { variants: variants.collect(), waiting: people(Group::Rest) })
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CheckedTest {
    /// A first.
    variants: Vec<CheckedVariant>,
    /// Who waits for the winner.
    waiting: u64,
}

impl CheckedTest {
    /// How long those who wait for a winner wait at least, where it is found by itself.
    pub fn wait(&self, plan: &Plan) -> Span {
        match plan.test.as_ref().map(|test| test.winner) {
            Some(WinnerRule::Best { after_minutes, .. }) if self.waiting > 0 => {
                Span::seconds(i64::from(after_minutes) * 60)
            }
            Some(WinnerRule::Best { .. } | WinnerRule::Person) | None => Span(0),
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct ChosenWinner {
    /// Of the broadcast whose figures were seen.
    revision: u64,
    variant: Letter,
}

/// Gives one of its messages to all who wait for a winner; the same again is no change
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/winner", params(("id" = String, Path)), request_body = ChosenWinner,
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn winner(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    body: web::Json<ChosenWinner>,
) -> Result<web::Json<Campaign>, Problem> {
    let (tenant, ChosenWinner { revision, variant }) = (signed.0.tenant, body.into_inner());
    let campaign = found(&app, tenant, *id).await?;
    let is_won = |campaign: &Campaign| {
        campaign.launch.as_ref().and_then(|launch| launch.winner.as_ref()).is_some_and(|it| it.variant == variant)
    };
    if is_won(&campaign) {
        return Ok(web::Json(campaign));
    }
    if campaign.revision != revision {
        return Err(conflict());
    }
    let tallies = app.store.tallies(tenant, *id).await?;
    let chosen = campaign.chosen(variant, signed.0.person.clone(), &tallies, app.clock.now())?;
    let said = said(&app, &signed, &request, Action::CampaignWinnerChosen, &chosen).with("variant", variant.as_str());
    match app.store.save_campaign(tenant, chosen.clone(), vec![said]).await? {
        Saved::Applied => {
            app.actors.campaign_changed(tenant, *id);
            Ok(web::Json(chosen))
        }
        Saved::Conflict => Err(conflict()),
    }
}
