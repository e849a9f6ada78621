//! Where and when it plays: the organization's numbers and the people who answer.

use engine::directory::{NumberRef, Person, RoleId};
use engine::id::{InvalidId, TenantId};
use engine::permission::Role;
use engine::time::{Span, Timestamp};

use crate::demo::cast;

pub(super) struct Scene {
    pub(super) tenant: TenantId,
    pub(super) seed: u64,
    pub(super) now: Timestamp,
    numbers: Vec<NumberRef>,
    staff: Vec<Person>,
}

/// Who answers customers; the place of each in [`Scene::staff`].
const ANSWERING: [Role; 5] = [Role::Agent, Role::Supervisor, Role::Admin, Role::Marketer, Role::Owner];

impl Scene {
    pub(super) fn new(seed: u64, now: Timestamp) -> Result<Self, InvalidId> {
        let organization = cast::clinic();
        let household = cast::household(&organization, now);
        let answering = |role: &Role| household.members.values().find(|member| member.role == RoleId::Default(*role));
        Ok(Self {
            tenant: organization.id,
            seed,
            now,
            numbers: cast::numbers(&organization)?.iter().map(engine::directory::Number::reference).collect(),
            staff: ANSWERING.iter().filter_map(answering).map(engine::directory::Member::person).collect(),
        })
    }

    pub(super) fn number(&self, index: usize) -> Result<NumberRef, InvalidId> {
        self.numbers.get(index).cloned().ok_or(InvalidId { kind: "number of the demo" })
    }

    /// 0 Rafael, 1 Lina, 2 Omar, 3 Priya, 4 Helena.
    pub(super) fn staff(&self, index: usize) -> Option<Person> {
        self.staff.get(index).cloned()
    }

    pub(super) fn ago(&self, milliseconds: i64) -> Timestamp {
        self.now.minus(Span(milliseconds))
    }
}
