//! What WhatsApp tells of one person leads to two contacts: they become one, or the number moves. See ADR 0023.

use engine::audit::{Action, AuditActor, AuditEntry};
use engine::contact::{Clash, Contact, Settlement, settle};
use engine::directory::Person;
use engine::id::ContactId;
use engine::identity::Identities;
use engine::ports::{Merged, Merger, Mover, Resolved, StoreError};

use super::State;
use crate::seeded;

/// A webhook has three keys, so there are two clashes at most; more come up only while others change the same contacts.
const SETTLES_MAX: usize = 4;

impl State {
    /// Whose it is, after whatever it says of two contacts is settled. What a death leaves in between is seen again by the next webhook.
    pub(super) async fn resolve(
        &self,
        portfolio: &str,
        told: &Identities,
        former: Option<&Identities>,
    ) -> Result<Resolved, StoreError> {
        let store = &self.actors.world.store;
        let mut resolved = store.resolve(self.tenant, portfolio, told, former).await?;
        for _ in 0..SETTLES_MAX {
            let Some(clash) = resolved.clashes.first() else { break };
            if seeded::bug("let_two_contacts_be")
                || !self.settle_clash(portfolio, told, &resolved.contact, clash).await?
            {
                break;
            }
            resolved = store.resolve(self.tenant, portfolio, told, former).await?;
        }
        Ok(resolved)
    }

    /// `false`: it stays as it is.
    async fn settle_clash(
        &self,
        portfolio: &str,
        told: &Identities,
        found: &Contact,
        clash: &Clash,
    ) -> Result<bool, StoreError> {
        match settle(found, told, clash) {
            Settlement::Merge { kept, other } => {
                let other = if clash.contact.id == other { &clash.contact } else { found };
                self.merge(kept, other).await
            }
            Settlement::Move { from } => {
                let (portfolio, told) = (portfolio.to_owned(), told.clone());
                self.move_number(&clash.contact, Mover { from, portfolio, told }).await
            }
        }
    }

    async fn merge(&self, kept: ContactId, other: &Contact) -> Result<bool, StoreError> {
        let at = self.actors.world.clock.now();
        let said = AuditEntry::new(at, AuditActor::System, Action::ContactsMerged)
            .on(&kept)
            .with("other", &other.id)
            .with("name", &other.masked());
        let merger = Merger { kept, other: other.id, by: Person::SYSTEM, at };
        match self.actors.world.store.merge_contacts(self.tenant, merger, vec![said]).await? {
            Merged::Merged(kept) | Merged::Known(kept) => {
                // What cannot be told now is seen at the next message.
                if let Err(error) = self.actors.know(self.tenant, &kept, None).await {
                    tracing::warn!(%error, "a conversation does not know yet that its contact was merged");
                }
                Ok(true)
            }
            // Somebody else has changed them meanwhile.
            Merged::Unknown => Ok(true),
            Merged::Refused(refused) => {
                tracing::warn!(%refused, "two contacts of one person stay two");
                Ok(false)
            }
        }
    }

    /// Their conversations first: nobody may write there to whoever has the number now.
    async fn move_number(&self, from: &Contact, mover: Mover) -> Result<bool, StoreError> {
        let Some(number) = &mover.told.wa_id else { return Ok(false) };
        let mut left = from.clone();
        left.lose_number(number);
        let told = self.actors.know(self.tenant, &left, Some(number)).await;
        told.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let said = AuditEntry::new(self.actors.world.clock.now(), AuditActor::System, Action::ContactNumberMoved)
            .on(&from.id)
            .with("name", &from.masked());
        self.actors.world.store.move_number(self.tenant, mover, vec![said]).await?;
        self.actors.contact_changed();
        Ok(true)
    }
}
