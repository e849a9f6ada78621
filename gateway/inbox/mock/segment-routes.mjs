// Segments over the contacts of the mock. What a contact lacks there (consent, tags, days) follows from its place in the list.
import { invalid, missing } from './refused.mjs';

const MARKETING = ['opted_in', 'opted_in', 'not_asked', 'opted_in', 'opted_out'];
const TAGS = [['VIP'], [], ['Order', 'VIP'], ['Exam'], []];

const factsOf = (contact, at) => ({
  ...contact,
  marketing: MARKETING[at % MARKETING.length],
  tags: TAGS[at % TAGS.length],
  days: at,
  undeliverable: at % 17 === 16,
});

const within = (when, days) => {
  if (when === 'never') return false;
  return when.within_days ? days <= when.within_days : days > when.before_days;
};

function holds(condition, facts) {
  switch (condition.on) {
    case 'country':
      return condition.any_of.includes(facts.country);
    case 'language':
      return false;
    case 'tag':
      return condition.any_of.some((tag) => facts.tags.includes(tag));
    case 'marketing':
      return condition.any_of.includes(facts.marketing);
    case 'identity':
      return condition.any_of.some((kind) => Boolean(facts[kind]));
    case 'name':
      return (facts.name ?? '').toLowerCase().includes(condition.contains.toLowerCase());
    case 'undeliverable':
      return facts.undeliverable === condition.is;
    case 'last_message':
    case 'created':
      return within(condition.when, facts.days);
    default:
      return false;
  }
}

/** Like matching, but asks every part, because each is counted: a group before its parts. */
function count(node, facts, parts, place) {
  const own = place.at;
  place.at += 1;
  let matches;
  if (node.is) matches = holds(node.is, facts);
  else if (node.not) matches = !count(node.not, facts, parts, place);
  else {
    const all = (node.all ?? node.any).map((one) => count(one, facts, parts, place));
    matches = node.all ? all.every(Boolean) : all.some(Boolean);
  }
  parts[own] = (parts[own] ?? 0) + (matches ? 1 : 0);
  return matches;
}

export class Segments {
  constructor(now, people) {
    this.people = people;
    this.now = now;
    this.list = [
      {
        id: 's-active',
        name: 'Active customers, 90 days',
        saved_at: now - 4 * 86_400_000,
        tree: {
          all: [
            { is: { on: 'country', any_of: ['IN', 'BR', 'EG', 'US'] } },
            { is: { on: 'last_message', when: { within_days: 90 } } },
            { any: [{ is: { on: 'tag', any_of: ['VIP'] } }, { is: { on: 'tag', any_of: ['Order'] } }] },
            { not: { is: { on: 'name', contains: 'Wholesale' } } },
          ],
        },
      },
    ];
  }

  census(tree) {
    const parts = [];
    const reach = { people: 0, can_get_marketing: 0, no_consent: 0, opted_out: 0, other: 0 };
    const facts = this.people().map(factsOf);
    const matched = facts.filter((one) => count(tree, one, parts, { at: 0 }));
    for (const one of matched) {
      reach.people += 1;
      if (one.marketing === 'opted_out') reach.opted_out += 1;
      else if (one.marketing === 'not_asked') reach.no_consent += 1;
      else if (one.undeliverable) reach.other += 1;
      else reach.can_get_marketing += 1;
    }
    return { matched, answer: { contacts: facts.length, reach, parts, took_ms: 38 } };
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
  [
    'POST',
    '/contacts/search',
    (call) => {
      const { tree, after = '0', limit = 50 } = call.body;
      const { matched } = may(call, 'contacts.read').census(tree);
      const from = Number(after);
      const ids = new Set(matched.slice(from, from + limit).map((one) => one.id));
      const items = call.world.segments.people().filter((one) => ids.has(one.id));
      return { body: { items, next: from + limit < matched.length ? String(from + limit) : null } };
    },
  ],
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
