import { delivery, everyKind, marinaThread, message } from './contents.mjs';
import { numbers, personOf } from './people.mjs';

const HOUR = 3_600_000;
const LONG_LIST = 160;
const DAYS = 24 * HOUR;

const snippetOf = (content) =>
  content.body ?? content.caption ?? content.title ?? (content.type === 'audio' ? '0:48' : '');

export function previewOf(last) {
  if (!last) return null;
  return {
    message_id: last.id,
    direction: last.direction,
    kind: last.content.type,
    snippet: snippetOf(last.content),
    at: last.at,
    delivery: last.delivery?.state ?? null,
  };
}

export function seed(now) {
  // The pictures are taken at 10:42; at any other time the same things happened as long ago.
  const clock = (hour, minute) => now - (10 * 60 + 42 - (hour * 60 + minute)) * 60_000;
  const [clinic, store, travel] = numbers['org-meridian'].map(({ waba_id: _, ...number }) => number);
  const conversations = [];
  const threads = new Map();

  const add = (id, contact, number, fields, messages) => {
    const last = messages.at(-1);
    threads.set(id, messages);
    conversations.push({
      id,
      contact: {
        id: `contact-${id}`,
        name: null,
        username: null,
        phone: null,
        bsuid: null,
        country: null,
        ...contact,
      },
      number,
      status: 'open',
      assignee: personOf('m-rn'),
      team: null,
      unread: 0,
      last_activity_at: last.at,
      window_until: now + 23.9 * HOUR,
      preview: previewOf(last),
      revision: 1,
      ...fields,
    });
  };
  const one = (id, at, content, state) => [
    message(id, `${id}-000`, at - HOUR, { content: { type: 'text', body: '…' } }),
    message(
      id,
      `${id}-001`,
      at,
      state ? { direction: 'out', content, delivery: delivery(state, at) } : { content },
    ),
  ];
  const text = (body) => ({ type: 'text', body });

  add(
    'c-marina',
    { name: 'Marina Duarte', username: 'marina.duarte', bsuid: 'BR.13491208655302741298', country: 'BR' },
    clinic,
    { unread: 3 },
    marinaThread('c-marina', now, clock),
  );
  add(
    'c-aarav',
    { name: 'Aarav Deshpande', phone: '+1 202 555 0131', country: 'IN' },
    store,
    { unread: 1, assignee: null },
    one('c-aarav', clock(10, 41), text('क्या गुरुवार तक डिलीवरी हो जाएगी?')),
  );
  add(
    'c-yasmine',
    { name: 'Yasmine Mansour', username: 'yasmine.mansour', bsuid: 'EG.90417735520184466', country: 'EG' },
    travel,
    { unread: 2, assignee: personOf('m-lh') },
    one('c-yasmine', clock(10, 38), text('ممكن نأجل الرحلة ليوم الأحد؟')),
  );
  add(
    'c-0117',
    { phone: '+1 202 555 0117', country: 'US' },
    store,
    { unread: 1, assignee: null },
    everyKind('c-0117', clock(10, 36) - 15 * 60_000 + 30 * 60_000),
  );
  add(
    'c-beatriz',
    { name: 'Beatriz Lacerda', phone: '+1 202 555 0131', country: 'BR' },
    clinic,
    { window_until: now + 11.2 * HOUR },
    one('c-beatriz', clock(10, 31), text('Meu resultado já saiu?')),
  );
  add(
    'c-camille',
    { name: 'Camille Rousseau', phone: '+1 202 555 0109', country: 'FR' },
    travel,
    { assignee: personOf('m-of'), window_until: now + 38.5 * 60_000 },
    one('c-camille', clock(10, 24), text("Je vérifie avec l'hôtel et je reviens."), 'read'),
  );
  add(
    'c-kwame',
    { name: 'Kwame Boateng', phone: '+1 202 555 0122', country: 'GH' },
    store,
    { assignee: personOf('m-pm'), window_until: now + 19.3 * HOUR },
    one('c-kwame', clock(10, 19), text('Your invoice for order 40-2217 is attached.'), 'read'),
  );
  add(
    'c-ananya',
    { name: 'Ananya Iyer', username: 'ananya.iyer', bsuid: 'IN.77120943186650238', country: 'IN' },
    store,
    { assignee: personOf('m-pm') },
    one('c-ananya', clock(10, 12), {
      type: 'audio',
      media: { id: 'voice-2', state: 'ready', mime: 'audio/ogg', size: 9_000, filename: null, reason: null },
      voice: true,
    }),
  );
  add(
    'c-mateo',
    { name: 'Mateo Villalobos', phone: '+1 202 555 0157', country: 'MX' },
    travel,
    { assignee: personOf('m-lh'), window_until: clock(9, 58) },
    one('c-mateo', clock(9, 58), text('El reembolso sale hoy mismo.'), 'failed'),
  );
  add(
    'c-tarek',
    { name: 'Tarek El-Sayed', phone: '+1 202 555 0193', country: 'EG' },
    travel,
    { assignee: personOf('m-of'), window_until: now + 8.4 * HOUR },
    one('c-tarek', clock(9, 47), text('The visa is ready.'), 'delivered'),
  );
  add(
    'c-luiza',
    { name: 'Luiza Prado', phone: '+1 202 555 0109', country: 'BR' },
    clinic,
    { window_until: clock(8, 30) },
    one('c-luiza', clock(9, 30), text('Lembrete: consulta amanhã às 08:15'), 'delivered'),
  );
  add(
    'c-rohan',
    { name: 'Rohan Kulkarni', phone: '+1 202 555 0126', country: 'IN' },
    store,
    { assignee: personOf('m-pm'), window_until: now + 110.5 * 60_000 },
    one('c-rohan', clock(9, 14), text('Refund approved, 2 working days.'), 'sent'),
  );
  for (let index = 0; index < LONG_LIST; index += 1) {
    const id = `c-more-${index}`;
    const at = clock(8, 0) - index * 11 * 60_000;
    add(
      id,
      { name: `Customer ${index + 1}`, phone: `+1 202 555 ${String(2000 + index)}`, country: 'US' },
      store,
      {
        assignee: index % 16 === 0 ? personOf('m-rn') : index % 30 === 0 ? null : personOf('m-lh'),
        status: index % 4 === 3 ? 'closed' : 'open',
        window_until: at + 24 * HOUR > now ? at + 24 * HOUR : at,
      },
      one(id, at, text(`Question number ${index + 1} about my order`), index % 2 ? 'read' : null),
    );
  }
  add(
    'c-marina-old',
    { name: 'Marina Duarte', username: 'marina.duarte', bsuid: 'BR.13491208655302741298', country: 'BR' },
    clinic,
    { status: 'closed', window_until: now - 40 * DAYS },
    one('c-marina-old', now - 51 * DAYS, text('Resultado do hemograma'), 'read'),
  );
  const marina = conversations.find((row) => row.id === 'c-marina');
  conversations.find((row) => row.id === 'c-marina-old').contact = marina.contact;
  return { conversations, threads };
}

const variables = (...list) =>
  list.map(([name, place, example, index = null]) => ({ name, place, index, example }));

export const templates = [
  [
    'retorno_exame',
    'pt_BR',
    'UTILITY',
    'GREEN',
    { kind: 'image', text: null },
    'Olá, {{first_name}}. O resultado de {{exam}} já está no portal e fica disponível até {{until}}.',
    'Clínica Aurora, unidade Pinheiros',
    [
      { kind: 'URL', text: 'Abrir portal', url: 'https://portal.example/{{1}}' },
      { kind: 'QUICK_REPLY', text: 'Falar com a equipe' },
    ],
    variables(
      ['first_name', 'body', 'Marina'],
      ['exam', 'body', 'Hemograma e glicemia'],
      ['until', 'body', '24 fev 2027'],
      ['1', 'button', 'A7K2-90', 0],
    ),
  ],
  [
    'lembrete_exame',
    'pt_BR',
    'UTILITY',
    'GREEN',
    null,
    'Olá, {{1}}. Seu exame está marcado para {{2}}.',
    null,
    [],
    variables(['1', 'body', 'Marina'], ['2', 'body', 'terça, 07:20']),
  ],
  ['remarcar_consulta', 'pt_BR', 'UTILITY', 'GREEN', null, 'Três horários para escolher', null, [], []],
  ['pesquisa_atendimento', 'pt_BR', 'UTILITY', 'GREEN', null, 'Nota de 1 a 5', null, [], []],
  ['check_up_primavera', 'pt_BR', 'MARKETING', 'YELLOW', null, 'Pacote com 20 % de desconto', null, [], []],
  [
    'boleto_segunda_via',
    'pt_BR',
    'UTILITY',
    'GREEN',
    { kind: 'document', text: null },
    'PDF em anexo',
    null,
    [],
    [],
  ],
  [
    'lab_result_ready',
    'en',
    'UTILITY',
    'GREEN',
    { kind: 'text', text: 'Result ready' },
    'Result ready, portal link',
    null,
    [],
    [],
  ],
  [
    'kasturi_six',
    'en',
    'MARKETING',
    'GREEN',
    { kind: 'image', text: null },
    'Hi {{first_name}}, Kasturi turns six this week. Every handloom saree is 15 % off until {{until}}, and stitching is on us.',
    'Reply STOP to get no more offers',
    [
      { kind: 'URL', text: 'See the collection', url: 'https://kasturi.example/six' },
      { kind: 'QUICK_REPLY', text: 'Stop promotions' },
    ],
    variables(['file', 'header', null], ['first_name', 'body', 'Ananya'], ['until', 'body', 'Sunday']),
  ],
  ['paused_offer', 'en', 'MARKETING', 'RED', null, 'Offer', null, [], [], 'Paused by WhatsApp'],
  ['rejected_offer', 'en', 'MARKETING', 'UNKNOWN', null, 'Offer', null, [], [], 'Rejected by WhatsApp'],
].map(([name, language, category, quality, header, body, footer, buttons, vars, reason = null], at) => ({
  id: `t-${at}`,
  waba: '102290129340398',
  meta_id: String(1_000 + at),
  revision: 1,
  written_at: 0,
  news_at: null,
  reason: null,
  cards: [],
  offer: null,
  login_code: null,
  examples: [],
  unknown: [],
  name,
  language,
  category,
  quality,
  header,
  body,
  footer,
  buttons,
  variables: vars.map((one) => ({
    card: null,
    kind: { button: 'url_suffix', header: 'image' }[one.place] ?? 'text',
    required: true,
    ...one,
  })),
  status: { paused_offer: 'PAUSED', rejected_offer: 'REJECTED' }[name] ?? 'APPROVED',
  sendable: reason === null,
  unsendable_reason: reason,
}));

const LOG_KINDS = [
  ['messages', 'text'],
  ['statuses', 'read'],
  ['statuses', 'delivered'],
  ['messages', 'interactive'],
  ['messages', 'image'],
  ['statuses', 'delivered'],
  ['statuses', 'sent'],
  ['statuses', 'failed'],
  ['phone_number_quality_update', 'phone_number_quality_update'],
  ['messages', 'audio'],
  ['statuses', 'read'],
  ['message_template_quality_update', 'message_template_quality_update'],
  ['messages', 'text'],
];

export function seedLog(now) {
  const raw = JSON.stringify({
    field: 'messages',
    value: {
      messaging_product: 'whatsapp',
      metadata: { display_phone_number: '12025550148', phone_number_id: '106540352242923' },
      contacts: [{ profile: { name: 'Vikram Salvi' }, user_id: 'IN.90417735520184466' }],
      messages: [
        {
          id: 'wamid.HBgLMTIwMjU1NTAxMTcVAgASGBQz',
          timestamp: '1795430525',
          type: 'interactive',
          interactive: { type: 'carousel_reply', carousel_reply: { card_index: 2 } },
        },
      ],
    },
  });
  return Array.from({ length: 120 }, (_, index) => {
    const [field, kind] = LOG_KINDS[index % LOG_KINDS.length];
    const received_at = now - index * 413 - (index % 7) * 91;
    const outcome =
      index === 3 || index === 29
        ? 'quarantined'
        : index === 5
          ? 'duplicate'
          : index === 12
            ? 'stored'
            : 'processed';
    return {
      id: `evt01kar7q4m9x2${String(index).padStart(4, '0')}`,
      received_at,
      processed_at: outcome === 'processed' ? received_at + 3 + (index % 4) : null,
      field,
      kind,
      phone_number_id: ['106540352242922', '106540352242923', '106540352242924'][index % 3],
      outcome,
      attempts: outcome === 'quarantined' ? 5 : 1,
      error:
        outcome === 'quarantined' ? 'unknown variant `carousel_reply` at messages[0].interactive.type' : null,
      conversation_id: outcome === 'quarantined' ? 'c-aarav' : null,
      size: raw.length,
      raw,
    };
  });
}
