//! How far it is: read once a second by whoever looks at it.

use std::collections::BTreeMap;

use actix_web::web;
use actors::{LanePace, LaneState, PaceSecond};
use engine::campaign::{
    ByHour, Campaign, Class, Cost, CountryFigures, FailureClass, Phase, Skip, Step, Tallies, TestReport, countries,
};
use engine::delivery::Failure;
use engine::directory::Number;
use engine::id::{CampaignId, PhoneNumberId, TenantId};
use engine::ports::StoreError;
use engine::time::Timestamp;
use serde::Serialize;

use super::Counts;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::meta::failure;

/// Seconds whose pace tells when it ends.
const ETA_SECONDS: usize = 10;
/// After three days hardly anybody reads it or answers any more.
const HOURS_SHOWN: i64 = 72;

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Progress {
    /// Of the broadcast: whoever decides by these figures says so.
    revision: u64,
    phase: Phase,
    counts: Counts,
    lanes: Vec<LaneProgress>,
    failures: Vec<FailureGroup>,
    skipped: BTreeMap<Skip, u64>,
    /// What it has cost so far.
    cost: Cost,
    /// What became of the people of each country, the largest first.
    countries: Vec<CountryFigures>,
    frozen: FrozenProgress,
    /// Of the last ten minutes, oldest first.
    history: Vec<PacePoint>,
    /// Once it is over: who got it, read it and answered, in each of its first 72 hours in which somebody did, oldest first.
    hours: Vec<HourPoint>,
    replies: Replies,
    /// Until nobody waits, at the pace of the last seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    eta_seconds: Option<u64>,
    /// When it was launched.
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    /// How its messages do against each other; `null`: there is one.
    test: Option<TestReport>,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LaneProgress {
    #[schema(value_type = String)]
    phone_number_id: PhoneNumberId,
    name: String,
    waiting: u64,
    /// Whatever has an outcome, or is past waiting for one.
    done: u64,
    /// In the last whole second.
    sent_per_second: u32,
    /// By WhatsApp, of this number.
    allowed_per_second: u32,
    state: LaneStanding,
    /// It alone was told to rest, by a person.
    rests: bool,
    /// For people: why it is not running at full pace.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Nothing leaves it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneStanding {
    Running,
    /// WhatsApp asked to slow down, or cannot be reached.
    Slower,
    /// Everybody who still waits in it sleeps.
    Asleep,
    /// So many as may begin in a day have begun.
    DayIsFull,
    /// WhatsApp lets its portfolio begin to write to nobody more.
    PortfolioIsFull,
    Paused,
    /// Nothing is on its way from it.
    Idle,
}

/// One second of all lanes; seconds in which nothing was measured are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PacePoint {
    /// In ms since 1970, a whole second.
    at: Timestamp,
    sent: u32,
    allowed: u32,
}

/// An hour of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HourPoint {
    /// When it begins.
    at: Timestamp,
    delivered: u64,
    read: u64,
    replied: u64,
}

/// Whoever answered is in one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Replies {
    /// Tapped a button, as far as WhatsApp tells.
    tapped: u64,
    /// Wrote or sent something, and tapped nothing.
    wrote: u64,
    /// Stopped marketing, whether by a word, a button or in WhatsApp.
    stopped: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FailureGroup {
    class: FailureClass,
    /// WhatsApp's; 0 where there is none.
    code: i64,
    text: String,
    people: u64,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
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
    let progress = figures(&app, signed.0.tenant, *id).await?;
    progress.map(web::Json).ok_or_else(Problem::not_found)
}

/// As it stands now. `None`: there is no such broadcast.
pub async fn figures(app: &App, tenant: TenantId, id: CampaignId) -> Result<Option<Progress>, StoreError> {
    let Some(campaign) = app.store.campaign(tenant, id).await? else { return Ok(None) };
    let tallies = app.store.tallies(tenant, id).await?;
    let numbers = app.store.numbers(tenant).await?;
    let now = app.clock.now();
    let mut pace = app.actors.campaign_pace(tenant, id).unwrap_or_default();
    for lane in &mut pace {
        lane.seconds.retain(|second| is_over(second, now));
    }
    let cost = Cost::of(&campaign, &tallies, now, &app.prices);
    // While it runs it is asked for every second by everybody who looks, and the report is not shown.
    let by_hour = match campaign.phase {
        Phase::Cancelled { .. } | Phase::Finished { .. } => app.store.by_hour(tenant, id).await?,
        Phase::Draft | Phase::Freezing | Phase::Running | Phase::Paused { .. } => ByHour::default(),
    };
    Ok(Some(Progress { hours: hours(&by_hour), ..of(campaign, &tallies, cost, &numbers, &pace) }))
}

impl Progress {
    pub fn phase(&self) -> &Phase {
        &self.phase
    }
}

fn of(campaign: Campaign, tallies: &Tallies, cost: Cost, numbers: &[Number], pace: &[LanePace]) -> Progress {
    let lanes = (0_u8..).zip(&campaign.plan.numbers).map(|(lane, id)| {
        let number = numbers.iter().find(|number| number.phone_number_id == *id);
        let shown = lane_progress(lane, id, number, tallies, pace.iter().find(|pace| pace.number == *id));
        if campaign.rests(lane) { shown.resting() } else { shown }
    });
    let lanes = lanes.collect();
    // Nobody knows how many are yet to come.
    let has_end = campaign.phase == Phase::Running && !campaign.takes_more();
    let test = TestReport::of(&campaign, tallies);
    let (started_at, frozen) =
        campaign.launch.map_or((None, engine::campaign::Frozen::default()), |it| (Some(it.at), it.frozen));
    let ended_at = match campaign.phase {
        Phase::Cancelled { at, .. } | Phase::Finished { at } => Some(at),
        Phase::Draft | Phase::Freezing | Phase::Running | Phase::Paused { .. } => None,
    };
    let counts = Counts::of(tallies);
    let history = history(pace);
    // Those who wait for a winner are not on their way to anybody.
    let moving = counts.waiting - test.as_ref().map_or(0, |test| test.waiting).min(counts.waiting);
    let eta_seconds = has_end.then(|| eta(moving, &history)).flatten();
    Progress {
        revision: campaign.revision,
        phase: campaign.phase,
        counts,
        lanes,
        failures: failures(tallies),
        countries: countries(tallies, &cost),
        cost,
        frozen: FrozenProgress { count: frozen.count, is_whole: frozen.is_whole },
        skipped: frozen.skipped,
        history,
        hours: Vec::new(),
        replies: Replies::of(tallies),
        eta_seconds,
        started_at,
        ended_at,
        test,
    }
}

fn lane_progress(
    lane: u8,
    id: &PhoneNumberId,
    number: Option<&Number>,
    tallies: &Tallies,
    pace: Option<&LanePace>,
) -> LaneProgress {
    let waits = |class| matches!(class, Class::Waiting | Class::UnderWay);
    let mut until = None;
    let (state, note) = match pace.map(|pace| pace.state) {
        Some(LaneState::Running) => (LaneStanding::Running, None),
        Some(LaneState::Asleep { until: wakes }) => {
            until = Some(wakes);
            (LaneStanding::Asleep, None)
        }
        Some(LaneState::DayIsFull { until: frees }) => {
            until = Some(frees);
            (LaneStanding::DayIsFull, None)
        }
        Some(LaneState::PortfolioIsFull { until: frees }) => {
            until = Some(frees);
            (LaneStanding::PortfolioIsFull, None)
        }
        Some(LaneState::Slower { seconds }) => {
            (LaneStanding::Slower, Some(format!("WhatsApp asked to slow down. It goes on in {seconds} s.")))
        }
        Some(LaneState::Paused) => (LaneStanding::Paused, None),
        None => (LaneStanding::Idle, None),
    };
    let last = pace.and_then(|pace| pace.seconds.last());
    LaneProgress {
        phone_number_id: id.clone(),
        name: number.map(|number| number.name.clone()).unwrap_or_default(),
        waiting: tallies.sum(|key| key.lane == lane && waits(key.class)),
        done: tallies.sum(|key| key.lane == lane && !waits(key.class)),
        sent_per_second: last.map_or(0, |second| second.sent),
        allowed_per_second: number.map_or(0, |number| number.rate_per_second),
        state,
        rests: false,
        note,
        until,
    }
}

impl LaneProgress {
    /// Whatever else would hold it up.
    fn resting(self) -> Self {
        Self { state: LaneStanding::Paused, rests: true, note: None, until: None, ..self }
    }
}

fn history(pace: &[LanePace]) -> Vec<PacePoint> {
    let mut seconds: BTreeMap<u64, (u32, u32)> = BTreeMap::new();
    for second in pace.iter().flat_map(|lane| &lane.seconds) {
        let (sent, allowed) = seconds.entry(second.second).or_default();
        *sent += second.sent;
        *allowed += second.allowed;
    }
    let point = |(second, (sent, allowed))| PacePoint {
        at: Timestamp::from_seconds(i64::try_from(second).unwrap_or(i64::MAX)),
        sent,
        allowed,
    };
    seconds.into_iter().map(point).collect()
}

/// Nobody knows how many leave in the second that lasts.
fn is_over(second: &PaceSecond, now: Timestamp) -> bool {
    i64::try_from(second.second).is_ok_and(|second| Timestamp::from_seconds(second + 1) <= now)
}

fn hours(by_hour: &ByHour) -> Vec<HourPoint> {
    let mut points: BTreeMap<i64, HourPoint> = BTreeMap::new();
    for (key, people) in &by_hour.0 {
        let first = points.first_key_value().map_or(key.hour, |(hour, _)| *hour);
        if key.hour >= first + HOURS_SHOWN {
            break;
        }
        let nobody = HourPoint { at: key.begins_at(), delivered: 0, read: 0, replied: 0 };
        let point = points.entry(key.hour).or_insert(nobody);
        match key.step {
            Step::Delivered => point.delivered += people,
            Step::Read => point.read += people,
            Step::Replied => point.replied += people,
        }
    }
    points.into_values().collect()
}

impl Replies {
    fn of(tallies: &Tallies) -> Self {
        Self {
            tapped: tallies.sum(|key| key.clicked && !key.opted_out),
            wrote: tallies.sum(|key| key.replied && !key.clicked && !key.opted_out),
            stopped: tallies.sum(|key| key.opted_out),
        }
    }
}

/// `None` while nothing leaves.
fn eta(waiting: u64, history: &[PacePoint]) -> Option<u64> {
    let last = history.iter().rev().take(ETA_SECONDS);
    let (seconds, sent) = last.fold((0, 0), |(seconds, sent), point| (seconds + 1, sent + u64::from(point.sent)));
    (sent > 0).then(|| (waiting * seconds).div_ceil(sent))
}

/// The largest group first.
fn failures(tallies: &Tallies) -> Vec<FailureGroup> {
    let mut groups = BTreeMap::new();
    for (key, people) in &tallies.0 {
        if let Class::Failed(class) = key.class {
            *groups.entry((class, key.code)).or_insert(0) += people;
        }
    }
    let group = |((class, code), people)| FailureGroup { class, code, text: text(class, code), people };
    let mut groups: Vec<_> = groups.into_iter().map(group).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.people));
    groups
}

/// What is held back here has no code.
fn text(class: FailureClass, code: i64) -> String {
    match (class, code) {
        (FailureClass::OptedOut, 0) => Failure::opted_out().text,
        (FailureClass::Capped, _) => "The organization lets a person have only so much advertising.".to_owned(),
        (
            FailureClass::OptedOut
            | FailureClass::TryLater
            | FailureClass::PersonLimit
            | FailureClass::Permanent
            | FailureClass::OurMistake,
            code,
        ) => failure::describe((code != 0).then_some(code), None).text,
    }
}

#[cfg(test)]
mod tests {
    use engine::campaign::HourKey;

    use super::*;

    #[test]
    fn the_second_that_lasts_is_not_told() {
        let second = PaceSecond { second: 10, sent: 3, allowed: 80 };
        assert_eq!([10_999, 11_000].map(|now| is_over(&second, Timestamp(now))), [false, true]);
    }

    #[test]
    fn the_first_three_days_are_shown_by_the_hour() {
        let key = |hour, step| HourKey { hour, step };
        let by_hour = ByHour(BTreeMap::from([
            (key(10, Step::Delivered), 8),
            (key(10, Step::Read), 3),
            (key(12, Step::Replied), 1),
            (key(81, Step::Read), 2),
            (key(82, Step::Read), 4),
        ]));
        let shown: Vec<_> =
            hours(&by_hour).iter().map(|at| (at.at.0 / 3_600_000, at.delivered, at.read, at.replied)).collect();
        assert_eq!(shown, [(10, 8, 3, 0), (12, 0, 0, 1), (81, 0, 2, 0)]);
    }

    fn point(at: i64, sent: u32) -> PacePoint {
        PacePoint { at: Timestamp::from_seconds(at), sent, allowed: 80 }
    }

    #[test]
    fn the_end_is_told_by_the_last_seconds() {
        assert_eq!(eta(100, &[]), None);
        assert_eq!(eta(100, &[point(1, 0), point(2, 0)]), None);
        assert_eq!(eta(100, &[point(1, 30), point(2, 50)]), Some(3));
        assert_eq!(eta(0, &[point(1, 30)]), Some(0));
    }
}
