//! What broadcasts sent to the person of a conversation. A history does not hold it, see [`Campaign::message_to`].

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use actix_web::{HttpRequest, web};
use engine::campaign::Campaign;
use engine::id::{CampaignId, ConversationId};
use engine::message::Message;
use engine::permission::Permission;
use serde::Serialize;

use super::conversations::visible;
use super::lists::List;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::masking::Also;

/// The newest ones; older ones are only in the reports of their broadcasts.
const SHOWN_MAX: u32 = 50;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CampaignMessage {
    message: Message,
    /// `null` for who may not see broadcasts.
    campaign: Option<CampaignName>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CampaignName {
    id: CampaignId,
    name: String,
}

/// What broadcasts sent from its number to its person, newest first; at most the newest 50
#[utoipa::path(get, path = "/api/v1/conversations/{id}/campaign-messages", params(("id" = String, Path)),
    responses((status = 200, body = List<CampaignMessage>), (status = 404, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ConversationId>,
) -> Result<web::Json<List<CampaignMessage>>, Problem> {
    let (tenant, may_see) = (signed.0.tenant, signed.0.require(Permission::CampaignsRead).is_ok());
    let contact = visible(&app, &signed.0, *id).await?.contact;
    Also::hide(&request, &contact);
    let mut campaigns: BTreeMap<CampaignId, Option<Campaign>> = BTreeMap::new();
    let mut items = Vec::new();
    for (campaign, row) in app.store.sent_to(tenant, contact.id, SHOWN_MAX).await? {
        let campaign = match campaigns.entry(campaign) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(app.store.campaign(tenant, campaign).await?),
        };
        let Some(campaign) = campaign else { continue };
        let Some(message) = campaign.message_to(tenant, &row) else { continue };
        if message.conversation_id == *id {
            let name = || CampaignName { id: campaign.id, name: campaign.name.clone() };
            items.push(CampaignMessage { message, campaign: may_see.then(name) });
        }
    }
    Ok(web::Json(items.into()))
}
