//! One `changes[]` entry: for whom it is, and where its items are.

use std::borrow::Cow;
use std::rc::Rc;

use bytes::Bytes;
use engine::id::{PhoneNumberId, TenantId};
use serde_json::value::RawValue;

use super::contacts::Contacts;
use super::raw::{Members, elements};
use super::{ITEMS_MAX, NOT_CONNECTED, Piece, Pieces, Route};
use crate::meta::text::kind;

/// What the items of a change share goes into each of them. Longer than this it would multiply with the batch, and the
/// change stays whole.
const SHARED_MAX: usize = 4096;

/// The lists of items in the value of a field, and the key that names an item's type. Other fields stay whole.
fn lists(field: &str) -> &'static [(&'static str, &'static str)] {
    match field {
        "messages" => &[("messages", "type"), ("statuses", "status"), ("errors", ""), ("user_actions", "action_type")],
        "smb_message_echoes" => &[("message_echoes", "type")],
        "calls" => &[("calls", "event"), ("statuses", "status")],
        "user_preferences" => &[("user_preferences", "value")],
        // Files of the history come later, as ordinary messages under the same field.
        "history" => &[("messages", "type"), ("history", "")],
        _ => &[],
    }
}

pub(super) struct Change<'a> {
    path: String,
    /// `{"id":…,"time":…,"field":…,"value":`
    head: String,
    field: Cow<'a, str>,
    value: &'a RawValue,
    members: Option<Members<'a>>,
    number: Option<PhoneNumberId>,
    tenant: Option<TenantId>,
}

/// An item and the brackets that it stands in: `open item close`.
struct Leaf<'a> {
    open: Rc<str>,
    item: &'a RawValue,
    close: &'static str,
    members: Option<Members<'a>>,
    kind: String,
    odd: Option<String>,
}

struct Leaves<'a>(Vec<Leaf<'a>>);

impl<'a> Leaves<'a> {
    /// One more than allowed is enough to refuse the body.
    fn push(&mut self, leaf: Leaf<'a>) {
        if self.0.len() <= ITEMS_MAX {
            self.0.push(leaf);
        }
    }
}

impl<'a> Change<'a> {
    /// `Err` when it does not say what it is.
    pub(super) fn of(
        entry: &Members<'a>,
        change: &'a RawValue,
        path: String,
        route: &impl Fn(&Route) -> Option<TenantId>,
    ) -> Result<Self, String> {
        let change = Members::of(change).ok_or_else(|| format!("{path} is not an object."))?;
        let (Some(field_raw), Some(field)) = (change.get("field"), change.text("field")) else {
            return Err(format!("{path}.field is missing or not a text."));
        };
        let value = change.get("value").ok_or_else(|| format!("{path}.value is missing."))?;
        let mut head = String::from("{");
        for (key, raw) in [("\"id\":", entry.get("id")), ("\"time\":", entry.get("time"))] {
            if let Some(raw) = raw {
                head.extend([key, raw.get(), ","]);
            }
        }
        head.extend(["\"field\":", field_raw.get(), ",\"value\":"]);
        let members = Members::of(value);
        let within = |outer: &str, key: &str| Members::of(members.as_ref()?.get(outer)?)?.text(key);
        let number = within("metadata", "phone_number_id").and_then(|id| id.parse().ok());
        // Partner events come under the business portfolio; the account stands inside.
        let account = within("waba_info", "waba_id").filter(|_| field == "account_update");
        let waba = account.or_else(|| entry.text("id")).and_then(|id| id.parse().ok());
        let asked = Route { number, waba };
        let tenant = route(&asked);
        Ok(Self { path, head, field, value, members, number: asked.number, tenant })
    }

    pub(super) fn cut(&self, pieces: &mut Pieces) -> Result<(), String> {
        let lists = lists(&self.field);
        let Some(members) = self.members.as_ref().filter(|_| !lists.is_empty()) else {
            let odd = (!lists.is_empty()).then(|| format!("{}.value is not an object.", self.path));
            return pieces.push(self.whole(self.said_kind(), odd));
        };
        let mut leaves = Leaves(Vec::new());
        for (key, named_by) in lists {
            if let Some(raw) = members.get(key) {
                self.leaves(key, named_by, raw, &mut leaves);
            }
        }
        if leaves.0.len() < 2 {
            let leaf = leaves.0.pop();
            return pieces.push(match leaf {
                Some(leaf) => self.whole(leaf.kind, leaf.odd),
                None => self.whole(self.said_kind(), None),
            });
        }
        let shared = shared(members, |key| key == "contacts" || lists.iter().any(|(list, _)| *list == key));
        let contacts = Contacts::of(members.get("contacts"));
        let opened = leaves.0.iter().map(|leaf| leaf.open.len()).max().unwrap_or(0);
        if self.head.len() + shared.len() + contacts.longest() + opened > SHARED_MAX {
            let reason = format!("{}.value shares more than {SHARED_MAX} bytes among its items.", self.path);
            return pieces.push(self.whole(String::new(), Some(reason)));
        }
        for leaf in leaves.0 {
            let contacts = contacts.with(leaf.members.as_ref());
            let parts = [&self.head, "{", &shared, &contacts, &leaf.open, leaf.item.get(), leaf.close, "}}"];
            pieces.push(self.piece(leaf.kind, Bytes::from(parts.concat()), leaf.odd))?;
        }
        Ok(())
    }

    /// Uncut.
    fn whole(&self, kind: String, odd: Option<String>) -> Piece {
        self.piece(kind, Bytes::from([&self.head, self.value.get(), "}"].concat()), odd)
    }

    fn piece(&self, kind: String, raw: Bytes, odd: Option<String>) -> Piece {
        let odd = odd.or_else(|| self.tenant.is_none().then(|| NOT_CONNECTED.to_owned()));
        let (tenant, number, field) = (self.tenant, self.number.clone(), crate::meta::text::kind(&self.field));
        Piece { tenant, number, field, kind, raw, odd }
    }

    /// What an account-level change calls itself.
    fn said_kind(&self) -> String {
        let Some(members) = &self.members else { return String::new() };
        let said = ["event", "decision", "type"].iter().find_map(|key| members.text(key));
        said.map_or_else(String::new, |said| kind(&said))
    }

    fn leaves(&self, key: &'static str, named_by: &str, raw: &'a RawValue, out: &mut Leaves<'a>) {
        let path = || format!("{}.value.{key}", self.path);
        let Some(items) = elements(raw) else {
            let odd = Some(format!("{} is not a list.", path()));
            let open = format!("\"{key}\":").into();
            return out.push(Leaf { open, item: raw, close: "", members: None, kind: key.to_owned(), odd });
        };
        let open: Rc<str> = format!("\"{key}\":[").into();
        for (index, item) in items.into_iter().enumerate() {
            if key == "history" {
                chunk(&|| format!("{}[{index}]", path()), item, &open, out);
            } else {
                let members = Members::of(item);
                let odd = members.is_none().then(|| format!("{}[{index}] is not an object.", path()));
                out.push(Leaf::of(Rc::clone(&open), item, "]", members, named_by, key).with_odd(odd));
            }
        }
    }
}

impl<'a> Leaf<'a> {
    fn of(
        open: Rc<str>,
        item: &'a RawValue,
        close: &'static str,
        members: Option<Members<'a>>,
        named_by: &str,
        otherwise: &str,
    ) -> Self {
        let named = members.as_ref().and_then(|members| members.text(named_by));
        let kind = named.map_or_else(|| otherwise.to_owned(), |named| kind(&named));
        Self { open, item, close, members, kind, odd: None }
    }

    fn with_odd(self, odd: Option<String>) -> Self {
        Self { odd, ..self }
    }
}

/// A chunk of synchronised history: threads of messages. Each message keeps its chunk and its thread around it.
fn chunk<'a>(path: &dyn Fn() -> String, raw: &'a RawValue, open: &Rc<str>, out: &mut Leaves<'a>) {
    let chunk = Members::of(raw);
    let threads = chunk.as_ref().and_then(|chunk| chunk.get("threads"));
    let (Some(chunk), Some(threads)) = (&chunk, threads) else {
        // Without threads it says why there are none: the business declined to share.
        let odd = chunk.is_none().then(|| format!("{} is not an object.", path()));
        return out.push(Leaf::of(Rc::clone(open), raw, "]", chunk, "", "errors").with_odd(odd));
    };
    let Some(threads) = elements(threads).filter(|threads| !threads.is_empty()) else {
        let odd = Some(format!("{}.threads is not a list of threads.", path()));
        return out.push(Leaf::of(Rc::clone(open), raw, "]", None, "", "history").with_odd(odd));
    };
    let common = shared(chunk, |key| key == "threads");
    if common.len() > SHARED_MAX {
        let odd = Some(format!("{} shares more than {SHARED_MAX} bytes among its threads.", path()));
        return out.push(Leaf::of(Rc::clone(open), raw, "]", None, "", "history").with_odd(odd));
    }
    let open: Rc<str> = [open, "{", &common, "\"threads\":["].concat().into();
    for (index, raw) in threads.into_iter().enumerate() {
        let thread = Members::of(raw);
        let messages = thread.as_ref().and_then(|thread| elements(thread.get("messages")?));
        let (Some(thread), Some(messages)) = (&thread, messages.filter(|messages| !messages.is_empty())) else {
            let odd = Some(format!("{}.threads[{index}].messages is not a list of messages.", path()));
            out.push(Leaf::of(Rc::clone(&open), raw, "]}]", None, "", "history").with_odd(odd));
            continue;
        };
        let open: Rc<str> = [&open, "{", &shared(thread, |key| key == "messages"), "\"messages\":["].concat().into();
        for (place, item) in messages.into_iter().enumerate() {
            let members = Members::of(item);
            let odd = || format!("{}.threads[{index}].messages[{place}] is not an object.", path());
            let odd = members.is_none().then(odd);
            out.push(Leaf::of(Rc::clone(&open), item, "]}]}]", members, "type", "messages").with_odd(odd));
        }
    }
}

/// `"key":value,` of every member that is not cut out.
fn shared(members: &Members<'_>, is_cut: impl Fn(&str) -> bool) -> String {
    let mut out = String::new();
    for (key, value) in members.iter().filter(|(key, _)| !is_cut(key)) {
        out.push_str(&serde_json::Value::from(key).to_string());
        out.extend([":", value.get(), ","]);
    }
    out
}
