//! Errors as RFC 9457 problems: one text for people here, one for the log there.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use actors::CommandError;
use engine::ports::{FetchError, ListError, StoreError};
use engine::rejection::Rejection;
use serde::Serialize;

use super::outage::{self, Kind};
use crate::households::ChangeError;
use crate::metric;

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` names the kind.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: &'static str,
    pub status: u16,
    /// Stable word for programs.
    pub code: &'static str,
    /// For people: what happened and whether anything was lost.
    pub detail: String,
    /// For people: what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Seconds, for the header.
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            code,
            detail: detail.into(),
            action: None,
            retry_after: None,
        }
    }

    #[must_use]
    pub fn with_action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// In whole seconds, rounded up.
    #[must_use]
    pub fn retry_after(mut self, wait: std::time::Duration) -> Self {
        self.retry_after = Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        self
    }

    pub fn signed_out() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "signed_out",
            "You are not signed in, or your session has ended. Nothing was changed.",
        )
        .with_action("Sign in again.")
    }

    pub fn not_found() -> Self {
        Rejection::NotFound.into()
    }

    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    }

    pub fn foreign_origin() -> Self {
        Self::new(StatusCode::FORBIDDEN, "foreign_origin", "This request comes from another site. Nothing was changed.")
            .with_action("Use the address that the operator set as public_url.")
    }

    pub fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too much is going on right now. Nothing was changed.")
            .with_action("Try again in a moment.")
    }

    pub fn internal(log: &dyn std::fmt::Display) -> Self {
        Self::fault(Kind::Fault, log)
    }

    fn fault(kind: Kind, log: &dyn std::fmt::Display) -> Self {
        outage::refuse(kind, log);
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "This did not work because of a fault in Jetto. It was logged.",
        )
        .with_action("Try again. If it stays, tell the operator.")
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        metrics::counter!(metric::REFUSALS, "code" => self.code).increment(1);
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        if let Some(seconds) = self.retry_after.or((self.status == 503).then_some(1)) {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        response.body(serde_json::to_vec(self).unwrap_or_default())
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let text = rejection.to_string();
        match rejection {
            Rejection::NotFound => Self::new(StatusCode::NOT_FOUND, "not_found", text),
            Rejection::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", text)
                .with_action("Ask an admin of your organization for this permission."),
            Rejection::WindowClosed => Self::new(StatusCode::CONFLICT, "window_closed", text)
                .with_action("Choose a template, or wait for a reply."),
            Rejection::OptedOut => Self::new(StatusCode::CONFLICT, "opted_out", text)
                .with_action("Send something that is not marketing, or wait until they opt in again."),
            Rejection::Invalid(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", text),
            Rejection::BadTemplate(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_template", text),
            Rejection::AboveOwnRights => Self::new(StatusCode::FORBIDDEN, "above_own_rights", text)
                .with_action("Ask somebody who has these permissions."),
            Rejection::LastOwner => {
                Self::new(StatusCode::CONFLICT, "last_owner", text).with_action("Make somebody else an owner first.")
            }
            Rejection::Taken(_) => Self::new(StatusCode::CONFLICT, "taken", text),
            Rejection::InUse(_) => Self::new(StatusCode::CONFLICT, "in_use", text),
            Rejection::LinkExpired => {
                Self::new(StatusCode::GONE, "link_expired", text).with_action("Ask whoever sent it for a new one.")
            }
            Rejection::LeftOut(skip) => Self::new(StatusCode::CONFLICT, skip.key(), text),
            Rejection::WrongState(_) => Self::new(StatusCode::CONFLICT, "wrong_state", text),
            Rejection::NotTheAuthor => Self::new(StatusCode::FORBIDDEN, "not_the_author", text),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::busy(),
            StoreError::Unavailable(_) => Self::fault(Kind::StoreAway, &error),
            StoreError::Corrupt(_) => Self::fault(Kind::Unreadable, &error),
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Rejected(rejection) => rejection.into(),
            ChangeError::Store(error) => error.into(),
        }
    }
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        match error {
            ListError::BadCursor => {
                Self::new(StatusCode::BAD_REQUEST, "bad_cursor", "The cursor is not one of this list.")
                    .with_action("Start again without a cursor.")
            }
            ListError::Store(error) => error.into(),
        }
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Rejected(rejection) => rejection.into(),
            CommandError::Busy => Self::busy(),
            CommandError::Store(error) => error.into(),
            CommandError::Crashed => Self::fault(Kind::Crash, &error),
        }
    }
}

impl From<FetchError> for Problem {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Later(reason) => {
                tracing::warn!(%reason, "WhatsApp did not answer");
                Self::new(StatusCode::BAD_GATEWAY, "meta_unavailable", "WhatsApp did not answer. Nothing was changed.")
                    .with_action("Try again in a minute.")
            }
            FetchError::Never(reason) => Self::new(StatusCode::BAD_GATEWAY, "meta_refused", reason),
        }
    }
}
