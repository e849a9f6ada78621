use engine::ports::FetchError;
use engine::template::{Template, TemplateStatus};

use super::{ActionKind, Check, CheckName};

pub(super) fn usable(templates: &Result<Vec<Template>, FetchError>) -> Check {
    let name = CheckName::Templates;
    let list = match templates {
        Ok(list) => list,
        Err(error) => return Check::unasked(name, "Templates", error),
    };
    if list.iter().all(|template| template.status != TemplateStatus::Approved) {
        let effect = "Nobody can be written to who has not written within the last 24 hours.";
        return Check::to_do(name, "The account has no approved template", effect)
            .button(ActionKind::CheckAgain)
            .by_hand("WhatsApp Manager, Message templates: make one and wait for its approval.");
    }
    let stopped: Vec<&Template> = list.iter().filter(|template| template.status.is_stopped()).collect();
    match stopped.as_slice() {
        [] => Check::fine(name, format!("{} templates, none stopped by WhatsApp", list.len())),
        [first, ..] => {
            let title = format!("{} of {} templates are stopped by WhatsApp", stopped.len(), list.len());
            Check::to_do(name, title, "They are not offered for sending. All others are.")
                .button(ActionKind::CheckAgain)
                .by_hand(format!(
                    "WhatsApp Manager, Message templates: look at \u{201c}{}\u{201d} ({}).",
                    first.name,
                    first.status.as_str().to_lowercase()
                ))
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::directory::CheckState;
    use engine::template::{Category, TemplateParts, TemplateQuality};

    use super::*;

    #[test]
    fn stopped_templates_are_named_and_reviews_are_not() {
        let template = |status: &str| Template {
            meta_id: None,
            name: "welcome".into(),
            language: "en".into(),
            category: Category::Utility,
            status: TemplateStatus::of(status),
            quality: TemplateQuality::Green,
            reason: None,
            parts: TemplateParts::default(),
        };
        for (statuses, state, says) in [
            (&["APPROVED", "PENDING"][..], CheckState::Fine, "2 templates"),
            (&["APPROVED", "PAUSED"][..], CheckState::ToDo, "1 of 2"),
            (&["PENDING"][..], CheckState::ToDo, "no approved"),
            (&[][..], CheckState::ToDo, "no approved"),
        ] {
            let check = usable(&Ok(statuses.iter().map(|status| template(status)).collect()));
            assert_eq!(check.state, state);
            assert!(check.title.contains(says), "{check:?}");
        }
        assert_eq!(usable(&Err(FetchError::Later(String::new()))).state, CheckState::ToDo);
    }
}
