//! How far it is: read once a second by whoever looks at it.

use std::collections::BTreeMap;

use actix_web::web;
use engine::campaign::{Campaign, Class, FailureClass, Phase, Skip, Tallies};
use engine::id::{CampaignId, PhoneNumberId};
use engine::time::Timestamp;
use serde::Serialize;

use super::{Counts, found};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::meta::failure;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Progress {
    phase: Phase,
    counts: Counts,
    lanes: Vec<LaneProgress>,
    failures: Vec<FailureGroup>,
    skipped: BTreeMap<Skip, u64>,
    frozen: FrozenProgress,
    /// When it was launched.
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LaneProgress {
    #[schema(value_type = String)]
    phone_number_id: PhoneNumberId,
    waiting: u64,
    /// Whatever has an outcome, or is past waiting for one.
    done: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FailureGroup {
    class: FailureClass,
    /// WhatsApp's; 0 where there is none.
    code: i64,
    text: String,
    people: u64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FrozenProgress {
    count: u32,
    is_whole: bool,
}

/// How far it is
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/progress", params(("id" = String, Path)),
    responses((status = 200, body = Progress), (status = 404, body = Problem)))]
pub async fn progress(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<CampaignId>,
) -> Result<web::Json<Progress>, Problem> {
    let campaign = found(&app, signed.0.tenant, *id).await?;
    let tallies = app.store.tallies(signed.0.tenant, *id).await?;
    Ok(web::Json(of(campaign, &tallies)))
}

fn of(campaign: Campaign, tallies: &Tallies) -> Progress {
    let lanes = (0_u8..).zip(&campaign.plan.numbers).map(|(lane, number)| {
        let waits = |class| matches!(class, Class::Waiting | Class::UnderWay);
        LaneProgress {
            phone_number_id: number.clone(),
            waiting: tallies.sum(|key| key.lane == lane && waits(key.class)),
            done: tallies.sum(|key| key.lane == lane && !waits(key.class)),
        }
    });
    let lanes = lanes.collect();
    let (started_at, frozen) =
        campaign.launch.map_or((None, engine::campaign::Frozen::default()), |it| (Some(it.at), it.frozen));
    let ended_at = match campaign.phase {
        Phase::Cancelled { at } | Phase::Finished { at } => Some(at),
        Phase::Draft | Phase::Freezing | Phase::Running | Phase::Paused { .. } => None,
    };
    Progress {
        phase: campaign.phase,
        counts: Counts::of(tallies),
        lanes,
        failures: failures(tallies),
        frozen: FrozenProgress { count: frozen.count, is_whole: frozen.is_whole },
        skipped: frozen.skipped,
        started_at,
        ended_at,
    }
}

/// The largest group first.
fn failures(tallies: &Tallies) -> Vec<FailureGroup> {
    let mut groups = BTreeMap::new();
    for (key, people) in &tallies.0 {
        if let Class::Failed(class) = key.class {
            *groups.entry((class, key.code)).or_insert(0) += people;
        }
    }
    let group = |((class, code), people)| FailureGroup {
        class,
        code,
        text: failure::describe((code != 0).then_some(code), None).text,
        people,
    };
    let mut groups: Vec<_> = groups.into_iter().map(group).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.people));
    groups
}
