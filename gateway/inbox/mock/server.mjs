// Speaks contract/API.md with made-up data, for developing and for states that are hard to reach for real.
// PORT (default 8788, 0 = any), MOCK_NOW (fixed clock, ms), MOCK_DEMO=0 (ordinary sign-in).
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { WebSocketServer } from 'ws';
import { withTest } from './campaign-tests.mjs';
import { Campaigns } from './campaigns.mjs';
import { Channels } from './channel-routes.mjs';
import { Contacts } from './contacts.mjs';
import { serveFile } from './files.mjs';
import { Imports } from './import-routes.mjs';
import { Installation } from './installation.mjs';
import { members, personOf } from './people.mjs';
import { Refused } from './refused.mjs';
import { masked, routes } from './routes.mjs';
import { Segments } from './segment-routes.mjs';
import { World } from './world.mjs';

const HEAD_MS = 5_000;
const FIGURES_MS = 1_000;
/** Answers that say a number in full: the reveal, and one's own. */
const REVEALS = /\/reveal$|\/api\/v1\/(me|sessions)/;

export async function startMock({ port = 0, now = null, demo = true } = {}) {
  const worlds = new Map();
  const worldOf = (member) => {
    if (!worlds.has(member.organization_id))
      worlds.set(member.organization_id, emptied(new World(now), member, home));
    return worlds.get(member.organization_id);
  };
  const home = new Installation(now);
  const seatsOf = (wanted) => [...sockets].filter(([, seat]) => wanted(seat)).map(([socket]) => socket);
  home.onPermissions = (id) => {
    for (const socket of seatsOf((seat) => seat.member.id === id))
      socket.send(JSON.stringify({ type: 'permissions_changed' }));
  };
  home.onSignedOut = (id) => {
    for (const socket of seatsOf((seat) => seat.session.id === id)) {
      socket.send(JSON.stringify({ type: 'signed_out' }));
      socket.close(4001);
    }
  };
  const sockets = new Map();
  const colleagues = new Map();
  let refuseUntil = 0;

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://mock');
    const raw = await bodyOf(request);
    if (url.pathname.startsWith('/mock/')) return control(url.pathname, parsed(raw), response);
    if (!url.pathname.startsWith('/api/v1/')) return serveFile(url.pathname, response);
    if (Date.now() < refuseUntil) return request.socket.destroy();
    try {
      const { member, result } = route(request, url, raw);
      answer(response, result, (text) => (REVEALS.test(url.pathname) ? text : hidden(text, member)));
    } catch (error) {
      const problem =
        error instanceof Refused
          ? error.problem
          : { status: 500, code: 'broken', title: 'broken', detail: String(error.stack) };
      response
        .writeHead(problem.status, { 'Content-Type': 'application/problem+json', ...error.headers })
        .end(JSON.stringify(problem));
    }
  });

  function route(request, url, raw) {
    const session = home.bySession(request);
    const member = home.memberOf(session);
    for (const [method, pattern, handler, open] of routes) {
      const params = match(pattern, url.pathname.slice('/api/v1'.length));
      if (method !== request.method || !params) continue;
      if (!open && !member) throw new Refused(401, 'signed_out', 'Sign in first.');
      const world = member && worldOf(member);
      const row = params.id ? world?.conversation(params.id) : null;
      const wantsRow = pattern.startsWith('/conversations/:id') || pattern.startsWith('/messages/:id');
      if (wantsRow && !row)
        throw new Refused(404, 'not_found', 'This conversation does not exist, or you may not see it.');
      const result = handler({
        home,
        world,
        member,
        session,
        row,
        params,
        query: url.searchParams,
        body: parsed(raw),
        raw,
        request,
        demo,
      });
      return { member, result };
    }
    throw new Refused(404, 'not_found', 'No such route.');
  }

  /** Where masking is on, no answer and no frame carries a whole number of a contact. */
  function hidden(text, member) {
    if (!member || !home.house(member).settings.mask_phones) return text;
    return text.replace(/"phone":"(\+[^"]+)"/g, (_, phone) => `"phone":"${masked(phone)}"`);
  }

  function control(path, body, response) {
    const world = worldOf(members[0]); // Meridian Care
    if (path === '/mock/receive')
      world.add(world.conversation(body.conversation_id), { content: { type: 'text', body: body.text } });
    // As if the minutes of every access token were over: the next request has to renew its session.
    if (path === '/mock/expire') for (const one of home.sessions.values()) one.access = 'old';
    if (path === '/mock/revoke') home.end(home.sessionsOf(body.email).map((one) => one.id));
    if (path === '/mock/tidy') home.tidy();
    if (path === '/mock/campaigns') world.campaigns.reset();
    if (path === '/mock/sign-ups') home.signUpOpen = body.open;
    if (path === '/mock/role') {
      const member = [...home.households.values()]
        .flatMap((one) => one.members)
        .find((one) => one.id === body.member_id);
      member.role = body.role;
      home.onPermissions(member.id);
    }
    if (path === '/mock/presence') {
      colleagues.set(body.conversation_id, body.people);
      presence(body.conversation_id);
    }
    if (path === '/mock/offline') {
      refuseUntil = Date.now() + body.ms;
      for (const socket of sockets.keys()) socket.terminate();
    }
    response.writeHead(204).end();
  }

  const live = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    const session = home.bySession(request);
    const member = home.memberOf(session);
    if (!member || Date.now() < refuseUntil) return socket.destroy();
    live.handleUpgrade(request, socket, head, (ws) => attend(ws, request, member, session));
  });

  function attend(ws, request, member, session) {
    const world = worldOf(member);
    const say = (frame) => ws.send(hidden(JSON.stringify(frame, sparse), member));
    const after = new URL(request.url, 'http://mock').searchParams.get('after');
    sockets.set(ws, { member, session, viewing: null, typing: false, watching: null });
    say({ type: 'hello', head: world.events.length, session: 'mock' });
    if (after !== null) for (const event of world.events.slice(Number(after))) say(event);
    world.listeners.add(say);
    const heart = setInterval(() => say({ type: 'head', head: world.events.length }), HEAD_MS);
    const figures = setInterval(() => tellFigures(sockets.get(ws), world, say), FIGURES_MS);
    ws.on('message', (data) => {
      const frame = JSON.parse(data);
      if (frame.type === 'ping') say({ type: 'pong' });
      const seat = sockets.get(ws);
      const before = seat.viewing;
      if (frame.type === 'view') Object.assign(seat, { viewing: frame.conversation_id, typing: false });
      if (frame.type === 'typing') seat.typing = frame.typing;
      if (frame.type === 'watch_campaign') seat.watching = frame.campaign_id;
      for (const id of new Set([before, seat.viewing])) if (id) presence(id);
    });
    ws.on('close', () => {
      clearInterval(heart);
      clearInterval(figures);
      world.listeners.delete(say);
      sockets.delete(ws);
    });
  }

  function tellFigures({ member, watching }, world, say) {
    const campaign = world.campaigns.list.find((one) => one.id === watching);
    if (!campaign || !home.grants(member).includes('campaigns.read')) return;
    world.campaigns.advance(campaign);
    const progress = withTest(world.campaigns.progress(campaign), campaign);
    say({ type: 'campaign_progress', campaign_id: campaign.id, progress });
  }

  function presence(id) {
    const seats = [...sockets.values()].filter((seat) => seat.viewing === id);
    const people = [
      ...seats.map(({ member, typing }) => ({ id: member.id, name: member.name, typing })),
      ...(colleagues.get(id) ?? []),
    ];
    for (const [ws, seat] of sockets)
      if (seat.viewing === id) ws.send(JSON.stringify({ type: 'presence', conversation_id: id, people }));
  }

  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () =>
      new Promise((resolve) => {
        for (const ws of sockets.keys()) ws.terminate();
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/** The second organization was set up this morning: nobody has written yet. */
function emptied(world, member, home) {
  world.channels = new Channels(member.organization_id, home.clock());
  world.imports = new Imports(home.clock(), personOf('m-pm'));
  if (member.organization_id !== 'org-meridian') {
    Object.assign(world, { conversations: [], threads: new Map(), log: [] });
    Object.assign(world.imports, { list: [] });
  }
  world.contacts = new Contacts(world.clock, () => world.conversations);
  world.segments = new Segments(world.clock, () => world.contacts.all());
  const people = (segment) => (segment ? world.segments.matching(segment) : world.contacts.all());
  world.campaigns = new Campaigns(member.organization_id, {
    clock: home.clock,
    people,
    template: (name) => world.templates.find((one) => one.name === name),
  });
  if (member.organization_id !== 'org-meridian') Object.assign(world.segments, { list: [] });
  return world;
}

function match(pattern, path) {
  const names = pattern.split('/');
  const parts = path.split('/');
  if (names.length !== parts.length) return null;
  const params = {};
  for (const [at, name] of names.entries()) {
    if (name.startsWith(':')) params[name.slice(1)] = decodeURIComponent(parts[at]);
    else if (name !== parts[at]) return null;
  }
  return params;
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function parsed(raw) {
  try {
    return JSON.parse(raw.toString() || '{}');
  } catch {
    return {};
  }
}

function answer(response, { status = 200, body, bytes, mime, attachment, cookies }, shown) {
  const headers = {};
  if (cookies) headers['Set-Cookie'] = cookies;
  if (attachment) headers['Content-Disposition'] = `attachment; filename="${attachment}"`;
  if (bytes)
    response.writeHead(200, { ...headers, 'Content-Type': mime, 'Content-Length': bytes.length }).end(bytes);
  else if (body === undefined) response.writeHead(status, headers).end();
  else
    response
      .writeHead(status, { ...headers, 'Content-Type': 'application/json' })
      .end(shown(JSON.stringify(body, sparse)));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { url } = await startMock({
    port: Number(process.env.PORT ?? 8788),
    now: process.env.MOCK_NOW ? Number(process.env.MOCK_NOW) : null,
    demo: process.env.MOCK_DEMO !== '0',
  });
  console.log(`listening on ${url}`);
}

/** Left out by the server when there is nothing to say. */
const SPARSE = new Set(
  'assignee team window_until preview name username phone bsuid country delivery author wamid client_id reply_to referral'.split(
    ' ',
  ),
);

const isSparse = (row) => 'bsuid' in row || 'revision' in row || 'direction' in row;

/** For `JSON.stringify`: conversations, contacts, previews and messages as the server writes them. */
function sparse(key, value) {
  return value === null && SPARSE.has(key) && isSparse(this) ? undefined : value;
}
