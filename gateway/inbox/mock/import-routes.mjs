// Files of contacts. The mock reads them as the server does, brings nothing in, and says what would have come of it.
import { invalid, missing, Refused } from './refused.mjs';

const WORK_MS = 1_500;
const GUESSES = {
  phone: 'phone',
  telefone: 'phone',
  name: 'name',
  nome: 'name',
  tags: 'tags',
  language: 'language',
};

export class Imports {
  constructor(now, by) {
    this.list = [
      {
        id: 'i-spring',
        file_name: 'spring-fair.csv',
        mapping: { columns: ['phone', 'name'], country: 'IN', tags: [] },
        by,
        uploaded_at: now - 26 * 3_600_000,
        stage: 'done',
        rows: 1_204,
        created: 1_130,
        changed: 58,
        unchanged: 9,
        rejected: 7,
        left: 0,
      },
    ];
    this.texts = new Map();
  }

  one(id) {
    const found = this.list.find((one) => one.id === id);
    if (!found) throw missing('The file');
    return found;
  }

  report(id) {
    const { mapping } = this.one(id);
    const [, ...rows] = this.texts.get(id) ?? [[]];
    const phone = mapping.columns.indexOf('phone');
    const reasons = {};
    const examples = [];
    let fixed = 0;
    for (const [at, cells] of rows.entries()) {
      const digits = (cells[phone] ?? '').replace(/\D/g, '');
      const whole = (cells[phone] ?? '').trim().startsWith('+');
      const reason =
        digits.length < 8
          ? 'The phone number has too few digits.'
          : !whole && !mapping.country
            ? 'The phone number has no country.'
            : null;
      if (!reason && !whole) fixed += 1;
      if (!reason) continue;
      reasons[reason] = (reasons[reason] ?? 0) + 1;
      examples.push({ line: at + 2, reason });
    }
    const rejected = examples.length;
    return { rows: rows.length, valid: rows.length - rejected, fixed, rejected, reasons, examples };
  }

  work(one, stage, figures, end) {
    if (one.stage === stage) return;
    Object.assign(one, { stage });
    setTimeout(() => Object.assign(one, figures, { stage: end }), WORK_MS).unref();
  }
}

const own = (call) => {
  call.home.require(call.member, 'contacts.import');
  return call.world.imports;
};
const view = (one) => ({
  ...one,
  progress:
    one.stage === 'running' || one.stage === 'undoing'
      ? { rows: 1, created: 1, changed: 0, unchanged: 0, rejected: 0, left: 0 }
      : null,
});

export const importRoutes = [
  ['GET', '/contact-imports', (call) => ({ body: { items: own(call).list.map(view), next: null } })],
  [
    'POST',
    '/contact-imports',
    (call) => {
      const imports = own(call);
      const lines = call.raw.toString().split(/\r?\n/).filter(Boolean);
      const table = lines.map((line) => line.split(','));
      if (table.length < 2) throw invalid('The file has no rows below its heading. Nothing was stored.');
      const made = {
        id: `i-${imports.list.length + 1}`,
        file_name: decodeURIComponent(call.request.headers['x-filename'] ?? 'contacts.csv'),
        mapping: {
          columns: table[0].map((heading) => GUESSES[heading.trim().toLowerCase()] ?? 'skip'),
          country: null,
          tags: [],
        },
        by: { id: call.member.id, name: call.member.name },
        uploaded_at: call.world.clock(),
        stage: 'uploaded',
        rows: 0,
        created: 0,
        changed: 0,
        unchanged: 0,
        rejected: 0,
        left: 0,
      };
      imports.list.unshift(made);
      imports.texts.set(made.id, table);
      return { status: 201, body: { import: made, headings: table[0], rows: table.slice(1, 6) } };
    },
  ],
  ['GET', '/contact-imports/:file', (call) => ({ body: view(own(call).one(call.params.file)) })],
  [
    'PUT',
    '/contact-imports/:file/mapping',
    (call) => {
      const one = own(call).one(call.params.file);
      one.mapping = call.body;
      return { body: view(one) };
    },
  ],
  ['GET', '/contact-imports/:file/report', (call) => ({ body: own(call).report(call.params.file) })],
  [
    'GET',
    '/contact-imports/:file/rejected',
    (call) => ({
      bytes: Buffer.from(
        [
          'line,reason',
          ...own(call)
            .report(call.params.file)
            .examples.map((one) => `${one.line},${one.reason}`),
        ].join('\r\n'),
      ),
      mime: 'text/csv; charset=utf-8',
      attachment: 'rejected.csv',
    }),
  ],
  [
    'POST',
    '/contact-imports/:file/run',
    (call) => {
      const imports = own(call);
      const one = imports.one(call.params.file);
      if (one.stage !== 'uploaded' && one.stage !== 'running')
        throw new Refused(409, 'wrong_state', 'This file was brought in already.');
      const { rows, valid, rejected } = imports.report(one.id);
      imports.work(one, 'running', { rows, created: valid, rejected }, 'done');
      return { status: 202, body: view(one) };
    },
  ],
  [
    'POST',
    '/contact-imports/:file/undo',
    (call) => {
      const imports = own(call);
      const one = imports.one(call.params.file);
      imports.work(one, 'undoing', { left: 1 }, 'undone');
      return { status: 202, body: view(one) };
    },
  ],
];
