// What the mock's broadcasts are told by.
import { Refused } from './refused.mjs';

export const FAILURES = {
  try_later: [131_056, 'WhatsApp was over capacity'],
  person_limit: [131_049, 'WhatsApp holds back marketing for this person'],
  permanent: [131_026, 'The number has no WhatsApp, or blocked you'],
  opted_out: [131_050, 'This person has stopped marketing in WhatsApp'],
  our_mistake: [132_005, 'Variable 2 is longer than the template allows'],
};

export function recipient(no, contact, own, at, lane) {
  const key = own.replace('failed_', '');
  const failed = own.startsWith('failed_');
  const state = failed ? 'failed' : { waiting: 'queued', under_way: 'queued', parked: 'unknown' }[own];
  return {
    no,
    contact: { id: contact.id, name: contact.name ?? null, phone: contact.phone ?? null },
    lane,
    class: own,
    delivery: {
      state: state ?? own,
      queued_at: at,
      accepted_at: null,
      sent_at: null,
      delivered_at: null,
      read_at: null,
      played_at: null,
      failed_at: failed ? at : null,
      doubted_at: null,
      failure: failed ? { code: FAILURES[key][0], text: FAILURES[key][1], action: null } : null,
    },
    replied_at: own === 'read' && no % 6 === 0 ? at + 90_000 : null,
    clicked_at: own === 'read' && no % 12 === 0 ? at + 90_000 : null,
    opted_out_at: own === 'read' && no % 48 === 6 ? at + 90_000 : null,
  };
}

export const value = ({ source, fallback }, contact) => {
  if (source.kind === 'text') return source.text;
  if (source.kind === 'value') return '';
  const known = {
    name: contact.name,
    first_name: contact.name?.split(' ')[0],
    username: contact.username,
    phone: contact.phone,
    country: contact.country,
  }[source.field];
  return known ?? fallback ?? '';
};

export function findings(plan) {
  const broken = {
    '': 'No number of this broadcast has this template.',
    kasturi_six: 'The image of the header has expired: WhatsApp removed it after 30 days. Nothing was sent.',
  }[plan.template];
  return [
    ...(broken ? [{ severity: 'must_fix', key: 'template', values: {}, text: broken }] : []),
    ...(plan.numbers.length > 1
      ? [
          {
            severity: 'look_at',
            key: 'number_quality',
            values: { number: '+1 202 555 0148' },
            text: '+1 202 555 0148 is not at high quality. Many blocks can lower its limit.',
          },
        ]
      : [
          {
            severity: 'passed',
            key: 'numbers',
            values: {},
            text: 'All numbers are connected, and none is known to be of low quality.',
          },
        ]),
    ...(broken
      ? []
      : [
          {
            severity: 'passed',
            key: 'template_fine',
            values: {},
            text: 'The template is approved and every variable has a source.',
          },
        ]),
  ];
}

/** As the server writes it: what only the mock knows stays here. */
export function shown({ run: _, launch, ...campaign }) {
  return launch ? { ...campaign, launch } : campaign;
}

export function refuseUnless(is, code, detail) {
  if (!is) throw new Refused(code === 'invalid' ? 422 : 409, code, detail);
}

/** Those whom it reached, and who did not read or answer it. */
export const silent = ({ sent, delivered, read, replied }, who) =>
  sent + delivered + (who === 'not_read' ? 0 : read - replied);

export const rests = ({ launch }, number) => Boolean(launch?.resting?.includes(number));

export const tenths = (value) => Math.round(value * 10) / 10;

export const NOBODY = Object.fromEntries(
  'total waiting under_way unknown parked held sent delivered read failed replied clicked opted_out'
    .split(' ')
    .map((key) => [key, 0]),
);

/** People by what became of them, as many as `classes` says of each, from `after` on. */
export function listed(classes, wanted, [after, limit], made) {
  const order = Object.keys(classes).filter((key) => !wanted || key === wanted);
  const size = order.reduce((sum, key) => sum + classes[key], 0);
  const items = [];
  for (let no = after; no < Math.min(size, after + limit); no += 1) {
    let place = no;
    const own = order.find((key) => {
      if (place < classes[key]) return true;
      place -= classes[key];
      return false;
    });
    items.push(made(no, own));
  }
  return { items, next: after + limit < size ? String(after + limit) : null };
}
