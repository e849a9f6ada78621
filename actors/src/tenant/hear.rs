//! What WhatsApp says of the account: numbers follow it, and people see it until they put it away.

use engine::alert::{About, AccountNews, Alert};
use engine::directory::NumberChange;
use engine::ports::StoreError;

use super::State;
use crate::seeded;

impl State {
    /// Everything in here may be done twice.
    pub(super) async fn hear(&self, news: AccountNews) -> Result<(), StoreError> {
        let world = &self.actors.world;
        let AccountNews { alert, about, change, template } = news;
        // First: a paused template is not sent while the rest is written.
        if let Some(template) = template {
            world.store.hear_template(self.tenant, template).await?;
            // Whatever the news say, and when they are heard again too: each broadcast looks at its own template.
            if !seeded::bug("tell_no_broadcast") {
                for campaign in world.store.campaigns_at_work(self.tenant).await? {
                    self.actors.campaign_changed(self.tenant, campaign);
                }
            }
        }
        let mut numbers = world.store.numbers(self.tenant).await?;
        numbers.retain(|number| about.covers(number));
        if change != NumberChange::default() {
            for number in &numbers {
                world.store.change_number(self.tenant, &number.phone_number_id, change.clone(), Vec::new()).await?;
            }
        }
        let Some(alert) = alert else { return Ok(()) };
        let of_one = match about {
            About::Display(_) | About::Number(_) => numbers.into_iter().next().map(|number| number.phone_number_id),
            About::Account(_) => None,
        };
        let alert = Alert { phone_number_id: alert.phone_number_id.clone().or(of_one), ..alert };
        if world.store.raise_alert(self.tenant, alert).await? {
            world.bus.alerts_changed(self.tenant);
        }
        Ok(())
    }
}
