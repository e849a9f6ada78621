//! What customers and businesses say to each other: small dialogues, a file per language, a list per business.
//! `{name}` is the customer's first name, `{day}` `{time}` `{order}` `{price}` are drawn once per dialogue.

mod arabic;
mod english;
mod french;
mod hindi;
mod portuguese;
mod spanish;

use super::chance::Chance;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Language {
    English,
    Portuguese,
    Arabic,
    Hindi,
    French,
    Spanish,
}

/// One message of a dialogue. `In` is the customer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Line {
    In(&'static str),
    Out(&'static str),
    /// The customer taps a button of the template before.
    Tap(&'static str),
    /// The customer picks a row of a list: title and description.
    Pick(&'static str, &'static str),
    /// Name, body, buttons.
    Template(&'static str, &'static str, &'static [&'static str]),
    /// The customer sends where they are.
    Place(&'static str),
    /// The business sends where it is.
    Address(&'static str),
    /// The business sends a contact card.
    Card(&'static str),
    /// The customer orders from the catalog.
    Order(&'static str),
}

pub(super) type Dialogue = &'static [Line];

/// The words of one language. `businesses` in the order of `cast::NUMBERS`.
pub(super) struct Bank {
    pub(super) code: &'static str,
    pub(super) first_names: &'static [&'static str],
    pub(super) last_names: &'static [&'static str],
    pub(super) days: &'static [&'static str],
    pub(super) businesses: [&'static [Dialogue]; 4],
    /// Captions of the customers' pictures, by business.
    pub(super) captions: [&'static str; 4],
    /// What an agent says when sending a file.
    pub(super) file: (&'static str, &'static str),
    /// How customers close.
    pub(super) thanks: &'static [&'static str],
}

impl Language {
    /// Where the customers of these businesses come from, in percent.
    pub(super) fn drawn(chance: &mut Chance) -> Self {
        match chance.below(100) {
            0..=27 => Self::Portuguese,
            28..=51 => Self::English,
            52..=65 => Self::Hindi,
            66..=78 => Self::Arabic,
            79..=90 => Self::Spanish,
            _ => Self::French,
        }
    }

    pub(super) fn bank(self) -> &'static Bank {
        match self {
            Self::English => &english::BANK,
            Self::Portuguese => &portuguese::BANK,
            Self::Arabic => &arabic::BANK,
            Self::Hindi => &hindi::BANK,
            Self::French => &french::BANK,
            Self::Spanish => &spanish::BANK,
        }
    }
}

/// The values of one dialogue.
pub(super) struct Values {
    pub(super) name: String,
    day: &'static str,
    time: String,
    order: String,
    price: String,
}

impl Values {
    pub(super) fn drawn(bank: &'static Bank, name: String, chance: &mut Chance) -> Self {
        Self {
            name,
            day: chance.pick(bank.days, ""),
            time: format!("{:02}:{:02}", chance.between(8, 18), chance.pick(&[0, 15, 20, 30, 45], 0)),
            order: format!("{}-{}", chance.between(40, 48), chance.between(2000, 2999)),
            price: format!("${}", chance.between(18, 240)),
        }
    }

    pub(super) fn fill(&self, text: &str) -> String {
        if !text.contains('{') {
            return text.to_owned();
        }
        text.replace("{name}", &self.name)
            .replace("{day}", self.day)
            .replace("{time}", &self.time)
            .replace("{order}", &self.order)
            .replace("{price}", &self.price)
    }

    /// The values that a text uses, in order.
    pub(super) fn used(&self, text: &str) -> Vec<String> {
        let all = [
            ("{name}", self.name.as_str()),
            ("{day}", self.day),
            ("{time}", &self.time),
            ("{order}", &self.order),
            ("{price}", &self.price),
        ];
        let mut found: Vec<_> =
            all.iter().filter_map(|(mark, value)| text.find(mark).map(|place| (place, *value))).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, value)| value.to_owned()).collect()
    }
}
