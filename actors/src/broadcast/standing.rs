//! Whether what a broadcast was launched with still holds, and whether it may cost more: looked at with every look at the broadcast itself, so that neither a word that
//! was lost nor a change between its launch and its start passes by.

use std::collections::BTreeSet;

use engine::campaign::{Campaign, Launch, PauseReason};
use engine::ports::StoreError;
use engine::template::KeptTemplate;

use super::Desk;
use crate::seeded;

impl Desk {
    /// Why it must not go on; `None`: it may.
    pub(super) async fn held(&self, campaign: &Campaign) -> Result<Option<PauseReason>, StoreError> {
        if seeded::bug("let_templates_be") {
            return Ok(None);
        }
        let (store, plan) = (&self.actors.world.store, &campaign.plan);
        let numbers = store.numbers(self.tenant).await?.into_iter();
        let numbers = numbers.filter(|number| plan.numbers.contains(&number.phone_number_id));
        let accounts: BTreeSet<_> = numbers.map(|number| number.waba_id).collect();
        let in_use: Vec<_> = campaign.launch.iter().flat_map(Launch::templates_in_use).collect();
        for (waba, template) in accounts.iter().flat_map(|waba| in_use.iter().map(move |template| (waba, template))) {
            let id = KeptTemplate::id_of(self.tenant, waba, &template.name, &template.language);
            let kept = store.template(self.tenant, id).await?;
            if let Some(reason) = kept.and_then(|kept| campaign.held_by(&kept.template)) {
                return Ok(Some(reason));
            }
        }
        self.overspent(campaign).await
    }
}
