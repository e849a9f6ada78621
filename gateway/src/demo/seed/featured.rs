//! The first page of Rafael's inbox, written by hand.

mod marina;
mod others;

use engine::content::{Content, TemplateContent};
use engine::conversation::ConversationStatus;
use engine::id::InvalidId;
use engine::identity::Identities;

use super::people::Customer;
use super::phrases::Language;
use super::scene::Scene;
use super::thread::{Story, Thread};

pub(super) struct Featured {
    name: Option<&'static str>,
    username: Option<&'static str>,
    phone: Option<&'static str>,
    bsuid: Option<&'static str>,
    pub(super) language: Language,
    /// The business that the written conversation is with.
    pub(super) number: usize,
    unread: u32,
    write: fn(&Scene, &mut Thread<'_>) -> Result<(), InvalidId>,
}

const NOBODY: Featured = Featured {
    name: None,
    username: None,
    phone: None,
    bsuid: None,
    language: Language::English,
    number: 0,
    unread: 0,
    write: marina::write,
};

/// In the order of the list.
pub(super) const PEOPLE: &[Featured] = &[
    Featured {
        name: Some("Marina Duarte"),
        username: Some("marina.duarte"),
        bsuid: Some("BR.13491208655302741918"),
        language: Language::Portuguese,
        unread: 3,
        ..NOBODY
    },
    Featured {
        name: Some("Aarav Deshpande"),
        phone: Some("915000090002"),
        bsuid: Some("IN.20881734410956230117"),
        language: Language::Hindi,
        number: 1,
        unread: 1,
        write: others::aarav,
        ..NOBODY
    },
    Featured {
        name: Some("Yasmine Mansour"),
        username: Some("yasmine.mansour"),
        bsuid: Some("EG.13491208655302741164"),
        language: Language::Arabic,
        number: 2,
        unread: 2,
        write: others::yasmine,
        ..NOBODY
    },
    Featured { phone: Some("12025550117"), number: 1, unread: 1, write: others::stranger, ..NOBODY },
    Featured {
        name: Some("Beatriz Lacerda"),
        phone: Some("5511900090005"),
        bsuid: Some("BR.55120098137745561202"),
        language: Language::Portuguese,
        write: others::beatriz,
        ..NOBODY
    },
    Featured {
        name: Some("Camille Rousseau"),
        username: Some("camille.r"),
        phone: Some("33639989006"),
        bsuid: Some("FR.71120456630091882345"),
        language: Language::French,
        number: 2,
        write: others::camille,
        ..NOBODY
    },
    Featured {
        name: Some("Kwame Boateng"),
        phone: Some("12025550131"),
        bsuid: Some("US.90017736455120098833"),
        number: 1,
        write: others::kwame,
        ..NOBODY
    },
    Featured {
        name: Some("Ananya Iyer"),
        phone: Some("915000090008"),
        bsuid: Some("IN.33019845567120983412"),
        language: Language::Hindi,
        number: 3,
        write: others::ananya,
        ..NOBODY
    },
    Featured {
        name: Some("Mateo Villalobos"),
        phone: Some("34799009009"),
        bsuid: Some("ES.64450019927731558062"),
        language: Language::Spanish,
        number: 1,
        write: others::mateo,
        ..NOBODY
    },
    Featured {
        name: Some("Tarek El-Sayed"),
        username: Some("tarek.elsayed"),
        bsuid: Some("EG.88031264417709125530"),
        language: Language::Arabic,
        number: 2,
        write: others::tarek,
        ..NOBODY
    },
    Featured {
        name: Some("Luiza Prado"),
        phone: Some("5511900090011"),
        language: Language::Portuguese,
        write: others::luiza,
        ..NOBODY
    },
    Featured {
        name: Some("Rohan Kulkarni"),
        phone: Some("915000090012"),
        bsuid: Some("IN.47710093356812240971"),
        language: Language::Hindi,
        number: 1,
        write: others::rohan,
        ..NOBODY
    },
];

impl Featured {
    pub(super) fn first_name(&self) -> String {
        self.name.and_then(|name| name.split(' ').next()).unwrap_or("Avery").to_owned()
    }

    pub(super) fn identities(&self) -> Result<Identities, InvalidId> {
        Ok(Identities {
            bsuid: self.bsuid.map(str::parse).transpose()?,
            wa_id: self.phone.map(str::parse).transpose()?,
            name: self.name.map(str::to_owned),
            username: self.username.map(str::to_owned),
            ..Identities::default()
        })
    }
}

/// The written conversation of the `index`-th person.
pub(super) fn story(scene: &Scene, index: usize) -> Result<Story, InvalidId> {
    let person = PEOPLE.get(index).unwrap_or(&NOBODY);
    let mut thread = Thread::new(scene, &Customer::of(scene, index)?, person.number)?;
    (person.write)(scene, &mut thread)?;
    Ok(thread.finish(ConversationStatus::Open, scene.staff(0), person.unread))
}

fn text(body: &str) -> Content {
    Content::Text { body: body.to_owned() }
}

fn template(name: &str, language: Language, body: &str, buttons: &[&str], parameters: &[&str]) -> Content {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Content::Template(TemplateContent {
        name: name.to_owned(),
        language: language.bank().code.to_owned(),
        category: "UTILITY".to_owned(),
        header: None,
        body: body.to_owned(),
        footer: None,
        buttons: owned(buttons),
        cards: Vec::new(),
        parameters: owned(parameters),
    })
}

const fn minutes(minutes: i64) -> i64 {
    minutes * 60_000
}

const fn hours(hours: i64) -> i64 {
    minutes(hours * 60)
}
