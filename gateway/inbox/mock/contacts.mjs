// What an organization keeps of its contacts. At first it follows from their place in the list, so that every picture is the same.
import { personOf } from './people.mjs';
import { invalid, missing, Refused } from './refused.mjs';

const DAY_MS = 86_400_000;
const SAID = ['in', 'in', 'in', null, 'in', 'out', 'in', 'in'];
const SOURCES = ['button', 'member', 'import', 'keyword'];
const TEXTS = {
  button: 'Yes, send me news',
  member: 'Signed the form at the counter',
  import: 'yes',
  keyword: 'START',
};
const TAGS = [['Exam', 'VIP'], ['Order'], ['VIP'], [], ['Exam'], ['Order', 'VIP'], ['Refund']];
const LANGUAGES = { BR: 'pt_BR', IN: 'hi', EG: 'ar', US: 'en', FR: 'fr', MX: 'es' };

const FIELDS = [
  { key: 'orders', name: 'Orders', kind: 'number' },
  { key: 'type', name: 'Type', kind: 'text' },
  { key: 'last_visit', name: 'Last visit', kind: 'date' },
  { key: 'newsletter', name: 'Newsletter', kind: 'yes_no' },
];

const dayOf = (at) => new Date(at).toISOString().slice(0, 10);
const digitsOf = (phone) => (phone ?? '').replace(/\D/g, '');

export class Contacts {
  constructor(clock, conversations) {
    this.clock = clock;
    this.conversations = conversations;
    this.kept = new Map();
    this.ledgers = new Map();
    this.notes = new Map();
    /** Where each that became part of another leads. */
    this.merged = new Map();
    this.gone = new Set();
    this.made = [];
    this.fields = structuredClone(FIELDS);
    this.confirmations = { enabled: true };
    for (const [at, card] of this.cards().entries()) this.keep(card, at);
  }

  cards() {
    const known = new Map(this.conversations().map(({ contact }) => [contact.id, contact]));
    return [...this.made, ...known.values()].filter(({ id }) => !this.gone.has(id));
  }

  keep(card, at) {
    const now = this.clock();
    const opted = SAID[at % SAID.length];
    const source = SOURCES[at % SOURCES.length];
    this.kept.set(card.id, {
      language: LANGUAGES[card.country],
      tags: TAGS[at % TAGS.length],
      fields: {
        ...(at % 3 !== 2 && { orders: { kind: 'number', value: (at * 7) % 12 } }),
        ...(at % 5 === 4 && { type: { kind: 'text', value: 'Wholesale' } }),
      },
      created_at: now - (60 + at) * DAY_MS,
      // Whole days, so that a count does not depend on the hour.
      last_message_on: dayOf(now - Math.floor(at * 0.7) * DAY_MS),
      ...(at % 17 === 16 && { undeliverable_since: now - at * DAY_MS }),
    });
    this.ledgers.set(card.id, []);
    if (!opted) return;
    const began = now - (40 + at) * DAY_MS;
    this.say(card.id, { at: began, opted: 'in', source, text: TEXTS[source], by: this.recorder(source) });
    if (opted === 'out')
      this.say(card.id, { at: now - 3 * DAY_MS, opted: 'out', source: 'keyword', text: 'STOP' });
  }

  recorder(source) {
    return source === 'member' ? personOf('m-lh') : undefined;
  }

  say(id, entry) {
    const ledger = this.ledgers.get(id);
    ledger.unshift({ id: `${id}-${ledger.length}`, contact_id: id, ...entry });
    const { at, source, opted } = entry;
    const marketing = { state: opted === 'in' ? 'opted_in' : 'opted_out', at, source, since: at };
    this.kept.get(id).marketing = marketing;
    // The copy in their conversations says it, too.
    for (const { contact } of this.conversations()) if (contact.id === id) contact.marketing = marketing;
  }

  all() {
    const listed = this.cards().filter(({ id }) => !this.merged.has(id));
    return listed.map((card) => ({ ...card, ...this.kept.get(card.id) }));
  }

  one(id) {
    const found = this.all().find((contact) => contact.id === this.leadsTo(id));
    if (!found) throw missing('The contact');
    return found;
  }

  conversationsOf(id) {
    return this.conversations().filter((row) => this.leadsTo(row.contact.id) === this.leadsTo(id));
  }

  leadsTo(id) {
    const merge = this.merged.get(id);
    return merge ? this.leadsTo(merge.into) : id;
  }

  make({ phone, name, language, tags = [], fields = {} }) {
    const digits = digitsOf(phone);
    if (digits.length < 7 || digits.length > 15 || digits.startsWith('0'))
      throw invalid(
        'This is not a phone number with its country code, like +5511987654321. Nothing was saved.',
      );
    if (this.all().some((one) => digitsOf(one.phone) === digits))
      throw new Refused(409, 'taken', 'There is a contact with this number already.');
    const id = `contact-new-${this.made.length + 1}`;
    const country = { 55: 'BR', 91: 'IN' }[digits.slice(0, 2)] ?? null;
    this.made.unshift({ id, name: name ?? null, username: null, phone: `+${digits}`, bsuid: null, country });
    this.kept.set(id, { language, tags, fields, created_at: this.clock() });
    this.ledgers.set(id, []);
    return this.one(id);
  }

  change(id, { name, language, add_tags = [], remove_tags = [], fields = {}, remove_fields = [] }) {
    this.one(id);
    const kept = this.kept.get(id);
    if (name !== undefined) for (const card of this.cards()) if (card.id === id) card.name = name;
    if (language !== undefined) kept.language = language ?? undefined;
    kept.tags = [...new Set([...kept.tags, ...add_tags])].filter((tag) => !remove_tags.includes(tag)).sort();
    kept.fields = { ...kept.fields, ...fields };
    for (const key of remove_fields) delete kept.fields[key];
    return this.one(id);
  }

  remove(id) {
    this.one(id);
    if (this.conversationsOf(id).length > 0)
      throw new Refused(409, 'in_use', 'There is a conversation with this person.');
    this.gone.add(id);
  }

  settings() {
    return { fields: this.fields, confirmations: this.confirmations };
  }
}
