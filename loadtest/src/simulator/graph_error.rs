//! Meta's refusals: one envelope, codes and titles of `meta-cloud-api.md` §4.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

use crate::payload::status::Failure;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GraphError {
    pub(crate) code: u32,
    pub(crate) subcode: Option<u32>,
    pub(crate) title: String,
    pub(crate) details: Option<String>,
}

impl GraphError {
    pub(crate) fn new(code: u32, details: impl Into<String>) -> Self {
        Self { code, subcode: None, title: title(code).into(), details: Some(details.into()) }
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new(131_008, format!("The parameter {parameter} is required."))
    }

    pub(crate) fn invalid(details: impl Into<String>) -> Self {
        Self::new(131_009, details)
    }

    pub(crate) fn no_token() -> Self {
        let title = "Invalid OAuth access token - Cannot parse access token";
        Self { code: 190, subcode: None, title: title.into(), details: None }
    }

    pub(crate) fn no_object(id: &str, method: &str) -> Self {
        let title = format!(
            "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation"
        );
        Self { code: 100, subcode: Some(33), title, details: None }
    }

    pub(crate) fn failure(&self) -> Failure {
        let details = self.details.clone().unwrap_or_else(|| self.title.clone());
        Failure { code: self.code, title: self.title.clone(), details }
    }

    pub(crate) fn response(&self, trace: u64) -> HttpResponse {
        let message = match self.code {
            190 => self.title.clone(),
            _ if self.subcode == Some(33) => self.title.clone(),
            code => format!("(#{code}) {}", self.title),
        };
        let kind = if self.subcode == Some(33) { "GraphMethodException" } else { "OAuthException" };
        let mut error = json!({
            "message": message, "type": kind, "code": self.code, "fbtrace_id": format!("A{trace:016x}SIM"),
        });
        if let (Some(details), Some(object)) = (&self.details, error.as_object_mut()) {
            object.insert("error_data".into(), json!({"messaging_product": "whatsapp", "details": details}));
        }
        if let (Some(subcode), Some(object)) = (self.subcode, error.as_object_mut()) {
            object.insert("error_subcode".into(), json!(subcode));
        }
        HttpResponse::build(status(self.code)).json(json!({"error": error}))
    }
}

fn status(code: u32) -> StatusCode {
    match code {
        0 | 190 => StatusCode::UNAUTHORIZED,
        10 | 200..=299 | 368 | 130_497 | 131_005 | 131_031 => StatusCode::FORBIDDEN,
        3 | 131_000 | 131_016 | 131_045 | 131_057 => StatusCode::INTERNAL_SERVER_ERROR,
        2 | 133_004 => StatusCode::SERVICE_UNAVAILABLE,
        132_001 => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn title(code: u32) -> &'static str {
    match code {
        100 => "Invalid parameter",
        80_007 => "Rate limit issues",
        130_429 => "Rate limit hit",
        130_472 => "User's number is part of an experiment",
        131_000 => "Something went wrong",
        131_008 => "Required parameter is missing",
        131_009 => "Parameter value is not valid",
        131_016 => "Service unavailable",
        131_021 => "Recipient cannot be sender",
        131_026 => "Message undeliverable",
        131_031 => "Business account locked",
        131_047 => "Re-engagement message",
        131_048 => "Spam rate limit hit",
        131_049 => "This message was not delivered to maintain healthy ecosystem engagement.",
        131_050 => {
            "Unable to deliver the message. This recipient has chosen to stop receiving marketing messages on WhatsApp \
             from your business"
        }
        131_051 => "Unsupported message type",
        131_052 => "Media download error",
        131_053 => "Media upload error",
        131_056 => "(Business Account, Consumer Account) pair rate limit hit",
        131_057 => "Account in maintenance mode",
        131_062 => "Business-scoped user id recipients are not supported for this message",
        132_000 => "Number of parameters does not match the expected number of params",
        132_001 => "Template name does not exist in the translation",
        132_005 => "Translated text too long",
        132_012 => "Parameter format does not match format in the created template",
        132_015 => "Template is paused",
        132_016 => "Template is disabled",
        133_005 => "Two step verification PIN Mismatch",
        133_010 => "Phone number Re-registration Needed",
        133_016 => "Account register deregister rate limit exceeded",
        _ => "Generic user error",
    }
}
