import { invalid, Refused } from './refused.mjs';

const DEFAULT_LIMIT = 50;

const may = (call, permission) => {
  call.home.require(call.member, permission);
  return call.world.contacts;
};

const told = (call, action, target, details = {}) =>
  call.home.audit(call.home.house(call.member), call.member, call.request, action, target, details);

function sought(contact, text) {
  const words = text.trim().replace(/^@/, '').toLowerCase();
  const digits = /^[\d+\-(). ]+$/.test(words) ? words.replace(/\D/g, '') : '';
  const has = (value) => (value ?? '').toLowerCase().includes(words);
  const isNumber = digits.length >= 3 && (contact.phone ?? '').replace(/\D/g, '').includes(digits);
  return has(contact.name) || has(contact.username) || has(contact.bsuid) || isNumber;
}

/** Like the server, which says nothing of what there is none of. */
function shown({ tags, fields, ...contact }) {
  const some = { ...(tags.length > 0 && { tags }), ...(Object.keys(fields).length > 0 && { fields }) };
  return { ...contact, ...some };
}

/** With the newest conversation. */
function listed(contacts) {
  return (contact) => {
    const own = contacts.conversationsOf(contact.id);
    const [newest] = own.toSorted((a, b) => b.last_activity_at - a.last_activity_at);
    if (!newest) return shown(contact);
    const { id, window_until = null, assignee = null } = newest;
    return { ...shown(contact), newest: { id, window_until, assignee } };
  };
}

const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function csv(contacts) {
  const keys = contacts.fields.map(({ key }) => key);
  const rows = contacts
    .all()
    .map((one) => [
      one.id,
      one.name ?? '',
      one.phone ?? '',
      one.marketing?.state ?? 'not_asked',
      one.tags.join(', '),
      ...keys.map((key) => String(one.fields[key]?.value ?? '')),
    ]);
  return [['id', 'name', 'phone', 'marketing', 'tags', ...keys], ...rows]
    .map((row) => row.map(cell).join(','))
    .join('\r\n');
}

export const contactRoutes = [
  [
    'GET',
    '/contacts',
    (call) => {
      const contacts = may(call, 'contacts.read');
      const all = contacts.all();
      const from = Number(call.query.get('cursor') ?? 0);
      const to = from + Number(call.query.get('limit') ?? DEFAULT_LIMIT);
      return {
        body: { items: all.slice(from, to).map(listed(contacts)), next: to < all.length ? String(to) : null },
      };
    },
  ],
  [
    'POST',
    '/contacts',
    (call) => {
      const made = may(call, 'contacts.write').make(call.body);
      told(call, 'contact.created', made.id);
      return { status: 201, body: shown(made) };
    },
  ],
  [
    'POST',
    '/contacts/search',
    (call) => {
      const { tree = { all: [] }, text = null, after = '0', limit = DEFAULT_LIMIT } = call.body;
      const contacts = may(call, 'contacts.read');
      if (text !== null && !text.trim()) throw invalid('What is looked for has 1 to 100 characters.');
      const ids = new Set(call.world.segments.census(tree).matched.map((one) => one.id));
      const found = contacts.all().filter((one) => ids.has(one.id) && (text === null || sought(one, text)));
      const to = Number(after) + limit;
      return {
        body: {
          items: found.slice(Number(after), to).map(listed(contacts)),
          next: to < found.length ? String(to) : null,
        },
      };
    },
  ],
  [
    'GET',
    '/tags',
    (call) => {
      const counts = new Map();
      for (const tag of may(call, 'contacts.read')
        .all()
        .flatMap(({ tags }) => tags))
        counts.set(tag, (counts.get(tag) ?? 0) + 1);
      const items = [...counts].map(([tag, contacts]) => ({ tag, contacts }));
      items.sort((one, other) => other.contacts - one.contacts || one.tag.localeCompare(other.tag));
      return { body: { items, next: null } };
    },
  ],
  [
    'GET',
    '/contacts/export',
    (call) => {
      const contacts = may(call, 'contacts.export');
      told(call, 'contact.exported', null, { numbers: 'whole' });
      return {
        bytes: Buffer.from(csv(contacts)),
        mime: 'text/csv; charset=utf-8',
        attachment: 'contacts.csv',
      };
    },
  ],
  [
    'GET',
    '/contacts/:contact',
    (call) => {
      const contacts = may(call, 'contacts.read');
      const { contact: id } = call.params;
      return { body: { ...shown(contacts.one(id)), conversations: contacts.conversationsOf(id) } };
    },
  ],
  [
    'PATCH',
    '/contacts/:contact',
    (call) => {
      const changed = may(call, 'contacts.write').change(call.params.contact, call.body);
      told(call, 'contact.changed', changed.id);
      return { body: shown(changed) };
    },
  ],
  [
    'DELETE',
    '/contacts/:contact',
    (call) => {
      may(call, 'contacts.delete').remove(call.params.contact);
      told(call, 'contact.deleted', call.params.contact);
      return { status: 204 };
    },
  ],
  [
    'GET',
    '/contacts/:contact/consents',
    (call) => {
      const contacts = may(call, 'contacts.read');
      contacts.one(call.params.contact);
      return { body: { items: contacts.ledgers.get(call.params.contact), next: null } };
    },
  ],
  [
    'POST',
    '/contacts/:contact/consents',
    (call) => {
      const contacts = may(call, 'consent.manage');
      const { id } = contacts.one(call.params.contact);
      const { opted, evidence } = call.body;
      if (!evidence?.trim()) throw invalid('Say in 1 to 300 characters how the person said so.');
      const by = { id: call.member.id, name: call.member.name };
      contacts.say(id, { at: call.world.clock(), opted, source: 'member', text: evidence.trim(), by });
      told(call, 'consent.recorded', id, { opted });
      return { status: 201, body: shown(contacts.one(id)) };
    },
  ],
  ['GET', '/contact-settings', (call) => ({ body: call.world.contacts.settings() })],
  [
    'PATCH',
    '/contact-settings',
    (call) => {
      const { contacts, segments } = call.world;
      const { fields, confirmations } = call.body;
      if (fields) call.home.require(call.member, 'tags.manage');
      if (confirmations) call.home.require(call.member, 'consent.manage');
      const lacks = (key) => fields && !fields.some((one) => one.key === key);
      const used = JSON.stringify(segments.list);
      if (contacts.fields.some(({ key }) => lacks(key) && used.includes(`"key":"${key}"`)))
        throw new Refused(409, 'in_use', 'A segment asks for this field.');
      if (fields) contacts.fields = fields;
      if (confirmations) contacts.confirmations = confirmations;
      return { body: contacts.settings() };
    },
  ],
];
