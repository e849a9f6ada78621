//! The broadcast that is under way in the demo: once there, it goes on like any other, also after another start.

use std::fmt::Display;

use engine::campaign::{Audience, Campaign, ContactField, Named, Phase, Plan, Source, VariableSource};
use engine::permission::Role;
use engine::ports::Saved;
use engine::template::VariablePlace;

use super::{cast, seed};
use crate::app::{App, StartError};
use crate::templates;

const NAME: &str = "Ten percent for members";
/// Of the simulated WhatsApp, and green there, so that it is not held back for an assessment.
const TEMPLATE: (&str, &str) = ("member_offer", "en");

/// Brings the people along and launches it, unless a former start did. The account may begin to write to 100,000 people a day.
pub(super) async fn begin(app: &App, seed: u64, people: usize) -> Result<(), StartError> {
    let (tenant, id) = (cast::clinic().id, cast::broadcast_id());
    let known = app.store.campaign(tenant, id).await.map_err(failed)?;
    if known.as_ref().is_some_and(|campaign| campaign.phase != Phase::Draft) {
        return Ok(());
    }
    seed::bring_crowd(app.store.as_ref(), seed, people, app.clock.now()).await.map_err(failed)?;
    let household = app.store.household(tenant).await.map_err(failed)?;
    let household = household.ok_or_else(|| failed("its organization is gone"))?;
    let author = household.member(cast::member_id(tenant, Role::Marketer)).map(engine::directory::Member::person);
    let author = author.ok_or_else(|| failed("its author is gone"))?;
    let draft = match known {
        Some(draft) => draft,
        None => save(app, Campaign::draft(id, NAME, plan()?, author.clone(), app.clock.now()).map_err(failed)?).await?,
    };
    let numbers = app.store.numbers(tenant).await.map_err(failed)?;
    let number = numbers.iter().find(|number| draft.plan.numbers.contains(&number.phone_number_id));
    let number = number.ok_or_else(|| failed("its number is not connected"))?;
    let template = templates::find(app, tenant, number, TEMPLATE.0, TEMPLATE.1).await.map_err(failed)?.template;
    let named = Named { segment: household.segments.get(&cast::list_id()).cloned(), ..Named::default() };
    save(app, draft.launched(author, template, named, app.clock.now()).map_err(failed)?).await?;
    app.actors.campaign_changed(tenant, id);
    Ok(())
}

async fn save(app: &App, campaign: Campaign) -> Result<Campaign, StartError> {
    match app.store.save_campaign(cast::clinic().id, campaign.clone(), Vec::new()).await.map_err(failed)? {
        Saved::Applied => Ok(campaign),
        Saved::Conflict => Err(failed("somebody has it in hand")),
    }
}

fn plan() -> Result<Plan, StartError> {
    let first_name = VariableSource {
        name: "1".to_owned(),
        place: VariablePlace::Body,
        index: None,
        card: None,
        source: Source::Contact { field: ContactField::FirstName },
        fallback: Some("there".to_owned()),
    };
    Ok(Plan {
        opted_in_only: true,
        variables: vec![first_name],
        ..Plan::new(
            TEMPLATE.0,
            TEMPLATE.1,
            vec![cast::BROADCASTING.2.parse().map_err(failed)?],
            Audience::Segment { id: cast::list_id() },
        )
    })
}

fn failed(error: impl Display) -> StartError {
    StartError(format!("The demo's broadcast cannot be started: {error}."))
}
