// Notes on contacts.
import { invalid, missing, Refused } from './refused.mjs';

const TEXT_MAX = 4_096;
const DEFAULT_LIMIT = 50;

const told = (call, action, target) =>
  call.home.audit(call.home.house(call.member), call.member, call.request, action, target, {});

function notesOf(call) {
  const { contacts } = call.world;
  const { id } = contacts.one(call.params.contact);
  if (!contacts.notes.has(id)) contacts.notes.set(id, []);
  return contacts.notes.get(id);
}

/** Of everybody who is the same person, the newest first. */
function everyNote(call) {
  const { contacts } = call.world;
  const { id, merged = [] } = contacts.one(call.params.contact);
  const ids = [id, ...merged.map(({ contact }) => contact)];
  return ids.flatMap((one) => contacts.notes.get(one) ?? []).sort((one, other) => other.at - one.at);
}

function text(call) {
  const words = (call.body.text ?? '').trim();
  if (!words || words.length > TEXT_MAX) throw invalid('A note has 1 to 4,096 characters.');
  return words;
}

function one(call) {
  const found = notesOf(call).find(({ id }) => id === call.params.note);
  if (!found) throw missing('The note');
  return found;
}

const notTheAuthor = () =>
  new Refused(403, 'not_the_author', 'Only who wrote this note can change it. Nothing was saved.');

const may = (call, permission) => {
  try {
    call.home.require(call.member, permission);
    return true;
  } catch {
    return false;
  }
};

/** What the contact has, put together by time. */
function timeline(call) {
  const { contacts } = call.world;
  const { id, created_at, merged = [] } = contacts.one(call.params.contact);
  const ids = [id, ...merged.map(({ contact }) => contact)];
  const all = [
    { at: created_at, what: { kind: 'created' } },
    ...merged.map((merge) => ({ at: merge.at, what: { kind: 'merged', merge } })),
    ...everyNote(call).map((note) => ({ at: note.at, what: { kind: 'note', note } })),
    ...ids
      .flatMap((one) => contacts.ledgers.get(one) ?? [])
      .map((entry) => ({ at: entry.at, what: { kind: 'consent', entry } })),
  ];
  return all.sort((one, other) => other.at - one.at);
}

export const noteRoutes = [
  [
    'GET',
    '/contacts/:contact/timeline',
    (call) => {
      call.home.require(call.member, 'contacts.read');
      const all = timeline(call);
      const from = Number(call.query.get('cursor') ?? 0);
      const to = from + Number(call.query.get('limit') ?? DEFAULT_LIMIT);
      return { body: { items: all.slice(from, to), next: to < all.length ? String(to) : null } };
    },
  ],
  [
    'GET',
    '/contacts/:contact/notes',
    (call) => {
      call.home.require(call.member, 'contacts.read');
      const all = everyNote(call);
      const from = Number(call.query.get('cursor') ?? 0);
      const to = from + Number(call.query.get('limit') ?? DEFAULT_LIMIT);
      return { body: { items: all.slice(from, to), next: to < all.length ? String(to) : null } };
    },
  ],
  [
    'POST',
    '/contacts/:contact/notes',
    (call) => {
      call.home.require(call.member, 'notes.write');
      const { member, params, world } = call;
      const by = { id: member.id, name: member.name };
      const id = `note-${params.contact}-${world.clock()}-${notesOf(call).length}`;
      const note = { id, contact_id: params.contact, text: text(call), by, at: world.clock() };
      notesOf(call).unshift(note);
      told(call, 'note.added', params.contact);
      return { status: 201, body: note };
    },
  ],
  [
    'PUT',
    '/contacts/:contact/notes/:note',
    (call) => {
      call.home.require(call.member, 'notes.write');
      const note = one(call);
      if (note.by.id !== call.member.id) throw notTheAuthor();
      Object.assign(note, { text: text(call), edited_at: call.world.clock() });
      told(call, 'note.changed', call.params.contact);
      return { body: note };
    },
  ],
  [
    'DELETE',
    '/contacts/:contact/notes/:note',
    (call) => {
      const note = one(call);
      const own = note.by.id === call.member.id && may(call, 'notes.write');
      if (!own && !may(call, 'conversations.delete')) throw notTheAuthor();
      notesOf(call).splice(notesOf(call).indexOf(note), 1);
      told(call, 'note.deleted', call.params.contact);
      return { status: 204 };
    },
  ],
];
