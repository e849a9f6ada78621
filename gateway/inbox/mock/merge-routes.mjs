// Two contacts that are one person, made one; and that taken back.
import { invalid, missing } from './refused.mjs';

const told = (call, action, target, details) =>
  call.home.audit(call.home.house(call.member), call.member, call.request, action, target, details);

const may = (call) => {
  call.home.require(call.member, 'contacts.delete');
  return call.world.contacts;
};

function both(contacts, keptId, otherId) {
  const [kept, other] = [contacts.one(keptId), contacts.one(otherId)];
  if (kept.id === other.id) throw invalid('This is the same contact. Nothing was saved.');
  return [kept, other];
}

const outFirst = (one, other) => {
  if (one?.state === 'opted_out') return one;
  if (other?.state === 'opted_out') return other;
  return one ?? other;
};

/** Of the two, what the one that is kept would be. */
function together(kept, other) {
  const known = Object.entries(kept).filter(([, value]) => value !== null && value !== undefined);
  return {
    ...other,
    ...Object.fromEntries(known),
    marketing: outFirst(kept.marketing, other.marketing),
    tags: [...new Set([...kept.tags, ...other.tags])].sort(),
    fields: { ...other.fields, ...kept.fields },
  };
}

const CARD = ['name', 'username', 'phone', 'bsuid', 'country'];
const cardOf = (person) => Object.fromEntries(CARD.map((key) => [key, person[key] ?? null]));

function put(contacts, id, person) {
  for (const card of contacts.cards()) if (card.id === id) Object.assign(card, cardOf(person));
  const { language, tags, fields, marketing } = person;
  Object.assign(contacts.kept.get(id), { language, tags, fields, marketing });
}

export const mergeRoutes = [
  [
    'GET',
    '/contacts/:contact/merges/:other',
    (call) => {
      const [kept, other] = both(may(call), call.params.contact, call.params.other);
      return { body: { kept, other, merged: together(kept, other) } };
    },
  ],
  [
    'POST',
    '/contacts/:contact/merges',
    (call) => {
      const contacts = may(call);
      const [kept, other] = both(contacts, call.params.contact, call.body.other_id);
      const { member, world } = call;
      const by = { id: member.id, name: member.name };
      const { name, phone, bsuid } = other;
      const merge = { contact: other.id, name, phone, bsuid, at: world.clock(), by };
      put(contacts, kept.id, together(kept, other));
      contacts.kept.get(kept.id).merged = [...(kept.merged ?? []), merge];
      contacts.merged.set(other.id, { into: kept.id, before: structuredClone(kept) });
      told(call, 'contact.merged', kept.id, { other: other.id });
      return { body: contacts.one(kept.id) };
    },
  ],
  [
    'DELETE',
    '/contacts/:contact/merges/:other',
    (call) => {
      const contacts = may(call);
      const { contact: keptId, other: otherId } = call.params;
      const merge = contacts.merged.get(otherId);
      if (merge?.into !== keptId) throw missing('The merge');
      contacts.merged.delete(otherId);
      put(contacts, keptId, merge.before);
      const kept = contacts.kept.get(keptId);
      kept.merged = kept.merged.filter(({ contact }) => contact !== otherId);
      if (kept.merged.length === 0) delete kept.merged;
      told(call, 'contact.parted', keptId, { other: otherId });
      return { body: { contact: contacts.one(keptId), other: contacts.one(otherId), left: [] } };
    },
  ],
];
