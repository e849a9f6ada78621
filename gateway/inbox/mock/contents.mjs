// One thread that holds every kind of content and every delivery state, as in the pictures.
import { personOf } from './people.mjs';

const media = (id, mime, extra = {}) => ({
  id,
  state: 'ready',
  mime,
  size: 41_300,
  filename: null,
  reason: null,
  ...extra,
});
const template = (body, buttons) => ({
  type: 'template',
  name: 'lembrete_exame',
  language: 'pt_BR',
  category: 'UTILITY',
  header: null,
  body,
  footer: null,
  buttons,
  cards: [],
  parameters: [],
});

export function delivery(state, at, failure = null) {
  const reached = (...states) => (states.includes(state) ? at : null);
  return {
    state,
    queued_at: at,
    accepted_at: reached('sent', 'delivered', 'read', 'played'),
    sent_at: reached('sent', 'delivered', 'read', 'played'),
    delivered_at: reached('delivered', 'read', 'played'),
    read_at: reached('read', 'played'),
    played_at: reached('played'),
    failed_at: reached('failed'),
    doubted_at: null,
    failure,
  };
}

export function message(conversationId, id, at, fields) {
  const out = fields.direction === 'out';
  return {
    id,
    conversation_id: conversationId,
    direction: 'in',
    author: out ? personOf('m-rn') : null,
    at,
    wamid: `wamid.${id}`,
    client_id: null,
    reply_to: null,
    reactions: [],
    forwarded: false,
    edited: false,
    revoked: false,
    delivery: out ? delivery('read', at) : null,
    referral: null,
    ...fields,
  };
}

const text = (body) => ({ type: 'text', body });

export function marinaThread(id, now, clock) {
  const list = [];
  const say = (at, fields) =>
    list.push(message(id, `${id}-${String(list.length).padStart(3, '0')}`, at, fields));
  const out = (at, content, state = 'read', more = {}) =>
    say(at, { direction: 'out', content, delivery: delivery(state, at), ...more });
  const into = (at, content, more = {}) => say(at, { content, ...more });
  const dayBefore = 24 * 3_600_000;

  for (let index = 0; index < 120; index += 1) {
    const at = now - (42 - index / 3) * dayBefore;
    if (index % 3 === 0) out(at, text(`Mensagem anterior ${index + 1}: seu exame foi registrado.`));
    else into(at, text(index % 3 === 1 ? 'Obrigada!' : `Pode confirmar o horário ${index}?`));
  }
  out(
    clock(17, 34) - dayBefore,
    template('Olá, Marina. Seu exame está marcado para *terça, 24 nov, 07:20*, unidade Pinheiros.', [
      'Confirmar presença',
      'Remarcar',
    ]),
  );
  into(clock(9, 26), {
    type: 'image',
    media: media('photo-order', 'image/svg+xml'),
    caption: 'Pode ver se o pedido está certo?',
  });
  into(clock(9, 27), text('É do Dr. Paulo, o de quarta passada.'));
  say(clock(9, 31), {
    direction: 'out',
    author: null,
    delivery: null,
    wamid: null,
    content: { type: 'system', kind: 'assigned', body: 'Omar assigned this to Rafael' },
  });
  out(clock(9, 33), text('Está sim, Marina. Os dois no mesmo horário.'), 'read', {
    reply_to: {
      id: `${id}-121`,
      author: 'Marina Duarte',
      snippet: 'Photo · Pode ver se o pedido está certo?',
    },
  });
  into(
    clock(10, 36),
    { type: 'audio', media: media('voice-1', 'audio/ogg'), voice: true },
    { reactions: [{ from: 'business', emoji: '👍' }] },
  );
  out(clock(10, 37), text('É gratuito por 2 h, basta validar na recepção.'), 'delivered');
  out(
    clock(10, 38),
    {
      type: 'video',
      media: media('video-big', 'video/mp4', { state: 'failed', reason: 'larger than 16 MB' }),
      caption: 'Segue o vídeo do trajeto.',
    },
    'failed',
    {
      delivery: delivery('failed', clock(10, 38), {
        code: null,
        text: 'The video is larger than 16 MB.',
        action: 'fix_content',
      }),
    },
  );
  out(clock(10, 39), text('Pode levar documento com foto também.'), 'unknown');
  out(clock(10, 40), text('Qualquer dúvida, estou por aqui.'), 'sent');
  out(clock(10, 41), text('Já te mando o endereço.'), 'queued');
  into(clock(10, 42), text('Consigo levar o pedido impresso na hora?'));
  return list;
}

export function everyKind(id, now) {
  const list = [];
  let at = now - 30 * 60_000;
  const say = (fields) => {
    at += 60_000;
    list.push(message(id, `${id}-${String(list.length).padStart(3, '0')}`, at, fields));
  };
  say({ content: text('Hi! _Which_ size is *right* for me? https://example.com/sizes') });
  say({
    content: {
      type: 'image',
      media: media('photo-chart', 'image/svg+xml', { state: 'pending' }),
      caption: 'Is this the right size chart?',
    },
  });
  say({
    content: {
      type: 'document',
      media: media('doc-1', 'application/pdf', { filename: 'invoice-40-2217.pdf' }),
      caption: null,
    },
    forwarded: true,
  });
  say({ content: { type: 'sticker', media: media('sticker-1', 'image/svg+xml'), animated: false } });
  say({
    content: {
      type: 'location',
      latitude: -23.5614,
      longitude: -46.6825,
      name: 'Unidade Pinheiros',
      address: 'Rua dos Pinheiros, 498',
      url: null,
    },
  });
  say({
    content: {
      type: 'contacts',
      contacts: [
        {
          name: 'Paulo Reis',
          phones: ['+1 202 555 0170'],
          emails: ['paulo@example.com'],
          organization: 'Clínica Aurora',
        },
      ],
    },
  });
  say({
    content: { type: 'choice', kind: 'list', id: 'row-2', title: 'Size M', description: 'In stock, 3 left' },
  });
  say({
    content: {
      type: 'order',
      catalog_id: '1',
      text: 'Please gift-wrap',
      items: [
        { product: 'Kurta, indigo', quantity: 2, price: '24.00', currency: 'USD' },
        { product: 'Scarf', quantity: 1, price: '9.50', currency: 'USD' },
      ],
    },
  });
  say({
    content: {
      type: 'unsupported',
      kind: 'poll',
      code: 131051,
      detail: 'Message type is currently not supported.',
    },
  });
  say({ content: { type: 'system', kind: 'call_missed', body: 'Missed voice call' } });
  say({ content: { type: 'reaction', emoji: '❤️', target: 'wamid.before' } });
  say({ content: text('never mind'), revoked: true });
  say({
    content: text('I meant the blue one'),
    edited: true,
    referral: { headline: 'Festival sale', body: null, source_url: 'https://example.com' },
  });
  say({
    direction: 'out',
    content: text('The blue one is 24 USD.'),
    delivery: delivery('failed', at, {
      code: 131047,
      text: 'More than 24 hours have passed since the customer last replied.',
      action: 'use_template',
    }),
    reactions: [{ from: 'customer', emoji: '🙏' }],
  });
  say({
    content: {
      type: 'image',
      media: media('photo-chart-2', 'image/svg+xml'),
      caption: 'Is this the right size chart?',
    },
  });
  return list;
}

export const small = (id, at, fields) => [message(id, `${id}-000`, at, fields)];
