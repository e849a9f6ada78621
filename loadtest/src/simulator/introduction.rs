//! People whom the business knows from before the simulator started.

use serde::Deserialize;

use super::world::World;
use crate::payload::{Bsuid, Phone, PhoneNumberId};

/// Somebody whom the business knows, and how the two stand.
#[derive(Clone, Debug, Deserialize)]
pub struct Introduction {
    #[serde(rename = "phone_number_id")]
    pub number: PhoneNumberId,
    /// None: the business knows the BSUID only; the simulator makes a phone up and shows it to nobody.
    pub phone: Option<Phone>,
    /// None: the simulator makes one, as for anybody.
    pub bsuid: Option<Bsuid>,
    /// None: the simulator makes one, as for anybody.
    pub name: Option<String>,
    pub username: Option<String>,
    /// When the window with this number ends or has ended; a window that reaches further stays as it is.
    pub window_until_ms: u64,
    /// The person answers now and then with one of these; with none, never.
    #[serde(default)]
    pub answers: Vec<String>,
}

impl World {
    /// False when the number does not exist here.
    pub(crate) fn introduce(&mut self, introduction: Introduction, now_ms: u64) -> bool {
        let Some(entry) = self.numbers.get(&introduction.number) else { return false };
        let portfolio = entry.portfolio.clone();
        let person = self.people.introduce(&portfolio, &introduction, now_ms);
        self.windows.open_until(&introduction.number, person, introduction.window_until_ms);
        if let Some(known) = self.people.person(person) {
            let phone = known.phone.clone();
            self.acquaintances.meet(introduction.number, person, phone, introduction.answers);
        }
        true
    }
}
