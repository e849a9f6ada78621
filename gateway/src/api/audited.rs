//! Entries of the audit log about what a request does.

use actix_web::HttpRequest;
use engine::access::Principal;
use engine::audit::{Action, AuditActor, AuditEntry, Origin};

use crate::app::App;

/// That this principal did it, now, from where the request comes.
pub fn entry(app: &App, request: &HttpRequest, principal: &Principal, action: Action) -> AuditEntry {
    let who = AuditActor::Member { id: principal.person.id, name: principal.person.name.clone() };
    let ip = request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default();
    let origin = Origin { ip, ..Origin::default() };
    AuditEntry::new(app.clock.now(), who, action).from(Some(&origin))
}
