//! Template pacing: a marketing template that Meta does not trust yet reaches a few people; what is sent to more is held until
//! their reaction was assessed, and then released, or dropped with the template paused (§3.4).

use std::collections::HashMap;

use super::graph_error::GraphError;
use super::identity::PersonId;
use super::pricing::Category;
use super::statuses::{Journey, plan};
use super::templates::{Quality, Template};
use super::world::World;
use crate::payload::{Update, WabaId, account};

/// Messages that are held at the same time, of all templates together; further ones are answered with 131016.
const HELD_MAX: usize = 100_000;

#[derive(Debug, Default)]
pub(crate) struct Pacing {
    assessments: HashMap<(WabaId, u64), Assessment>,
    held: usize,
}

#[derive(Debug, Default)]
struct Assessment {
    sent: u32,
    held: Vec<(Journey, PersonId)>,
    /// From the first that was held.
    ends_at_ms: Option<u64>,
}

/// What is posted at the end of an assessment, and when.
#[derive(Debug)]
pub(crate) struct Released {
    pub(crate) update: Update,
    pub(crate) after_ms: u64,
    pub(crate) lane_key: u64,
}

impl World {
    /// Counts a send of the template; whether it is to be held.
    pub(super) fn pace(&mut self, waba: &WabaId, template: u64, now_ms: u64) -> Result<bool, GraphError> {
        let Some(free) = self.policy.paced_after else { return Ok(false) };
        let known = self.accounts.get_mut(waba).and_then(|account| account.catalogue.find_mut(template));
        if !known.is_some_and(|template| is_paced(template)) {
            return Ok(false);
        }
        if self.pacing.held >= HELD_MAX {
            return Err(GraphError::new(131_016, "The simulator holds as many messages for assessment as it can."));
        }
        let assessment = self.pacing.assessments.entry((waba.clone(), template)).or_default();
        assessment.sent = assessment.sent.saturating_add(1);
        let is_held = assessment.sent > free;
        if is_held {
            assessment.ends_at_ms.get_or_insert(now_ms + self.policy.pacing_hold_s * 1_000);
        }
        Ok(is_held)
    }

    pub(super) fn hold(&mut self, waba: &WabaId, template: u64, journey: Journey, person: PersonId) {
        self.pacing.assessments.entry((waba.clone(), template)).or_default().held.push((journey, person));
        self.pacing.held += 1;
    }

    /// Ends the assessments that are due.
    pub(crate) fn assess(&mut self, now_ms: u64) -> Vec<Released> {
        let is_due = |_: &(WabaId, u64), one: &mut Assessment| one.ends_at_ms.is_some_and(|at| at <= now_ms);
        let due: Vec<_> = self.pacing.assessments.extract_if(is_due).collect();
        due.into_iter().flat_map(|((waba, template), ended)| self.end(&waba, template, ended, now_ms)).collect()
    }

    fn end(&mut self, waba: &WabaId, template: u64, ended: Assessment, now_ms: u64) -> Vec<Released> {
        self.pacing.held -= ended.held.len();
        let is_bad = self.chance.hits(self.policy.pacing_drops_percent, "pacing", &format!("{waba}/{template}"));
        let dropped = GraphError::new(132_015, "The message was held for assessment, and its template is paused now.");
        let mut released = Vec::new();
        for (mut journey, person) in ended.held {
            if is_bad {
                journey.refusal = Some(dropped.failure());
            }
            journey.at_ms = now_ms;
            let planned = plan(&journey, &self.profile, self.version, self.chance);
            self.ledger
                .note_outcome(&journey.wamid, planned.iter().max_by_key(|one| one.after_ms).map(|one| one.state));
            let lane_key = u64::from(person.0);
            let posts = planned.into_iter();
            released.extend(posts.map(|one| Released { update: one.update, after_ms: one.after_ms, lane_key }));
        }
        released.extend(self.verdict(waba, template, is_bad, now_ms / 1_000));
        released
    }

    fn verdict(&mut self, waba: &WabaId, id: u64, is_bad: bool, at_s: u64) -> Option<Released> {
        let template = self.accounts.get_mut(waba)?.catalogue.find_mut(id)?;
        let (name, before) = (template.name(), template.quality);
        let update = if is_bad {
            template.quality = Quality::Red;
            template.status = "PAUSED".into();
            account::template_paused(waba, at_s, &name, &template.category.as_str().to_ascii_uppercase())
        } else {
            template.quality = Quality::Green;
            account::template_quality(waba, at_s, &name, before.as_str(), Quality::Green.as_str())
        };
        Some(Released { update, after_ms: 0, lane_key: id })
    }

    /// A new score of a template. What is not green begins to be paced.
    pub(crate) fn rate(
        &mut self,
        waba: &WabaId,
        name: &str,
        language: &str,
        score: Quality,
        at_s: u64,
    ) -> Option<Update> {
        let templates = &mut self.accounts.get_mut(waba)?.catalogue.templates;
        let is_it = |one: &&mut Template| one.name == name && one.language == language;
        let template = templates.iter_mut().find(is_it)?;
        let before = std::mem::replace(&mut template.quality, score);
        Some(account::template_quality(waba, at_s, &template.name(), before.as_str(), score.as_str()))
    }
}

fn is_paced(template: &Template) -> bool {
    template.category == Category::Marketing && template.quality != Quality::Green
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::PhoneNumberId;
    use crate::simulator::{Policy, SimulatorConfig};

    #[test]
    fn what_is_held_comes_out_once_and_not_before_its_time() {
        let policy = Policy { paced_after: Some(2), pacing_hold_s: 60, ..Policy::default() };
        let mut world = World::new(&SimulatorConfig { policy, ..SimulatorConfig::default() });
        let waba = WabaId::from("100000000000001");
        world.rate(&waba, "discount_code", "en", Quality::Yellow, 0).unwrap();
        let sale = serde_json::json!({"messaging_product": "whatsapp", "to": "+12025550123", "type": "template",
            "template": {"name": "discount_code", "language": {"code": "en"}, "components": [
                {"type": "header", "parameters": [{"type": "text", "text": "Avery"}]},
                {"type": "body", "parameters": [{"type": "text", "text": "31 May"}]},
                {"type": "button", "sub_type": "copy_code", "index": 0,
                 "parameters": [{"type": "coupon_code", "coupon_code": "SPRING20"}]}]}});
        for at_ms in [1_000, 2_000, 3_000, 4_000] {
            world.accept(&PhoneNumberId::from("200000000000001"), &sale, None, at_ms).unwrap();
        }
        assert_eq!(world.pacing.held, 2);
        assert!(world.assess(62_999).is_empty(), "a minute after the first that was held");
        let wamids = |released: Vec<Released>| -> Vec<String> {
            let ids = released.iter().filter_map(|one| one.update.value.pointer("/statuses/0/id")?.as_str());
            ids.map(str::to_owned).collect::<std::collections::BTreeSet<_>>().into_iter().collect()
        };
        assert_eq!(wamids(world.assess(63_000)).len(), 2);
        assert!(world.assess(99_000).is_empty());
        assert_eq!(world.pacing.held, 0);
    }
}
