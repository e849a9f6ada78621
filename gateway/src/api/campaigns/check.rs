//! What would happen if it were started now. Nothing is written.

use std::collections::BTreeMap;

use actix_web::web;
use actors::CapWatch;
use engine::access::Principal;
use engine::campaign::{
    Campaign, Estimate, Hours, Launch, Letter, Named, Phase, Plan, Skip, VariableSource, Wording, freeze,
};
use engine::contact::Contact;
use engine::content::TemplateContent;
use engine::directory::Number;
use engine::id::{CampaignId, ContactId, PhoneNumberId, TenantId};
use engine::price::{Country, PriceCategory};
use engine::template::Template;
use engine::time::{Span, Timestamp};
use serde::Serialize;

use super::super::administration::household;
use super::reach::reach;
use super::schedule::{Homes, Schedule};
use super::winner::{CheckedTest, Groups, checked};
use super::{found, spend};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::templates;

/// People whose message is shown as they would get it.
const SAMPLES: usize = 5;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CampaignCheck {
    will_be_sent: u64,
    /// With those who are left out.
    audience: u64,
    skipped: BTreeMap<Skip, u64>,
    /// If everybody gets it and nobody's is free.
    cost: Estimate,
    /// At full pace, without the hours and days in which it waits.
    duration_seconds: u64,
    /// With so many a day, by its plan or by WhatsApp: over how many days it goes.
    days: u64,
    /// People whose own hours come later than the start.
    later: u64,
    /// People for whom WhatsApp's limit of 24 hours has no place today; they wait for a later day. At most: whoever has a place or an open
    /// window needs none.
    over_tier: u64,
    /// How many people WhatsApp lets its numbers begin to write to in 24 hours; `null`: no limit is known.
    people_a_day: Option<u64>,
    /// If it is started now, or at its time.
    finishes_at: Timestamp,
    lanes: Vec<CheckedLane>,
    /// What must be fixed first, then what to look at, then what is fine.
    findings: Vec<Finding>,
    samples: Vec<Sample>,
    /// Who gets which message; `null`: there is one.
    test: Option<CheckedTest>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CheckedLane {
    #[schema(value_type = String)]
    phone_number_id: PhoneNumberId,
    name: String,
    per_second: u32,
    /// `GREEN`, `YELLOW`, `RED`, as far as WhatsApp said.
    quality: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingSeverity {
    MustFix,
    LookAt,
    Passed,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Finding {
    severity: FindingSeverity,
    /// Stable word for programs: each stands for one sentence.
    pub(super) key: &'static str,
    /// What is told in the sentence besides its words: counts in digits, names as they are.
    #[schema(value_type = BTreeMap<String, String>)]
    values: BTreeMap<&'static str, String>,
    /// The sentence, in English.
    pub(super) text: String,
}

impl Finding {
    pub(super) fn passed(key: &'static str, text: &str) -> Self {
        Self::of(FindingSeverity::Passed, key, text)
    }

    pub(super) fn look_at(key: &'static str, text: impl Into<String>) -> Self {
        Self::of(FindingSeverity::LookAt, key, text)
    }

    fn must_fix(key: &'static str, text: impl Into<String>) -> Self {
        Self::of(FindingSeverity::MustFix, key, text)
    }

    fn of(severity: FindingSeverity, key: &'static str, text: impl Into<String>) -> Self {
        Self { severity, key, values: BTreeMap::new(), text: text.into() }
    }

    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.values.insert(name, value.to_string());
        self
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Sample {
    contact_id: ContactId,
    name: Option<String>,
    content: TemplateContent,
    /// `null`: there is one message.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<Letter>,
}

/// How much advertising a person gets at most. `None`: nobody set a limit, or this does not advertise.
pub(super) async fn cap(app: &App, tenant: TenantId, campaign: &Campaign) -> Result<Option<CapWatch>, Problem> {
    if !campaign.is_marketing() {
        return Ok(None);
    }
    let household = app.households.of(app.store.as_ref(), tenant).await?;
    Ok(household.and_then(|household| household.settings.campaign_cap).map(CapWatch::new))
}

/// What a freeze would come to.
pub struct Would {
    pub count: u64,
    category: PriceCategory,
    countries: BTreeMap<Option<Country>, u64>,
    skipped: BTreeMap<Skip, u64>,
    /// Who would get it in a language that is not theirs.
    other_language: u64,
    samples: Vec<Sample>,
    homes: Homes,
    groups: Groups,
}

impl Would {
    fn nothing() -> Self {
        Self {
            count: 0,
            category: PriceCategory::Other,
            countries: BTreeMap::new(),
            skipped: BTreeMap::new(),
            other_language: 0,
            samples: Vec::new(),
            homes: Homes::new(),
            groups: Groups::new(),
        }
    }
}

/// What would happen if it were started now
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/check", params(("id" = String, Path)),
    responses((status = 200, body = CampaignCheck), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn check(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<CampaignId>,
) -> Result<web::Json<CampaignCheck>, Problem> {
    let tenant = signed.0.tenant;
    let draft = found(&app, tenant, *id).await?;
    let numbers = numbers(&app, tenant, &draft.plan).await?;
    let mut findings = number_findings(&draft.plan, &numbers);
    let template = template(&app, &signed.0, &draft.plan).await;
    let launched = match template {
        Ok((template, named)) => {
            draft.launched(signed.0.person.clone(), template, named, app.clock.now()).map_err(Problem::from)
        }
        Err(problem) => Err(problem),
    };
    let would = match launched {
        Ok(launched) => {
            let text = "The template is approved and every variable has a source.";
            findings.push(Finding::passed("template_fine", text));
            let first = launched.rehearsal(app.clock.now());
            would_freeze(&app, tenant, first.as_ref().unwrap_or(&launched)).await?
        }
        Err(problem) if problem.status < 500 => {
            findings.push(Finding::must_fix("template", problem.detail));
            Would::nothing()
        }
        Err(problem) => return Err(problem),
    };
    if draft.is_triggered() {
        findings.push(Finding::passed("triggered", "People are added by your systems while it runs."));
    } else if would.count == 0 {
        findings.push(Finding::must_fix("nobody", "Nobody would get this."));
    }
    let settings = &household(&app, &signed.0).await?.settings;
    let reach = reach(&app, tenant, &numbers, would.count).await?;
    let start = draft.plan.start_at.unwrap_or_default().max(app.clock.now());
    let cost = Estimate::of(&would.countries, would.category, start, &app.prices);
    findings.extend(approval_finding(settings.approve_broadcasts, &draft));
    findings.extend(reach.finding());
    findings.extend(language_finding(would.other_language));
    findings.extend(spend::finding(&draft.plan, &cost));
    findings.sort_by_key(|finding| finding.severity);
    let per_second = per_second(&draft.plan, &numbers);
    let seconds = would.count.div_ceil(u64::from(per_second.max(1)));
    let schedule = Schedule::of(&draft.plan, (would.count, reach), per_second, &would.homes, app.clock.now());
    let test = checked(&draft.plan, &would.groups);
    let waits = test.as_ref().map_or(Span(0), |test| test.wait(&draft.plan));
    let lanes = numbers.into_iter().map(|number| CheckedLane {
        phone_number_id: number.phone_number_id,
        name: number.name,
        per_second: number.rate_per_second,
        quality: number.standing.quality,
    });
    Ok(web::Json(CampaignCheck {
        will_be_sent: would.count,
        audience: would.count + would.skipped.values().sum::<u64>(),
        skipped: would.skipped,
        cost,
        duration_seconds: seconds,
        days: schedule.days,
        later: schedule.later,
        over_tier: reach.over,
        people_a_day: reach.a_day,
        finishes_at: schedule.finishes_at.plus(waits),
        lanes: lanes.collect(),
        findings,
        samples: would.samples,
        test,
    }))
}

/// Walks the audience as a launch does.
pub async fn would_freeze(app: &App, tenant: TenantId, launched: &Campaign) -> Result<Would, Problem> {
    let mut campaign = launched.clone();
    let forms = launched.launch.as_ref().and_then(Launch::forms);
    let per_message = SAMPLES.div_ceil(launched.plan.wordings().count());
    let files = launched.launch.as_ref().map_or(&[] as &[_], |launch| &launch.files);
    let keeps_hours = Hours::of(&launched.plan).is_some();
    let cap = cap(app, tenant, &campaign).await?;
    let now = app.clock.now();
    let (mut samples, mut countries, mut homes) = (Vec::<Sample>::new(), BTreeMap::new(), Homes::new());
    let (mut groups, mut other_language) = (Groups::new(), 0);
    while campaign.phase == Phase::Freezing {
        let Some(page) = actors::audience(app.store.as_ref(), tenant, &campaign, cap.as_ref(), now).await? else {
            break;
        };
        let Some((next, recipients)) = freeze(&campaign, &page) else { break };
        // In the order of the page.
        let mut contacts = page.contacts.iter();
        for recipient in &recipients {
            let contact = contacts.find(|contact| contact.id == recipient.contact);
            other_language += u64::from(contact.is_some_and(|contact| !campaign.plan.speaks_to(contact)));
            let variant = recipient.group.and_then(|_| forms.as_ref()?.letter(recipient));
            let is_shown = samples.iter().filter(|sample| sample.variant == variant).count() < per_message;
            if samples.len() < SAMPLES && is_shown {
                let filled = forms.as_ref().and_then(|forms| forms.fill(recipient, files));
                samples.extend(contact.zip(filled).map(|(contact, filled)| sample(contact, filled.content, variant)));
            }
            if let Some(group) = recipient.group {
                *groups.entry(group).or_default() += 1;
            }
            *countries.entry(recipient.country).or_default() += 1;
            if keeps_hours {
                *homes.entry(recipient.home().map(str::to_owned)).or_default() += 1;
            }
        }
        campaign = next;
    }
    let category = campaign.price_category(None);
    let frozen = campaign.launch.map(|launch| launch.frozen).unwrap_or_default();
    let (count, skipped) = (u64::from(frozen.count), frozen.skipped);
    Ok(Would { count, category, countries, skipped, other_language, samples, homes, groups })
}

fn sample(contact: &Contact, content: TemplateContent, variant: Option<Letter>) -> Sample {
    let name = contact.name.clone().or_else(|| contact.username.clone());
    Sample { contact_id: contact.id, name, content, variant }
}

/// Every lane's account must have it, and the strictest counts: one that cannot be sent says why, and one that advertises has its
/// rules and its price; with what the plan names.
pub async fn template(app: &App, principal: &Principal, plan: &Plan) -> Result<(Template, Named), Problem> {
    let tenant = principal.tenant;
    let numbers = numbers(app, tenant, plan).await?;
    let wordings: Vec<_> = plan.wordings().collect();
    let mut templates = Vec::with_capacity(wordings.len());
    for wording in &wordings {
        templates.push(strictest(app, tenant, &numbers, wording).await?);
    }
    let template = templates.remove(0);
    let mut files = Vec::new();
    for id in wordings.iter().flat_map(|wording| wording.variables).filter_map(VariableSource::file) {
        let row = app.store.media(tenant, id).await?;
        // What customers sent is not for other customers.
        let row = row.filter(|row| row.is_ready() && row.uploader.is_some());
        files.extend(row.map(|row| row.media));
    }
    let household = household(app, principal).await?;
    let segment = plan.segment().and_then(|id| household.segments.get(&id)).cloned();
    Ok((template, Named { files, segment, others: templates }))
}

async fn strictest(
    app: &App,
    tenant: TenantId,
    numbers: &[Number],
    wording: &Wording<'_>,
) -> Result<Template, Problem> {
    let mut found: Option<Template> = None;
    for number in numbers {
        let template = templates::find(app, tenant, number, wording.template, wording.language).await?.template;
        let strictness = |template: &Template| (template.unsendable().is_some(), template.category.is_marketing());
        if found.as_ref().is_none_or(|known| strictness(known) < strictness(&template)) {
            found = Some(template);
        }
    }
    found.ok_or_else(|| Problem::invalid("No number of this broadcast is connected."))
}

async fn numbers(app: &App, tenant: TenantId, plan: &Plan) -> Result<Vec<Number>, Problem> {
    let mut numbers = app.store.numbers(tenant).await?;
    numbers.retain(|number| plan.numbers.contains(&number.phone_number_id));
    Ok(numbers)
}

fn number_findings(plan: &Plan, numbers: &[Number]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if numbers.len() < plan.numbers.len() {
        let text = "A number of this broadcast is not connected any more.";
        findings.push(Finding::must_fix("number_gone", text));
    }
    let low = |number: &&Number| matches!(number.standing.quality.as_deref(), Some("YELLOW" | "RED"));
    for number in numbers.iter().filter(low) {
        let text = format!("{} is not at high quality. Many blocks can lower its limit.", number.display);
        findings.push(Finding::look_at("number_quality", text).with("number", &number.display));
    }
    if findings.is_empty() {
        let text = "All numbers are connected, and none is known to be of low quality.";
        findings.push(Finding::passed("numbers", text));
    }
    findings
}

/// Where the plan does not leave them out.
fn language_finding(people: u64) -> Option<Finding> {
    let who = match people {
        0 => return None,
        1 => "1 person speaks".to_owned(),
        people => format!("{people} people speak"),
    };
    let text = format!("{who} another language than this broadcast and would get it. Its audience can leave them out.");
    Some(Finding::look_at("other_language", text).with("people", &people))
}

/// Where four eyes are wanted.
fn approval_finding(is_needed: bool, draft: &Campaign) -> Option<Finding> {
    if !is_needed {
        return None;
    }
    if draft.is_approved() {
        return Some(Finding::passed("approved", "Somebody else has approved it as it stands."));
    }
    let text = "Somebody else must approve this broadcast before it is started.";
    Some(Finding::must_fix("approval", text))
}

/// Of all lanes together.
pub fn per_second(plan: &Plan, numbers: &[Number]) -> u32 {
    let allowed = numbers.iter().map(|number| number.rate_per_second).sum();
    plan.per_second.map_or(allowed, |wanted| wanted.min(allowed))
}
