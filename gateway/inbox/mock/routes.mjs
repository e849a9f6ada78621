import { accountRoutes, signedIn } from './account-routes.mjs';
import { campaignMessages } from './campaign-messages.mjs';
import { campaignRoutes } from './campaign-routes.mjs';
import { channelRoutes } from './channel-routes.mjs';
import { contactRoutes } from './contact-routes.mjs';
import { paperPhoto, stickerArt, voiceWav } from './files.mjs';
import { importRoutes } from './import-routes.mjs';
import { memberRoutes } from './member-routes.mjs';
import { mergeRoutes } from './merge-routes.mjs';
import { noteRoutes } from './note-routes.mjs';
import { members, organizations } from './people.mjs';
import { missing, Refused } from './refused.mjs';
import { segmentRoutes } from './segment-routes.mjs';

function page(items, query, size = 50) {
  const from = Number(query.get('cursor') ?? 0);
  const limit = Number(query.get('limit') ?? size);
  return {
    items: items.slice(from, from + limit),
    next: from + limit < items.length ? String(from + limit) : null,
  };
}

const initialAndEnd = ({ name, phone }) =>
  [name && `${[...name][0]}•••`, phone && masked(phone)].filter(Boolean).join(', ');

/** `+•••••••1234`: everything but the last four digits. */
export function masked(phone) {
  const digits = phone.replace(/\D/g, '');
  return `+${'•'.repeat(digits.length - 4)}${digits.slice(-4)}`;
}

/** [method, path, handler, open to everybody] */
export const routes = [
  [
    'GET',
    '/demo',
    ({ demo }) => {
      if (!demo) throw missing('The demo');
      return {
        body: {
          organizations,
          people: members.map(({ id, email: _, ...rest }) => ({ member_id: id, ...rest })),
        },
      };
    },
    true,
  ],
  [
    'POST',
    '/demo/sessions',
    (call) => {
      const member = [...call.home.households.values()]
        .flatMap((one) => one.members)
        .find((one) => one.id === call.body.member_id);
      return signedIn(call, call.home.open(member, call.request));
    },
    true,
  ],
  ...accountRoutes,
  ...memberRoutes,
  ...channelRoutes,
  ...campaignRoutes,
  ...contactRoutes,
  ...noteRoutes,
  ...mergeRoutes,
  ...importRoutes,
  ...segmentRoutes,
  [
    'POST',
    '/contacts/:contact/reveal',
    (call) => {
      call.home.require(call.member, 'contacts.reveal_pii');
      const row = call.world.conversations.find((one) => one.contact.id === call.params.contact);
      if (!row) throw missing('The contact');
      call.home.audit(
        call.home.house(call.member),
        call.member,
        call.request,
        'contact.revealed',
        call.params.contact,
        { name: initialAndEnd(row.contact) },
      );
      const { phone } = row.contact;
      return { body: { phone, wa_id: phone?.replace(/\D/g, '') ?? null } };
    },
  ],
  ['GET', '/conversations/counts', ({ world, member }) => ({ body: world.counts(member.id) })],
  [
    'GET',
    '/conversations',
    ({ world, member, query }) => ({
      body: page(world.list(query.get('view') ?? 'all', query.get('unread') === 'true', member.id), query),
    }),
  ],
  ['GET', '/conversations/:id', ({ row }) => ({ body: row })],
  [
    'PATCH',
    '/conversations/:id',
    ({ world, row, body }) => {
      const fields = {};
      if (body.status) fields.status = body.status;
      if ('assignee_id' in body) {
        const person = members.find((one) => one.id === body.assignee_id);
        fields.assignee = person ? { id: person.id, name: person.name } : null;
      }
      if ('team_id' in body) fields.team = body.team_id;
      return { body: world.change(row, fields) };
    },
  ],
  [
    'GET',
    '/conversations/:id/messages',
    ({ world, row, query }) => ({ body: page(world.threads.get(row.id).toReversed(), query) }),
  ],
  ['POST', '/conversations/:id/messages', sendMessage],
  ['GET', '/conversations/:id/campaign-messages', campaignMessages],
  [
    'POST',
    '/conversations/:id/read',
    ({ world, row }) => {
      if (row.unread > 0) world.change(row, { unread: 0 });
      return { status: 204 };
    },
  ],
  ['POST', '/conversations/:id/typing', () => ({ status: 204 })],
  [
    'POST',
    '/messages/:id/:message/resolve',
    ({ world, row, params, body }) => {
      const target = world.threads.get(row.id).find((one) => one.id === params.message);
      if (!target) throw missing('The message');
      if (body.action === 'dismiss')
        return {
          body: world.alter(row, target, {
            delivery: { ...target.delivery, failure: { ...target.delivery.failure, action: null } },
          }),
        };
      return {
        body: world.alter(row, target, { delivery: { ...target.delivery, state: 'sent', failure: null } }),
      };
    },
  ],
  [
    'POST',
    '/media',
    ({ world, raw, request }) => {
      const id = `upload-${world.uploads.size}`;
      world.uploads.set(id, { mime: request.headers['content-type'], bytes: raw });
      return {
        status: 201,
        body: {
          id,
          state: 'ready',
          mime: request.headers['content-type'],
          size: raw.length,
          filename: decodeURIComponent(request.headers['x-filename'] ?? ''),
          reason: null,
        },
      };
    },
  ],
  [
    'GET',
    '/media/:id',
    ({ world, params }) => {
      const upload = world.uploads.get(params.id);
      if (upload) return { bytes: upload.bytes, mime: upload.mime };
      if (params.id.startsWith('voice'))
        return { bytes: voiceWav(params.id === 'voice-1' ? 32 : 48), mime: 'audio/wav' };
      return {
        bytes: Buffer.from(params.id.startsWith('sticker') ? stickerArt : paperPhoto),
        mime: 'image/svg+xml',
      };
    },
  ],
  ['GET', '/templates', ({ world, query }) => ({ body: page(world.templates, query) })],
  [
    'GET',
    '/webhook-log/summary',
    ({ world }) => {
      const count = (outcome) => world.log.filter((entry) => entry.outcome === outcome).length;
      return {
        body: {
          received: 4_218_904,
          processed: 4_218_901,
          duplicate: 1_204,
          quarantined: count('quarantined'),
          stored: count('stored'),
          refused: 31,
        },
      };
    },
  ],
  [
    'GET',
    '/webhook-log',
    ({ world, query }) => {
      const outcome = query.get('outcome');
      const rows = world.log
        .filter((entry) => !outcome || entry.outcome === outcome)
        .map(({ raw: _, ...entry }) => entry);
      return { body: page(rows, query) };
    },
  ],
  ['GET', '/webhook-log/:entry', ({ world, params }) => ({ body: logEntry(world, params.entry) })],
  [
    'POST',
    '/webhook-log/:entry/replay',
    ({ world, params }) => {
      const entry = logEntry(world, params.entry);
      Object.assign(entry, { outcome: 'stored', error: null, attempts: entry.attempts + 1 });
      setTimeout(
        () => Object.assign(entry, { outcome: 'processed', processed_at: world.clock() }),
        800,
      ).unref();
      const { raw: _, ...shown } = entry;
      return { status: 202, body: shown };
    },
  ],
];

function logEntry(world, id) {
  const entry = world.log.find((one) => one.id === id);
  if (!entry) throw missing('The entry');
  return entry;
}

function sendMessage({ world, row, body, request, member }) {
  const key = request.headers['idempotency-key'];
  const known = world.answered.get(key);
  if (known) return { status: 200, body: known };
  const { content } = body;
  if (content.type === 'reaction') {
    const target = world.threads.get(row.id).find((one) => one.id === content.message_id);
    const others = target.reactions.filter((one) => one.from !== 'business');
    const reactions = content.emoji ? [...others, { from: 'business', emoji: content.emoji }] : others;
    return { status: 202, body: world.alter(row, target, { reactions }) };
  }
  const closed = row.window_until === null || row.window_until < world.clock();
  if (closed && content.type !== 'template')
    throw new Refused(409, 'window_closed', 'The 24-hour window is closed. Send a template.');
  const sent = world.send(row, written(world, content), key, body.reply_to, member.id);
  world.answered.set(key, sent);
  return { status: 202, body: sent };
}

function written(world, content) {
  if (content.type === 'text') return content;
  if (content.type === 'media') {
    const { mime, bytes } = world.uploads.get(content.media_id);
    const type = ['image', 'video', 'audio'].find((kind) => mime.startsWith(kind)) ?? 'document';
    return {
      type,
      media: {
        id: content.media_id,
        state: 'ready',
        mime,
        size: bytes.length,
        filename: 'file',
        reason: null,
      },
      caption: content.caption ?? null,
      voice: false,
    };
  }
  const template = world.templates.find((one) => one.name === content.name);
  const body = content.variables.reduce(
    (text, one) => text.replaceAll(`{{${one.name}}}`, one.value),
    template.body,
  );
  return {
    type: 'template',
    name: template.name,
    language: template.language,
    category: template.category,
    header: template.header?.text ?? null,
    body,
    footer: template.footer,
    buttons: template.buttons.map((one) => one.text),
    cards: [],
    parameters: [],
  };
}
