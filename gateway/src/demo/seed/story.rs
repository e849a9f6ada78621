//! A conversation out of dialogues: the newest one whole or, where somebody still has to answer, cut off; older ones
//! before it, down to the length that was asked for.

use engine::content::{ChoiceKind, Content, OrderItem, SharedContact, TemplateContent};
use engine::conversation::ConversationStatus;
use engine::directory::Person;
use engine::id::InvalidId;
use engine::message::{Direction, Reaction, ReactionFrom, Referral};
use engine::time::Timestamp;

use super::chance::Chance;
use super::files::{File, Motif, missing_video};
use super::people::Customer;
use super::phrases::{Bank, Dialogue, Line, Values};
use super::scene::Scene;
use super::thread::{Reached, Story, Thread};
use crate::meta::failure;

/// What is asked for.
pub(super) struct Plan {
    pub(super) number: usize,
    pub(super) length: usize,
    /// Age of the newest message in milliseconds.
    pub(super) age: i64,
    pub(super) status: ConversationStatus,
    pub(super) assignee: Option<Person>,
    pub(super) with_file: bool,
}

struct Writer<'a> {
    scene: &'a Scene,
    customer: &'a Customer,
    plan: &'a Plan,
    bank: &'static Bank,
    thread: Thread<'a>,
    chance: Chance,
}

/// A line with its age and which values it is filled with.
struct Moment {
    age: i64,
    line: Line,
    dialogue: usize,
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

pub(super) fn story(scene: &Scene, customer: &Customer, plan: &Plan) -> Result<Story, InvalidId> {
    let bank = customer.language.bank();
    let mut chance = Chance::new(scene.seed, "story", customer.index * super::NUMBERS + plan.number);
    let moments = moments(bank, plan, &mut chance);
    let dialogues = moments.first().map_or(0, |oldest| oldest.dialogue + 1);
    let values: Vec<Values> =
        (0..dialogues).map(|_| Values::drawn(bank, customer.first_name.clone(), &mut chance)).collect();
    let file_at = if plan.with_file { Some(moments.len().saturating_sub(1 + chance.below(3))) } else { None };
    let mut writer = Writer { scene, customer, plan, bank, thread: Thread::new(scene, customer, plan.number)?, chance };
    for (place, moment) in moments.iter().enumerate() {
        let Some(values) = values.get(moment.dialogue) else { continue };
        writer.write(moment, values, file_at == Some(place))?;
    }
    Ok(writer.finish())
}

/// Oldest first.
fn moments(bank: &'static Bank, plan: &Plan, chance: &mut Chance) -> Vec<Moment> {
    let dialogues: &[Dialogue] = bank.businesses.get(plan.number).copied().unwrap_or_default();
    let start = chance.below(dialogues.len());
    let mut moments = Vec::with_capacity(plan.length);
    let mut age = plan.age;
    for (dialogue, lines) in dialogues.iter().cycle().skip(start).enumerate() {
        let open = dialogue == 0 && plan.status == ConversationStatus::Open;
        let until = if open { 1 + chance.below(lines.len()) } else { lines.len() };
        // Answered at the last moment: the window is about to close.
        let late = open && plan.age < DAY && chance.percent(8);
        if !open && matches!(lines.last(), Some(Line::Out(_))) && chance.percent(45) && moments.len() < plan.length {
            moments.push(Moment { age, line: Line::In(chance.pick(bank.thanks, "👍")), dialogue });
            age += chance.between(15_000, 4 * MINUTE);
        }
        for (place, line) in lines.iter().take(until).rev().enumerate() {
            if moments.len() == plan.length {
                moments.reverse();
                return moments;
            }
            moments.push(Moment { age, line: *line, dialogue });
            age += chance.between(20_000, 7 * MINUTE);
            if late && place == 0 && matches!(line, Line::Out(_)) {
                age = age.max(DAY - chance.between(2, 110) * MINUTE);
            }
        }
        age += chance.between(4, 55) * DAY + chance.between(0, 600) * MINUTE;
        if dialogues.is_empty() {
            break;
        }
    }
    moments
}

impl Writer<'_> {
    fn write(&mut self, moment: &Moment, values: &Values, with_file: bool) -> Result<(), InvalidId> {
        let at = self.scene.ago(moment.age);
        match moment.line {
            Line::In(words) if with_file => self.say_file(at, words, values),
            Line::Out(words) if with_file => self.answer_file(at, words, values),
            Line::In(words) => self.say(at, &values.fill(words)),
            Line::Out(words) => self.answer(at, Content::Text { body: values.fill(words) }),
            Line::Tap(title) => self.say_content(at, choice(ChoiceKind::TemplateButton, title, None)),
            Line::Pick(title, about) => self.say_content(at, choice(ChoiceKind::List, title, Some(about))),
            Line::Template(name, body, buttons) => {
                let content = template(self.bank, name, body, buttons, values);
                self.answer(at, content)
            }
            Line::Place(name) => {
                let content = place(name, &mut self.chance);
                self.say_content(at, content)
            }
            Line::Address(name) => self.answer(
                at,
                Content::Location {
                    latitude: -23.566_1,
                    longitude: -46.682_5,
                    name: Some(name.to_owned()),
                    address: Some("Rua dos Pinheiros, 870".to_owned()),
                    url: Some("https://clinica-aurora.example".to_owned()),
                },
            ),
            Line::Card(name) => self.answer(at, card(name)),
            Line::Order(words) => {
                let content = order(words, &mut self.chance);
                self.say_content(at, content)
            }
        }
    }

    fn say_content(&mut self, at: Timestamp, content: Content) -> Result<(), InvalidId> {
        self.thread.say(at, content).map(drop)
    }

    /// Mostly the words; now and then what else happens in a thread.
    fn say(&mut self, at: Timestamp, words: &str) -> Result<(), InvalidId> {
        let text = Content::Text { body: words.to_owned() };
        let content = match self.chance.below(1000) {
            0..=2 => Content::Unsupported {
                kind: Some("unsupported".to_owned()),
                code: Some(131_051),
                detail: Some("Message type is currently not supported.".to_owned()),
            },
            3 | 4 => Content::System { kind: "missed_call".to_owned(), body: "Missed voice call".to_owned() },
            5 | 6 => Content::System {
                kind: "user_changed_number".to_owned(),
                body: format!("{} changed their phone number", self.customer.first_name),
            },
            7 | 8 => Content::Reaction { emoji: Some("👍".to_owned()), target: None },
            9 | 10 => Content::Choice {
                kind: ChoiceKind::Flow,
                id: None,
                title: "Form sent".to_owned(),
                description: Some("3 answers".to_owned()),
            },
            _ => text,
        };
        let first = self.thread.len() == 0 && self.chance.percent(3);
        let (forwarded, edited, revoked) = (self.chance.permille(12), self.chance.permille(8), self.chance.permille(5));
        let (reaction, quotes) = (self.chance.permille(18), self.chance.percent(3));
        let emoji = self.chance.pick(&["👍", "❤️", "🙏", "😊"], "👍");
        let message = self.thread.say(at, content)?;
        let is_text = matches!(message.content, Content::Text { .. });
        message.forwarded = forwarded && is_text;
        message.edited = edited && is_text;
        message.referral = first.then(|| referral(self.plan.number));
        if revoked && is_text {
            message.content = Content::Text { body: String::new() };
            message.revoked = true;
        } else if reaction {
            message.reactions.push(Reaction { from: ReactionFrom::Business, emoji: emoji.to_owned() });
        }
        if quotes && !revoked {
            self.thread.quote(1);
        }
        Ok(())
    }

    fn answer(&mut self, at: Timestamp, content: Content) -> Result<(), InvalidId> {
        let author = self.author();
        let reached = self.reached();
        let (reacts, quotes) = (self.chance.percent(4), self.chance.percent(7));
        let emoji = self.chance.pick(&["👍", "❤️", "🙏", "😂", "🎉"], "👍");
        let may_quote = matches!(content, Content::Text { .. });
        let arrived = matches!(reached, Reached::Read | Reached::Delivered);
        let message = self.thread.answer(at, content, author, reached)?;
        if reacts && arrived {
            message.reactions.push(Reaction { from: ReactionFrom::Customer, emoji: emoji.to_owned() });
        }
        if quotes && may_quote {
            self.thread.quote(1);
        }
        Ok(())
    }

    /// Mostly who has the conversation; rarely nobody, when it was sent from the phone app.
    fn author(&mut self) -> Option<Person> {
        match self.chance.below(20) {
            0 => None,
            1..=5 => self.scene.staff(self.chance.below(5)),
            _ => self.plan.assignee.clone().or_else(|| self.scene.staff(self.chance.below(5))),
        }
    }

    fn reached(&mut self) -> Reached {
        let failed = |code| Reached::Failed(failure::describe(Some(code), None));
        match self.chance.below(1000) {
            0..=3 => failed(131_026),
            4..=5 => failed(131_049),
            6..=7 => Reached::Refused(failure::describe(Some(131_047), None)),
            8 => failed(131_053),
            9 => failed(131_050),
            10..=60 => Reached::Sent,
            61..=240 => Reached::Delivered,
            _ => Reached::Read,
        }
    }

    fn say_file(&mut self, at: Timestamp, words: &str, values: &Values) -> Result<(), InvalidId> {
        let id = self.thread.file_id();
        let content = match self.chance.below(20) {
            0..=11 => {
                let motif = Motif::ALL.get(self.plan.number).copied().unwrap_or(Motif::Paper);
                let caption = self.bank.captions.get(self.plan.number).map(|caption| (*caption).to_owned());
                let media = self.thread.attach(File::picture(id, motif, &mut self.chance));
                Content::Image { media, caption: caption.filter(|_| self.chance.percent(80)) }
            }
            12..=15 => {
                let seconds = u32::try_from(self.chance.between(4, 75)).unwrap_or(12);
                Content::Audio { media: self.thread.attach(File::voice(id, seconds)), voice: true }
            }
            16 | 17 => {
                Content::Sticker { media: self.thread.attach(File::sticker(id, &mut self.chance)), animated: false }
            }
            18 => Content::Video {
                media: missing_video(id, "WhatsApp keeps files for 30 days, and this one was gone."),
                caption: Some(values.fill(words)),
            },
            _ => {
                let file = File::document(id, "documento.pdf", &["Document", self.customer.first_name.as_str()]);
                Content::Document { media: self.thread.attach(file), caption: Some(values.fill(words)) }
            }
        };
        self.say_content(at, content)
    }

    fn answer_file(&mut self, at: Timestamp, words: &str, values: &Values) -> Result<(), InvalidId> {
        let id = self.thread.file_id();
        let (name, caption) = self.bank.file;
        let words = values.fill(words);
        match self.chance.below(4) {
            0 => {
                let seconds = u32::try_from(self.chance.between(4, 40)).unwrap_or(12);
                let media = self.thread.attach(File::voice(id, seconds));
                let author = self.author();
                self.thread.answer(at, Content::Audio { media, voice: true }, author, Reached::Played).map(drop)
            }
            1 => {
                let motif = Motif::ALL.get(self.plan.number).copied().unwrap_or(Motif::Paper);
                let media = self.thread.attach(File::picture(id, motif, &mut self.chance));
                self.answer(at, Content::Image { media, caption: Some(words) })
            }
            _ => {
                let file = File::document(id, name, &["Invoice", caption, &words]);
                let media = self.thread.attach(file);
                self.answer(at, Content::Document { media, caption: Some(caption.to_owned()) })
            }
        }
    }

    fn finish(mut self) -> Story {
        let unanswered = self.thread.last().is_some_and(|last| last.direction == Direction::In);
        let open = self.plan.status == ConversationStatus::Open;
        let unread = if open && unanswered && self.chance.percent(70) { self.thread.unanswered() } else { 0 };
        self.thread.finish(self.plan.status, self.plan.assignee.clone(), unread)
    }
}

fn choice(kind: ChoiceKind, title: &str, about: Option<&str>) -> Content {
    Content::Choice {
        kind,
        id: Some(title.to_lowercase().replace(' ', "-")),
        title: title.to_owned(),
        description: about.map(str::to_owned),
    }
}

fn template(bank: &Bank, name: &str, body: &str, buttons: &[&str], values: &Values) -> Content {
    let category = if name == "new_collection" { "MARKETING" } else { "UTILITY" };
    Content::Template(TemplateContent {
        name: name.to_owned(),
        language: bank.code.to_owned(),
        category: category.to_owned(),
        header: None,
        body: values.fill(body),
        footer: None,
        buttons: buttons.iter().map(|button| (*button).to_owned()).collect(),
        cards: Vec::new(),
        parameters: values.used(body),
    })
}

/// Near Ramses Station in Cairo.
fn place(name: &str, chance: &mut Chance) -> Content {
    let metres = i32::try_from(chance.between(-900, 900)).unwrap_or_default();
    Content::Location {
        latitude: 30.062_6 + f64::from(metres) / 111_000.0,
        longitude: 31.246_8,
        name: Some(name.to_owned()),
        address: None,
        url: None,
    }
}

fn card(name: &str) -> Content {
    let contact = SharedContact {
        name: name.to_owned(),
        phones: vec!["+20 130 00 90 010".to_owned()],
        emails: vec!["drivers@nile-palm.example".to_owned()],
        organization: Some("Nile & Palm Travel".to_owned()),
    };
    Content::Contacts { contacts: vec![contact] }
}

fn order(words: &str, chance: &mut Chance) -> Content {
    const PRODUCTS: [&str; 6] = [
        "Linen scarf",
        "Copper water bottle",
        "Ceramic mug",
        "Block-print table runner",
        "Leather sandals",
        "Soap set",
    ];
    let items = (0..=chance.below(3)).map(|_| OrderItem {
        product: chance.pick(&PRODUCTS, "Ceramic mug").to_owned(),
        quantity: 1 + u32::try_from(chance.below(3)).unwrap_or_default(),
        price: format!("{}.{}", chance.between(6, 90), chance.pick(&["00", "50", "90"], "00")),
        currency: "USD".to_owned(),
    });
    Content::Order { catalog_id: "804512209917".to_owned(), text: Some(words.to_owned()), items: items.collect() }
}

fn referral(number: usize) -> Referral {
    let (headline, url) = match number {
        0 => ("Check-up week", "https://clinica-aurora.example/check-up"),
        1 => ("Handmade for your home", "https://kasturi.example/home"),
        2 => ("4 nights on the Nile", "https://nile-palm.example/cruise"),
        _ => ("The autumn collection", "https://maison-lumiere.example/autumn"),
    };
    Referral { headline: Some(headline.to_owned()), body: None, source_url: Some(url.to_owned()) }
}
