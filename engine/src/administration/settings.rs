//! The organization's name and what it decides for all of its people.

use super::{Case, Change, line};
use crate::audit::Action;
use crate::campaign::CampaignCap;
use crate::directory::Settings;
use crate::household::Write;
use crate::permission::Permission;
use crate::rejection::Rejection;

/// Longest name of an organization, in characters.
const NAME_MAX: usize = 120;

/// `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsChange {
    pub name: Option<String>,
    pub require_second_factor: Option<bool>,
    pub mask_phones: Option<bool>,
    pub approve_broadcasts: Option<bool>,
    pub session_hours: Option<u32>,
    pub audit_days: Option<u32>,
    pub locale: Option<String>,
    pub campaign_cap: Option<Option<CampaignCap>>,
}

pub(super) fn decide(case: &Case<'_>, change: SettingsChange) -> Result<Change, Rejection> {
    case.require(Permission::OrganizationUpdate)?;
    let SettingsChange {
        name,
        require_second_factor,
        mask_phones,
        approve_broadcasts,
        session_hours,
        audit_days,
        locale,
        campaign_cap,
    } = change;
    let now = &case.household.settings;
    let next = Settings {
        require_second_factor: require_second_factor.unwrap_or(now.require_second_factor),
        mask_phones: mask_phones.unwrap_or(now.mask_phones),
        approve_broadcasts: approve_broadcasts.unwrap_or(now.approve_broadcasts),
        session_hours: session_hours.unwrap_or(now.session_hours),
        audit_days: audit_days.unwrap_or(now.audit_days),
        locale: locale.unwrap_or_else(|| now.locale.clone()),
        campaign_cap: campaign_cap.unwrap_or(now.campaign_cap),
        ..now.clone()
    };
    check(&next)?;
    let name = match name {
        Some(name) => check_name(&name)?,
        None => case.household.organization.name.clone(),
    };
    let mut entry = case.entry(Action::SettingsChanged);
    let mut writes = Vec::new();
    if name != case.household.organization.name {
        entry = entry.with("name", &format!("{} → {name}", case.household.organization.name));
        writes.push(Write::Rename(name));
    }
    let flags = [
        ("require_second_factor", now.require_second_factor, next.require_second_factor),
        ("mask_phones", now.mask_phones, next.mask_phones),
        ("approve_broadcasts", now.approve_broadcasts, next.approve_broadcasts),
    ];
    let numbers =
        [("session_hours", now.session_hours, next.session_hours), ("audit_days", now.audit_days, next.audit_days)];
    let differences = flags.iter().map(|(key, was, is)| (*key, was.to_string(), is.to_string()));
    let differences = differences.chain(numbers.iter().map(|(key, was, is)| (*key, was.to_string(), is.to_string())));
    let cap = |settings: &Settings| settings.campaign_cap.map_or_else(|| "none".to_owned(), |cap| cap.to_string());
    let others = [("locale", now.locale.clone(), next.locale.clone()), ("campaign_cap", cap(now), cap(&next))];
    for (key, was, is) in differences.chain(others) {
        if was != is {
            entry = entry.with(key, &format!("{was} → {is}"));
        }
    }
    if next != *now {
        writes.push(Write::Settings(next));
    }
    let audit = if writes.is_empty() { Vec::new() } else { vec![entry] };
    Ok(Change { writes, audit })
}

pub(super) fn check_name(name: &str) -> Result<String, Rejection> {
    line(name, NAME_MAX, "The organization's name has 1 to 120 characters.")
}

fn check(settings: &Settings) -> Result<(), Rejection> {
    if !(1..=720).contains(&settings.session_hours) {
        return Err(Rejection::Invalid("A session lasts 1 to 720 hours."));
    }
    if !(30..=3650).contains(&settings.audit_days) {
        return Err(Rejection::Invalid("The audit log is kept 30 to 3650 days."));
    }
    let tag = settings.locale.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !tag || !(2..=35).contains(&settings.locale.len()) {
        return Err(Rejection::Invalid("This is not a language tag like \"en\" or \"pt-BR\"."));
    }
    settings.campaign_cap.map_or(Ok(()), CampaignCap::check)
}
