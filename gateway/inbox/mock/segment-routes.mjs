// Segments over the contacts of the mock.
import { invalid, missing } from './refused.mjs';

const DAY_MS = 86_400_000;

function within(when, at, now) {
  if (when === 'never') return at === null;
  if (at === null) return false;
  const days = Math.floor(now / DAY_MS) - Math.floor(at / DAY_MS);
  return when.within_days ? days < when.within_days : days >= when.before_days;
}

function passes(test, value) {
  const [[how, wanted]] = Object.entries(test);
  if (how === 'known') return (value !== undefined) === wanted;
  if (value === undefined) return false;
  if (how === 'contains') return value.value.toLowerCase().includes(wanted.toLowerCase());
  const [own, other] = [value.value, wanted.value].map((one) =>
    typeof one === 'string' ? one.toLowerCase() : one,
  );
  if (how === 'is') return own === other;
  return how === 'at_least' ? own >= other : own <= other;
}

function holds(condition, contact, now) {
  switch (condition.on) {
    case 'country':
      return condition.any_of.includes(contact.country);
    case 'language':
      return condition.any_of.some((one) => (contact.language ?? '').startsWith(one));
    case 'tag':
      return condition.any_of.some((tag) => contact.tags.includes(tag));
    case 'field':
      return passes(condition.test, contact.fields[condition.key]);
    case 'marketing':
      return condition.any_of.includes(contact.marketing?.state ?? 'not_asked');
    case 'identity':
      return condition.any_of.some((kind) => Boolean(contact[kind]));
    case 'name':
      return (contact.name ?? contact.username ?? '')
        .toLowerCase()
        .includes(condition.contains.toLowerCase());
    case 'undeliverable':
      return Boolean(contact.undeliverable_since) === condition.is;
    case 'last_message':
      return within(
        condition.when,
        contact.last_message_on ? Date.parse(contact.last_message_on) : null,
        now,
      );
    case 'created':
      return within(condition.when, contact.created_at, now);
    default:
      return false;
  }
}

/** Like matching, but asks every part, because each is counted: a group before its parts. */
function count(node, contact, parts, place) {
  const own = place.at;
  place.at += 1;
  let matches;
  if (node.is) matches = holds(node.is, contact, place.now);
  else if (node.not) matches = !count(node.not, contact, parts, place);
  else {
    const all = (node.all ?? node.any).map((one) => count(one, contact, parts, place));
    matches = node.all ? all.every(Boolean) : all.some(Boolean);
  }
  parts[own] = (parts[own] ?? 0) + (matches ? 1 : 0);
  return matches;
}

export class Segments {
  constructor(clock, people) {
    this.people = people;
    this.clock = clock;
    this.list = [
      {
        id: 's-active',
        name: 'Active customers, 90 days',
        saved_at: clock() - 4 * DAY_MS,
        tree: {
          all: [
            { is: { on: 'country', any_of: ['IN', 'BR', 'EG', 'US'] } },
            { is: { on: 'last_message', when: { within_days: 90 } } },
            {
              any: [
                { is: { on: 'tag', any_of: ['VIP'] } },
                { is: { on: 'field', key: 'orders', test: { at_least: { kind: 'number', value: 2 } } } },
              ],
            },
            {
              not: {
                is: { on: 'field', key: 'type', test: { is: { kind: 'text', value: 'Wholesale' } } },
              },
            },
          ],
        },
      },
    ];
  }

  matching(id) {
    const segment = this.list.find((one) => one.id === id);
    if (!segment) throw missing('The segment');
    return this.census(segment.tree).matched;
  }

  census(tree) {
    const parts = [];
    const reach = { people: 0, can_get_marketing: 0, no_consent: 0, opted_out: 0, other: 0 };
    const contacts = this.people();
    const now = this.clock();
    const matched = contacts.filter((one) => count(tree, one, parts, { at: 0, now }));
    for (const { marketing, undeliverable_since } of matched) {
      reach.people += 1;
      if (marketing?.state === 'opted_out') reach.opted_out += 1;
      else if (!marketing) reach.no_consent += 1;
      else if (undeliverable_since) reach.other += 1;
      else reach.can_get_marketing += 1;
    }
    return { matched, answer: { contacts: contacts.length, reach, parts, took_ms: 38 } };
  }
}

const may = (call, permission) => {
  call.home.require(call.member, permission);
  return call.world.segments;
};
const content = ({ name, tree }) => {
  if (!name?.trim()) throw invalid('The name of a segment has 1 to 100 characters.');
  return { name: name.trim(), tree };
};

export const segmentRoutes = [
  ['GET', '/segments', (call) => ({ body: { items: may(call, 'contacts.read').list, next: null } })],
  ['POST', '/segments/count', (call) => ({ body: may(call, 'contacts.read').census(call.body.tree).answer })],
  [
    'POST',
    '/segments',
    (call) => {
      const segments = may(call, 'segments.manage');
      const made = {
        id: `s-${segments.list.length + 1}`,
        saved_at: call.world.clock(),
        ...content(call.body),
      };
      segments.list.push(made);
      return { status: 201, body: made };
    },
  ],
  [
    'PUT',
    '/segments/:segment',
    (call) => {
      const found = may(call, 'segments.manage').list.find((one) => one.id === call.params.segment);
      if (!found) throw missing('The segment');
      return { body: Object.assign(found, content(call.body), { saved_at: call.world.clock() }) };
    },
  ],
  [
    'DELETE',
    '/segments/:segment',
    (call) => {
      const segments = may(call, 'segments.manage');
      segments.list = segments.list.filter((one) => one.id !== call.params.segment);
      return { status: 204 };
    },
  ],
];
