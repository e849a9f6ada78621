// What no log may hold, of the servers that the browser tests used:
//   canaries.mjs gather DEMO_URL        writes to the output, a line each, what people wrote and are called in the demo
//   canaries.mjs search CANARIES LOG…   fails when a log holds one of them, or something that can be nothing else
import { readFileSync } from 'node:fs';

// What the tests on the plain server type in; what it makes itself is found by its shape.
const TYPED = ['a sentence to keep', 'Padaria Sol', 'Ana Sol'];
// Shorter texts, and words that a log may use itself, are no canaries.
const telling = (text) => text.length >= 8 && /[^a-z]/.test(text);
const PAGES = 20;

/** Every text below these names, however deep. */
function* texts(value, names, named = false) {
  if (typeof value === 'string') {
    if (named) yield value;
  } else if (value && typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) {
      yield* texts(inner, names, named || names.has(name));
    }
  }
}

async function gather(url) {
  const headers = { origin: url, 'x-jetto-client': 'tests', 'content-type': 'application/json' };
  const get = async (path) => {
    const answer = await fetch(url + path, { headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  };
  const door = await get('/api/v1/demo');
  const owner = door.people.find((person) => person.role === 'owner') ?? door.people[0];
  const body = JSON.stringify({ member_id: owner.member_id });
  const entered = await fetch(`${url}/api/v1/demo/sessions`, { method: 'POST', headers, body });
  if (!entered.ok) throw new Error(`the owner did not get in: ${entered.status}`);
  headers.cookie = entered.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
  const found = new Set();
  const names = new Set([
    'name',
    'username',
    'phone',
    'email',
    'snippet',
    'body',
    'text',
    'caption',
    'wamid',
  ]);
  const keep = (answer) => {
    for (const text of texts(answer, names)) if (telling(text)) found.add(text);
  };
  keep(door.people.map(({ name, email }) => ({ name, email })));
  for (let next = '', page = 0; next !== null && page < PAGES; page += 1) {
    const list = await get(`/api/v1/conversations?view=all${next && `&cursor=${encodeURIComponent(next)}`}`);
    // The organization's own name and numbers stand in the log rightly.
    for (const { contact, preview } of list.items) keep({ contact, preview });
    for (const { id } of list.items.slice(0, 5)) {
      for (const { content, wamid } of (await get(`/api/v1/conversations/${id}/messages`)).items)
        keep({ content, wamid });
    }
    next = list.next;
  }
  if (found.size < 200) throw new Error(`only ${found.size} canaries were found`);
  return [...found];
}

/** Found without having been planted. */
const KINDS = [
  ['a message id of WhatsApp', /wamid\./],
  ['a signed token', /eyJ[\w-]{8}/],
  ['an address', /[\w.+-]+@[\w-]+\.example/],
  ['a customer’s number', /\b1202555(?!0100)\d{4}\b/],
  [
    'a secret of 32 bytes',
    /(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)(?:jetto_)?[\w-]{43}(?![\w-])/,
  ],
];

function betrayed(log, canaries) {
  const known = canaries.find((text) => log.includes(text) || log.includes(encodeURIComponent(text)));
  if (known) return known;
  for (const line of log.split('\n')) {
    const kind = KINDS.find(([, shape]) => shape.test(line));
    if (kind) return `${kind[0]}, in: ${line}`;
  }
  return null;
}

const [, , order, ...rest] = process.argv;
if (order === 'gather') {
  process.stdout.write(`${(await gather(rest[0])).map((text) => JSON.stringify(text)).join('\n')}\n`);
} else if (order === 'search') {
  const [file, ...logs] = rest;
  const canaries = [
    ...readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    ...TYPED,
  ];
  const samples = [
    ...canaries.slice(0, 3),
    'wamid.HBgL',
    'eyJhbGciOiJI',
    'ana@sol.example',
    '12025550123',
    'jetto_Ab0'.padEnd(49, 'x'),
  ];
  for (const sample of samples) {
    if (!betrayed(`12:00 INFO it is about ${sample} here`, canaries))
      throw new Error(`the search is blind to ${sample}`);
  }
  for (const name of logs) {
    const log = readFileSync(name, 'utf8');
    if (!log.includes(' DEBUG ') && !log.includes(' TRACE '))
      throw new Error(`${name} is not at its most verbose`);
    const canary = betrayed(log, canaries);
    if (canary) throw new Error(`${name} holds ${canary}`);
  }
  console.log(`${logs.length} logs of the servers hold none of ${canaries.length} canaries`);
} else {
  throw new Error('gather or search?');
}
