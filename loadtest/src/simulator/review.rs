//! Templates in the making: submitted, edited, deleted, unpaused, and what the review says of them after its time. Verdicts may be
//! written down beforehand; without one, every template is approved.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::graph_error::GraphError;
use super::pricing::Category;
use super::templates::{Quality, Template, text, variables};
use super::world::World;
use crate::payload::{Update, WabaId, account};

/// Templates of an account that is not verified.
const TEMPLATES_MAX: usize = 250;
const NAME_MAX: usize = 512;
/// The name of a deleted template is taken for this long.
const RESERVED_MS: u64 = 30 * 24 * 3_600_000;
/// Ids of submitted templates follow this one.
const FIRST_ID: u64 = 310_000_000_000_000;
const LOGIN_BODY: &str = "*{{1}}* is your verification code.";

/// What the review will say of templates with this name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub name: String,
    /// None: in every language.
    #[serde(default)]
    pub language: Option<String>,
    pub approved: bool,
    /// The reviewer finds it to be of this category.
    #[serde(default)]
    pub category: Option<Category>,
    /// Why it is rejected.
    #[serde(default)]
    pub reason: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Reviews {
    verdicts: Vec<Verdict>,
    under_way: Vec<Review>,
    reserved: HashMap<(WabaId, String), u64>,
    submitted: u64,
}

#[derive(Debug)]
struct Review {
    waba: WabaId,
    template: u64,
    ends_at_ms: u64,
}

impl World {
    /// `POST /{waba}/message_templates`.
    pub(crate) fn submit_template(&mut self, waba: &WabaId, body: &Value, now_ms: u64) -> Result<Value, GraphError> {
        let name = text(body, "name");
        let language = text(body, "language");
        let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(valid) {
            return Err(GraphError::new(100, "Template name can only have lowercase letters, digits and underscores."));
        }
        if language.is_empty() {
            return Err(GraphError::new(100, "The parameter language is required."));
        }
        let category = category_of(body)?;
        let components = checked_components(body, category)?;
        let reserved = self.reviews.reserved.get(&(waba.clone(), name.to_owned()));
        if reserved.is_some_and(|until| *until > now_ms) {
            return Err(refused(2_388_023, "New content cannot be added while the existing content is being deleted."));
        }
        self.reviews.submitted += 1;
        let id = FIRST_ID + self.reviews.submitted;
        let account = self.accounts.get_mut(waba).ok_or_else(|| GraphError::no_object(waba.as_str(), "post"))?;
        let templates = &mut account.catalogue.templates;
        if templates.iter().any(|one| one.name == name && one.language == language) {
            return Err(refused(2_388_024, "There is already content in this language for this template."));
        }
        if templates.len() >= TEMPLATES_MAX {
            return Err(refused(2_388_019, "The account has as many templates as it may have."));
        }
        templates.push(Template {
            id,
            name: name.to_owned(),
            language: language.to_owned(),
            category,
            status: "PENDING".into(),
            quality: Quality::Unknown,
            named: text(body, "parameter_format").eq_ignore_ascii_case("named"),
            components,
        });
        self.begin_review(waba, id, now_ms);
        Ok(json!({"id": id.to_string(), "status": "PENDING", "category": category.as_str().to_ascii_uppercase()}))
    }

    /// `POST /{template}`; none when it is nobody's template.
    pub(crate) fn edit_template(&mut self, id: &str, body: &Value, now_ms: u64) -> Option<Result<Value, GraphError>> {
        let (waba, id) = self.template_at(id)?;
        Some(self.edit(&waba, id, body, now_ms).map(|()| json!({"success": true})))
    }

    fn edit(&mut self, waba: &WabaId, id: u64, body: &Value, now_ms: u64) -> Result<(), GraphError> {
        let template = self.template_mut(waba, id)?;
        if !matches!(template.status.as_str(), "APPROVED" | "REJECTED" | "PAUSED") {
            return Err(refused(2_388_025, "Only approved, rejected or paused templates can be edited."));
        }
        let category = if body.get("category").is_some() { category_of(body)? } else { template.category };
        if body.get("components").is_some() {
            template.components = checked_components(body, category)?;
        }
        template.category = category;
        template.status = "PENDING".into();
        self.begin_review(waba, id, now_ms);
        Ok(())
    }

    /// `DELETE /{waba}/message_templates`: in every language, or the one with this id.
    pub(crate) fn delete_templates(
        &mut self,
        waba: &WabaId,
        name: &str,
        id: Option<u64>,
        now_ms: u64,
    ) -> Result<Value, GraphError> {
        let account = self.accounts.get_mut(waba).ok_or_else(|| GraphError::no_object(waba.as_str(), "delete"))?;
        let is_it = |one: &Template| one.name == name && id.is_none_or(|id| one.id == id);
        let templates = &mut account.catalogue.templates;
        if templates.iter().any(|one| is_it(one) && one.status == "DISABLED") {
            return Err(refused(2_388_026, "A disabled template cannot be deleted."));
        }
        let before = templates.len();
        templates.retain(|one| !is_it(one));
        if templates.len() == before {
            return Err(GraphError::new(100, format!("There is no message template {name}.")));
        }
        if !templates.iter().any(|one| one.name == name) {
            self.reviews.reserved.insert((waba.clone(), name.to_owned()), now_ms + RESERVED_MS);
        }
        Ok(json!({"success": true}))
    }

    /// `POST /{template}/unpause`.
    pub(crate) fn unpause_template(&mut self, id: &str, now_ms: u64) -> Result<(Value, Update), GraphError> {
        let (waba, number) = self.template_at(id).ok_or_else(|| GraphError::no_object(id, "post"))?;
        let template = self.template_mut(&waba, number)?;
        if template.status != "PAUSED" {
            return Err(GraphError::new(100, "The message template is not paused."));
        }
        template.status = "APPROVED".into();
        template.quality = Quality::Unknown;
        let category = template.category.as_str().to_ascii_uppercase();
        let update = account::template_approved(&waba, now_ms / 1_000, &template.name(), &category);
        Ok((json!({"success": true}), update))
    }

    pub(crate) fn script_verdict(&mut self, verdict: Verdict) {
        let is_same = |known: &Verdict| known.name == verdict.name && known.language == verdict.language;
        self.reviews.verdicts.retain(|known| !is_same(known));
        self.reviews.verdicts.push(verdict);
    }

    fn begin_review(&mut self, waba: &WabaId, template: u64, now_ms: u64) {
        let ends_at_ms = now_ms + self.policy.review_s * 1_000;
        self.reviews.under_way.retain(|one| one.template != template);
        self.reviews.under_way.push(Review { waba: waba.clone(), template, ends_at_ms });
    }

    /// Ends the reviews that are due.
    pub(crate) fn review(&mut self, now_ms: u64) -> Vec<Update> {
        let due: Vec<_> = self.reviews.under_way.extract_if(.., |one| one.ends_at_ms <= now_ms).collect();
        due.into_iter().flat_map(|review| self.end_review(&review, now_ms / 1_000)).collect()
    }

    fn end_review(&mut self, review: &Review, at_s: u64) -> Vec<Update> {
        let verdicts = self.reviews.verdicts.clone();
        // Deleted meanwhile.
        let Ok(template) = self.template_mut(&review.waba, review.template) else { return Vec::new() };
        let is_about = |one: &&Verdict| {
            one.name == template.name && one.language.as_ref().is_none_or(|language| *language == template.language)
        };
        let verdict = verdicts.iter().rev().find(is_about);
        let (waba, name) = (&review.waba, template.name());
        let mut updates = Vec::new();
        if let Some(category) = verdict.and_then(|verdict| verdict.category).filter(|new| *new != template.category) {
            let before = std::mem::replace(&mut template.category, category);
            let word = |category: Category| category.as_str().to_ascii_uppercase();
            updates.push(account::template_recategorised(waba, at_s, &name, &word(before), &word(category)));
        }
        let category = template.category.as_str().to_ascii_uppercase();
        let rejected = verdict.filter(|verdict| !verdict.approved);
        template.status = if rejected.is_some() { "REJECTED" } else { "APPROVED" }.into();
        updates.push(match rejected {
            Some(verdict) => {
                let why = verdict.reason.as_deref().unwrap_or("It does not say what it is about.");
                account::template_rejected(waba, at_s, &name, &category, why)
            }
            None => account::template_approved(waba, at_s, &name, &category),
        });
        updates
    }

    /// At once, as Meta does it for its own reasons: APPROVED, PAUSED, DISABLED or REJECTED.
    pub(crate) fn set_template_status(
        &mut self,
        waba: &WabaId,
        name: &str,
        language: &str,
        status: &str,
        at_s: u64,
    ) -> Option<Update> {
        let template = self.named_template(waba, name, language)?;
        let (named, category) = (template.name(), template.category.as_str().to_ascii_uppercase());
        let update = match status {
            "APPROVED" => account::template_approved(waba, at_s, &named, &category),
            "PAUSED" => account::template_paused(waba, at_s, &named, &category),
            "DISABLED" => account::template_disabled(waba, at_s, &named, &category),
            "REJECTED" => account::template_rejected(waba, at_s, &named, &category, "Rejected by hand."),
            _ => return None,
        };
        status.clone_into(&mut template.status);
        Some(update)
    }

    pub(crate) fn recategorise_template(
        &mut self,
        waba: &WabaId,
        name: &str,
        language: &str,
        category: Category,
        at_s: u64,
    ) -> Option<Update> {
        let template = self.named_template(waba, name, language)?;
        let before = std::mem::replace(&mut template.category, category).as_str().to_ascii_uppercase();
        let now = category.as_str().to_ascii_uppercase();
        Some(account::template_recategorised(waba, at_s, &template.name(), &before, &now))
    }

    fn named_template(&mut self, waba: &WabaId, name: &str, language: &str) -> Option<&mut Template> {
        let templates = &mut self.accounts.get_mut(waba)?.catalogue.templates;
        templates.iter_mut().find(|one| one.name == name && one.language == language)
    }

    fn template_mut(&mut self, waba: &WabaId, id: u64) -> Result<&mut Template, GraphError> {
        let found = self.accounts.get_mut(waba).and_then(|account| account.catalogue.find_mut(id));
        found.ok_or_else(|| GraphError::no_object(&id.to_string(), "post"))
    }

    /// Whose template has this id.
    pub(crate) fn template_at(&self, id: &str) -> Option<(WabaId, u64)> {
        let id: u64 = id.parse().ok()?;
        let has = |one: &&WabaId| {
            self.accounts.get(*one).is_some_and(|account| account.catalogue.templates.iter().any(|t| t.id == id))
        };
        // Seeded templates have the same ids in every account: the first by name answers.
        let mut wabas: Vec<_> = self.accounts.keys().collect();
        wabas.sort();
        wabas.into_iter().find(has).map(|waba| (waba.clone(), id))
    }
}

fn refused(subcode: u32, details: &str) -> GraphError {
    GraphError { subcode: Some(subcode), ..GraphError::new(100, details) }
}

fn category_of(body: &Value) -> Result<Category, GraphError> {
    match text(body, "category").to_ascii_uppercase().as_str() {
        "MARKETING" => Ok(Category::Marketing),
        "UTILITY" => Ok(Category::Utility),
        "AUTHENTICATION" => Ok(Category::Authentication),
        other => Err(GraphError::new(100, format!("{other} is no category of message templates."))),
    }
}

fn checked_components(body: &Value, category: Category) -> Result<Value, GraphError> {
    let mut components = body.get("components").cloned().unwrap_or_default();
    let list =
        components.as_array_mut().ok_or_else(|| GraphError::new(100, "The parameter components is required."))?;
    let own = list.iter_mut().find(|one| text(one, "type") == "BODY");
    let own = own.ok_or_else(|| refused(2_388_040, "A message template has a body."))?;
    if category == Category::Authentication {
        if let Some(own) = own.as_object_mut() {
            own.insert("text".into(), json!(LOGIN_BODY));
        }
        return Ok(components);
    }
    check_body(own)?;
    let samples = list.iter().filter(|one| text(one, "type") == "HEADER");
    let unsampled = |one: &Value| {
        matches!(text(one, "format"), "IMAGE" | "VIDEO" | "DOCUMENT")
            && one
                .pointer("/example/header_handle/0")
                .and_then(Value::as_str)
                .is_none_or(|handle| !handle.contains("::"))
    };
    if samples.into_iter().any(unsampled) {
        return Err(refused(2_388_072, "A header with a file needs the handle of a sample."));
    }
    Ok(components)
}

fn check_body(body: &Value) -> Result<(), GraphError> {
    let words = text(body, "text").trim();
    if words.is_empty() || words.chars().count() > 1_024 {
        return Err(refused(2_388_040, "The body has 1 to 1,024 characters."));
    }
    if words.starts_with("{{") || words.ends_with("}}") {
        return Err(refused(2_388_299, "Variables can't be at the start or end of the template."));
    }
    let wanted = variables(words).len();
    let named = body.pointer("/example/body_text_named_params").and_then(Value::as_array).map(Vec::len);
    let given = named.or_else(|| body.pointer("/example/body_text/0").and_then(Value::as_array).map(Vec::len));
    if given.unwrap_or(0) != wanted {
        return Err(refused(2_388_043, "Each variable of the body needs an example."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::SimulatorConfig;

    const WABA: &str = "100000000000001";

    fn draft(name: &str, body: &str) -> Value {
        json!({"name": name, "language": "en", "category": "UTILITY", "components": [{"type": "BODY", "text": body}]})
    }

    #[test]
    fn a_review_takes_its_time_and_says_what_was_written_down() {
        let mut world = World::new(&SimulatorConfig::default());
        let waba = WabaId::from(WABA);
        let review_ms = world.policy.review_s * 1_000;
        world.submit_template(&waba, &draft("good", "Hello there."), 0).unwrap();
        world.submit_template(&waba, &draft("bad", "Hello you."), 0).unwrap();
        let category = Some(Category::Marketing);
        let verdict = Verdict { name: "bad".into(), language: None, approved: false, category, reason: None };
        world.script_verdict(verdict);
        assert!(world.review(review_ms - 1).is_empty());
        let told: Vec<_> = world.review(review_ms).into_iter().map(|update| update.value["event"].clone()).collect();
        assert_eq!(told, [json!("APPROVED"), Value::Null, json!("REJECTED")], "between them the new category");
        assert!(world.review(review_ms * 2).is_empty());
    }

    #[test]
    fn a_deleted_name_is_taken_for_thirty_days() {
        let mut world = World::new(&SimulatorConfig::default());
        let waba = WabaId::from(WABA);
        world.submit_template(&waba, &draft("good", "Hello there."), 0).unwrap();
        let again = |world: &mut World, at| world.submit_template(&waba, &draft("good", "Hello there."), at);
        assert_eq!(again(&mut world, 0).unwrap_err().subcode, Some(2_388_024));
        world.delete_templates(&waba, "good", None, 0).unwrap();
        assert_eq!(again(&mut world, RESERVED_MS - 1).unwrap_err().subcode, Some(2_388_023));
        assert!(again(&mut world, RESERVED_MS).is_ok());
    }

    #[test]
    fn what_meta_would_not_review_is_refused() {
        let mut world = World::new(&SimulatorConfig::default());
        let waba = WabaId::from(WABA);
        for body in ["", "{{1}} is here.", "It is {{1}}", "No example for {{1}} here."] {
            assert!(world.submit_template(&waba, &draft("x", body), 0).is_err(), "{body}");
        }
        assert!(world.submit_template(&waba, &draft("Not Small", "Hello."), 0).is_err());
    }
}
