//! Templates of an account: listed, submitted, edited and deleted.

#[cfg(test)]
mod golden;
mod read;
mod write;

use bytes::Bytes;
use engine::directory::Number;
use engine::id::MetaTemplateId;
use engine::ports::FetchError;
use engine::template::{Category, Template, TemplateStatus};
use serde_json::Value;

use super::GraphClient;
use super::answer;
use crate::meta::text::{LABEL_MAX, clean};

const FIELDS: &str = "id,name,language,category,status,quality_score,rejected_reason,parameter_format,components";
const PAGE: &str = "200";
/// An account has at most 6,000 templates.
const PAGES_MAX: usize = 40;

/// What Meta says of what was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    pub id: Option<MetaTemplateId>,
    pub status: TemplateStatus,
    /// Meta may choose another than was asked for.
    pub category: Option<Category>,
}

impl GraphClient {
    pub(super) async fn list_templates(&self, number: &Number) -> Result<Vec<Template>, FetchError> {
        let mut templates = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut url = self.url(&[number.waba_id.as_str(), "message_templates"]);
            url.query_pairs_mut().append_pair("fields", FIELDS).append_pair("limit", PAGE);
            if let Some(after) = &after {
                url.query_pairs_mut().append_pair("after", after);
            }
            let page = answer::read(self.get(url, number).await)?;
            let listed = page.get("data").and_then(Value::as_array);
            templates.extend(listed.into_iter().flatten().filter_map(read::template));
            // `next` is an address with the token in it; its cursor is enough.
            let cursor = page.pointer("/paging/cursors/after").and_then(Value::as_str).map(str::to_owned);
            if page.pointer("/paging/next").is_none() || cursor.is_none() || cursor == after {
                return Ok(templates);
            }
            after = cursor;
        }
        // What is cut off would be taken for deleted.
        Err(FetchError::Never("The account has more templates than Jetto reads.".to_owned()))
    }

    /// Goes into review.
    pub async fn create_template(&self, number: &Number, template: &Template) -> Result<Submitted, FetchError> {
        let body = write::created(template);
        let request = self.http.post(self.url(&[number.waba_id.as_str(), "message_templates"])).json(&body);
        Ok(submitted(&answer::read(self.call(request, number, self.config.send_timeout).await)?))
    }

    /// All of its parts are replaced; it goes into review again.
    pub async fn edit_template(
        &self,
        number: &Number,
        id: &MetaTemplateId,
        template: &Template,
    ) -> Result<Submitted, FetchError> {
        let request = self.http.post(self.url(&[id.as_str()])).json(&write::edited(template));
        Ok(submitted(&answer::read(self.call(request, number, self.config.send_timeout).await)?))
    }

    /// In this language only. Its name cannot be used again for 30 days.
    pub async fn delete_template(
        &self,
        number: &Number,
        id: &MetaTemplateId,
        template: &Template,
    ) -> Result<(), FetchError> {
        let mut url = self.url(&[number.waba_id.as_str(), "message_templates"]);
        url.query_pairs_mut().append_pair("hsm_id", id.as_str()).append_pair("name", &template.name);
        answer::read(self.call(self.http.delete(url), number, self.config.send_timeout).await)?;
        Ok(())
    }

    /// Ends a pause that pacing has made.
    pub async fn unpause_template(&self, number: &Number, id: &MetaTemplateId) -> Result<(), FetchError> {
        let request = self.http.post(self.url(&[id.as_str(), "unpause"]));
        answer::read(self.call(request, number, self.config.send_timeout).await)?;
        Ok(())
    }

    /// A sample for the reviewer of a header; its handle goes into the example. `app`: of the token.
    pub async fn upload_sample(
        &self,
        number: &Number,
        app: &str,
        mime: &str,
        bytes: Bytes,
    ) -> Result<String, FetchError> {
        let mut url = self.url(&[app, "uploads"]);
        url.query_pairs_mut()
            .append_pair("file_name", "sample")
            .append_pair("file_length", &bytes.len().to_string())
            .append_pair("file_type", mime);
        let begun = answer::read(self.call(self.http.post(url), number, self.config.send_timeout).await)?;
        let unsaid = || FetchError::Later("WhatsApp did not say where the sample goes.".to_owned());
        let session = begun.get("id").and_then(Value::as_str).filter(|id| id.starts_with("upload:"));
        let mut url = self.url(&[session.ok_or_else(unsaid)?]);
        // The session is part of the path as it is; its signature is a query.
        if let Some((path, query)) = session.and_then(|session| session.split_once('?')) {
            url = self.url(&[path]);
            url.set_query(Some(query));
        }
        let request = self.http.post(url).header("file_offset", "0").body(bytes);
        let request = request.header("Authorization", format!("OAuth {}", number.token));
        let stored = answer::read(answer::Answer::to(request.timeout(self.config.file_timeout)).await)?;
        stored.get("h").and_then(Value::as_str).map(str::to_owned).ok_or_else(unsaid)
    }
}

fn submitted(json: &Value) -> Submitted {
    let said = |key: &str| json.get(key).and_then(Value::as_str).map(|text| clean(text, LABEL_MAX));
    let id = said("id").or_else(|| json.get("id").and_then(Value::as_u64).map(|id| id.to_string()));
    Submitted {
        id: id.and_then(|id| id.parse().ok()),
        // An edit is answered with success alone.
        status: said("status").map_or(TemplateStatus::Pending, |status| TemplateStatus::of(&status)),
        category: said("category").map(|category| Category::of(&category)),
    }
}
