use engine::id::{TemplateId, WabaId};
use engine::ports::Store;
use engine::template::{
    Category, KeptTemplate, Template, TemplateChange, TemplateNews, TemplateParts, TemplateQuality, TemplateStatus,
};
use engine::time::{Span, Timestamp};

use crate::fixture::*;

const LATER: Span = Span::seconds(3_600);

pub(crate) fn waba() -> WabaId {
    "100000000000001".parse().unwrap()
}

pub(crate) fn template(name: &str, status: TemplateStatus) -> Template {
    Template {
        meta_id: (status != TemplateStatus::Draft).then(|| "300".parse().unwrap()),
        name: name.into(),
        language: "en".into(),
        category: Category::Utility,
        status,
        quality: TemplateQuality::Green,
        reason: None,
        parts: TemplateParts { body: format!("Hello from {name}."), ..TemplateParts::default() },
    }
}

fn approved(name: &str) -> Template {
    template(name, TemplateStatus::Approved)
}

fn id(name: &str) -> TemplateId {
    KeptTemplate::id_of(TENANT, &waba(), name, "en")
}

fn paused(name: &str, at: Timestamp) -> TemplateNews {
    let change = TemplateChange::Status { status: TemplateStatus::Paused, reason: Some("Low.".into()), category: None };
    TemplateNews { waba: waba(), name: name.into(), language: "en".into(), change, at }
}

async fn states(store: &impl Store) -> Vec<(String, TemplateStatus)> {
    let all = store.templates(TENANT, &waba()).await.unwrap();
    all.into_iter().map(|kept| (kept.template.name, kept.template.status)).collect()
}

fn state(name: &str, status: TemplateStatus) -> (String, TemplateStatus) {
    (name.to_owned(), status)
}

/// In a store and in the model that it is compared with.
pub(crate) async fn fill(store: &impl Store) {
    store.sync_templates(TENANT, &waba(), vec![approved("b")], NOW).await.unwrap();
    store.sync_templates(TENANT, &waba(), vec![approved("b"), approved("a")], NOW.plus(LATER)).await.unwrap();
    store.hear_template(TENANT, paused("b", NOW.plus(LATER))).await.unwrap();
}

pub(crate) async fn a_whole_list_brings_changes_and_marks_what_is_gone(store: &impl Store) {
    let other: WabaId = "100000000000002".parse().unwrap();
    assert_eq!(store.templates_synced_at(TENANT, &waba()).await, Ok(None));
    let listed = vec![approved("c"), approved("a"), approved("b")];
    assert_eq!(store.sync_templates(TENANT, &waba(), listed.clone(), NOW).await, Ok(3));
    assert_eq!(store.sync_templates(TENANT, &waba(), listed, NOW).await, Ok(0), "nothing is new");
    assert_eq!(store.sync_templates(TENANT, &other, vec![approved("z")], NOW).await, Ok(1));
    assert_eq!(store.templates_synced_at(TENANT, &waba()).await, Ok(Some(NOW)));
    let later = NOW.plus(LATER);
    let listed = vec![approved("a"), template("b", TemplateStatus::Disabled)];
    assert_eq!(store.sync_templates(TENANT, &waba(), listed, later).await, Ok(2));
    let expected = [
        state("a", TemplateStatus::Approved),
        state("b", TemplateStatus::Disabled),
        state("c", TemplateStatus::Deleted),
    ];
    assert_eq!(states(store).await, expected);
    assert_eq!(store.templates_synced_at(TENANT, &waba()).await, Ok(Some(later)));
    assert_eq!(store.templates(TENANT, &other).await.unwrap().len(), 1, "another account is untouched");
}

pub(crate) async fn news_change_a_template_at_once_and_an_old_list_does_not_undo_it(store: &impl Store) {
    assert_eq!(store.hear_template(TENANT, paused("a", NOW)).await, Ok(None), "nobody knows it");
    store.sync_templates(TENANT, &waba(), vec![approved("a")], NOW).await.unwrap();
    let at = NOW.plus(Span::seconds(5));
    let heard = store.hear_template(TENANT, paused("a", at)).await.unwrap().unwrap();
    assert_eq!(store.template(TENANT, id("a")).await, Ok(Some(heard.clone())));
    assert_eq!(heard.template.status, TemplateStatus::Paused);
    assert_eq!(store.hear_template(TENANT, paused("a", at)).await, Ok(None), "a redelivery");
    assert_eq!(store.sync_templates(TENANT, &waba(), vec![approved("a")], at).await, Ok(0), "it was asked before");
    assert_eq!(states(store).await, [state("a", TemplateStatus::Paused)]);
    store.sync_templates(TENANT, &waba(), vec![approved("a")], at.plus(LATER)).await.unwrap();
    assert_eq!(states(store).await, [state("a", TemplateStatus::Approved)]);
}

pub(crate) async fn a_draft_is_written_over_its_own_revision(store: &impl Store) {
    let draft = KeptTemplate::new(TENANT, &waba(), template("d", TemplateStatus::Draft), NOW);
    assert_eq!(store.put_template(TENANT, draft.clone(), vec![entry("1")]).await, Ok(true));
    assert_eq!(store.put_template(TENANT, draft.clone(), vec![entry("1")]).await, Ok(true), "a repeat");
    assert_eq!(audited(store, TENANT).await, 1);
    let next = draft.rewritten(approved("d"), NOW.plus(LATER));
    assert_eq!(store.put_template(TENANT, next.clone(), vec![entry("2")]).await, Ok(true));
    let rival = draft.rewritten(template("d", TemplateStatus::Deleted), NOW);
    assert_eq!(store.put_template(TENANT, rival, vec![entry("3")]).await, Ok(false));
    assert_eq!(store.put_template(TENANT, draft, vec![entry("4")]).await, Ok(false));
    assert_eq!(audited(store, TENANT).await, 2);
    assert_eq!(store.template(TENANT, id("d")).await, Ok(Some(next)));
    store.sync_templates(TENANT, &waba(), vec![], NOW).await.unwrap();
    assert_eq!(states(store).await, [state("d", TemplateStatus::Approved)], "it was submitted after that list");
}

pub(crate) async fn templates_are_one_organizations(store: &impl Store) {
    store.sync_templates(TENANT, &waba(), vec![approved("a")], NOW).await.unwrap();
    assert_eq!(store.templates(OTHER, &waba()).await, Ok(vec![]));
    assert_eq!(store.template(OTHER, id("a")).await, Ok(None));
    assert_eq!(store.hear_template(OTHER, paused("a", NOW)).await, Ok(None));
    assert_eq!(store.templates_synced_at(OTHER, &waba()).await, Ok(None));
    store.sync_templates(OTHER, &waba(), vec![], NOW.plus(LATER)).await.unwrap();
    assert_eq!(states(store).await, [state("a", TemplateStatus::Approved)]);
}
