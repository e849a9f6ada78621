// Doors, own account and own sessions.
import { CODE, DEFAULT_NAMES, PERMISSIONS, token } from './installation.mjs';
import { numbers } from './people.mjs';
import { invalid, missing, Refused } from './refused.mjs';

const PASSWORD_MIN = 10;
/** Long enough, or the word that the demo uses. */
const checkPassword = (password) => {
  if (!password || (password.length < PASSWORD_MIN && password !== 'demo'))
    throw invalid(`The password is too short: ${PASSWORD_MIN} characters at least. Nothing was saved.`);
};

export const qr = () => {
  let seed = 7;
  const cells = [];
  const finder = (x, y) => (x < 7 && y < 7) || (x > 17 && y < 7) || (x < 7 && y > 17);
  for (let y = 0; y < 25; y += 1)
    for (let x = 0; x < 25; x += 1) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      if (!finder(x, y) && seed % 100 < 48) cells.push(`M${x} ${y}h1v1h-1z`);
    }
  const eye = (x, y) => `M${x} ${y}h7v7h-7zM${x + 1} ${y + 1}v5h5v-5zM${x + 2} ${y + 2}h3v3h-3z`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 29 29" shape-rendering="crispEdges"><path fill="#fff" d="M-2-2h29v29h-29z"/><path fill-rule="evenodd" d="${eye(0, 0)}${eye(18, 0)}${eye(0, 18)}${cells.join('')}"/></svg>`;
};

const cookies = (session) => [
  `auth_token=${session.access}; Path=/; HttpOnly; SameSite=Lax`,
  `auth_refresh=${session.refresh}; Path=/api/v1/sessions/refresh; HttpOnly; SameSite=Lax`,
];

export function meOf({ home, demo }, member) {
  return { ...home.me(member), numbers: numbers[member.organization_id] ?? [], demo };
}

export const signedIn = (call, session, status = 201) => ({
  status,
  body: meOf(call, call.home.memberOf(session)),
  cookies: cookies(session),
});

const shown = (session, current) => {
  const { id, created_at, last_seen_at, expires_at, ip, browser, device } = session;
  return {
    id,
    created_at,
    last_seen_at,
    expires_at,
    ip,
    browser,
    device,
    current: session.id === current?.id,
  };
};

const account = ({ home, member }) => home.accounts.get(member.email);
const codes = () =>
  Array.from({ length: 10 }, () =>
    `${token(3).toLowerCase()}-${token(3).toLowerCase()}`.replaceAll('_', 'x'),
  );
const live = (call, entry, what) => {
  if (!entry || entry.expires_at < call.home.clock())
    throw new Refused(410, 'link_expired', `${what} is over.`);
  return entry;
};
const byToken = (call) => {
  const all = [...call.home.households.values()].flatMap((one) => one.invitations);
  return live(
    call,
    all.find((one) => one.token === call.params.token),
    'The invitation',
  );
};
export const maskedEmail = (email) => email.replace(/^(.).*(@.*)$/, '$1•••$2');

export const accountRoutes = [
  ['GET', '/sign-ups', ({ home }) => ({ body: { open: home.signUpOpen } }), true],
  [
    'POST',
    '/sign-ups',
    (call) => {
      const { home, body, request } = call;
      if (!home.signUpOpen) throw new Refused(403, 'sign_up_closed', 'Sign-up is closed on this server.');
      if (home.accounts.has(body.email))
        throw new Refused(409, 'email_taken', 'There is an account with this email already.');
      checkPassword(body.password);
      const id = `org-${token(6)}`;
      home.found({ id, name: body.organization });
      const member = home.join({ organization_id: id, role: 'owner', name: body.name, email: body.email });
      home.accounts.get(body.email).password = body.password;
      home.audit(home.house(member), member, request, 'organization.created', body.organization);
      return signedIn(call, home.open(member, request));
    },
    true,
  ],
  ['POST', '/sessions', (call) => signedIn(call, call.home.signIn(call.body, call.request)), true],
  [
    'POST',
    '/sessions/refresh',
    (call) => {
      const given = /auth_refresh=([^;]+)/.exec(call.request.headers.cookie ?? '')?.[1];
      const session = [...call.home.sessions.values()].find((one) => one.refresh === given);
      if (!session) throw new Refused(401, 'session_ended', 'This session is over. Sign in again.');
      Object.assign(session, { access: token(), refresh: token(), last_seen_at: call.home.clock() });
      return signedIn(call, session, 200);
    },
    true,
  ],
  [
    'GET',
    '/sessions',
    ({ home, member, session }) => ({
      body: {
        items: home
          .sessionsOf(member.email)
          .sort((a, b) => b.last_seen_at - a.last_seen_at)
          .map((one) => shown(one, session)),
        next: null,
      },
    }),
  ],
  [
    'DELETE',
    '/sessions',
    ({ home, member, session }) => {
      home.end(
        home
          .sessionsOf(member.email)
          .filter((one) => one.id !== session.id)
          .map((one) => one.id),
      );
      return { status: 204 };
    },
  ],
  [
    'DELETE',
    '/sessions/current',
    ({ home, session }) => {
      home.sessions.delete(session.id);
      return { status: 204, cookies: ['auth_token=; Path=/; Max-Age=0'] };
    },
  ],
  [
    'POST',
    '/sessions/switch',
    (call) => {
      const { home, body, member, session, request } = call;
      const target = home.households
        .get(body.organization_id)
        ?.members.find((one) => one.email === member.email && one.status === 'active');
      if (!target) throw missing('The organization');
      home.sessions.delete(session.id);
      return signedIn(call, home.open(target, request), 200);
    },
  ],
  [
    'DELETE',
    '/sessions/:session',
    ({ home, member, params }) => {
      const target = home.sessions.get(params.session);
      if (target?.email !== member.email) throw missing('The session');
      home.end([target.id]);
      return { status: 204 };
    },
  ],
  ['GET', '/me', (call) => ({ body: meOf(call, call.member) })],
  [
    'PATCH',
    '/me',
    (call) => {
      const { home, body, member, request } = call;
      const mine = account(call);
      if (body.name !== undefined && !body.name.trim()) throw invalid('A name is needed. Nothing was saved.');
      if (body.phone && !/^\+\d{8,15}$/.test(body.phone.replace(/[\s()-]/g, '')))
        throw invalid('The phone number needs + and 8 to 15 digits. Nothing was saved.');
      if (body.email && body.email !== mine.email) {
        if (body.password !== mine.password)
          throw new Refused(401, 'wrong_credentials', 'The password is not right. Nothing was saved.');
        if (home.accounts.has(body.email))
          throw new Refused(409, 'email_taken', 'There is an account with this email already.');
        home.accounts.delete(mine.email);
        for (const house of home.households.values())
          for (const one of house.members) if (one.email === mine.email) one.email = body.email;
        for (const one of home.sessionsOf(mine.email)) one.email = body.email;
        mine.email = body.email;
        home.accounts.set(body.email, mine);
      }
      if (body.name !== undefined) Object.assign(mine, { name: body.name });
      if (body.name !== undefined) member.name = body.name;
      if (body.phone !== undefined) mine.phone = body.phone || null;
      home.audit(home.house(member), member, request, 'account.changed');
      return { body: meOf(call, member) };
    },
  ],
  [
    'PUT',
    '/me/password',
    (call) => {
      const mine = account(call);
      if (call.body.current !== mine.password)
        throw new Refused(401, 'wrong_credentials', 'The current password is not right. Nothing was saved.');
      checkPassword(call.body.new);
      mine.password = call.body.new;
      call.home.end(
        call.home
          .sessionsOf(mine.email)
          .filter((one) => one.id !== call.session.id)
          .map((one) => one.id),
      );
      return { status: 204 };
    },
  ],
  [
    'PUT',
    '/me/preferences',
    (call) => {
      account(call).preferences = call.body;
      return { body: call.body };
    },
  ],
  [
    'POST',
    '/me/second-factor',
    (call) => {
      const secret = 'JBSW Y3DP EHPK 3PXP 5QJX LR6W 2QHT UZ7C'.replaceAll(' ', '');
      account(call).pending = { secret, recovery: [] };
      const label = encodeURIComponent(`Jetto:${call.member.email}`);
      return { body: { secret, uri: `otpauth://totp/${label}?secret=${secret}&issuer=Jetto`, qr_svg: qr() } };
    },
  ],
  [
    'POST',
    '/me/second-factor/confirm',
    (call) => {
      const mine = account(call);
      if (!mine.pending) throw new Refused(409, 'conflict', 'Start the set-up again.');
      if (call.body.code !== CODE)
        throw new Refused(401, 'wrong_code', 'This code is not right. Check the clock of the phone.');
      const recovery = codes();
      Object.assign(mine, { factor: { ...mine.pending, recovery }, pending: null });
      call.home.audit(call.home.house(call.member), call.member, call.request, 'second_factor.enabled');
      return { body: { recovery_codes: recovery } };
    },
  ],
  [
    'POST',
    '/me/second-factor/recovery-codes',
    (call) => {
      const mine = account(call);
      if (call.body.code !== CODE) throw new Refused(401, 'wrong_code', 'This code is not right.');
      mine.factor.recovery = codes();
      return { body: { recovery_codes: mine.factor.recovery } };
    },
  ],
  [
    'DELETE',
    '/me/second-factor',
    (call) => {
      const mine = account(call);
      if (call.body.password !== mine.password)
        throw new Refused(401, 'wrong_credentials', 'The password is not right. Nothing was changed.');
      call.home.checkCode(mine, call.body.code);
      mine.factor = null;
      return { status: 204 };
    },
  ],
  ['POST', '/password-resets', () => ({ status: 202 }), true],
  [
    'GET',
    '/password-resets/:token',
    (call) => ({
      body: { email: maskedEmail(live(call, call.home.resets.get(call.params.token), 'The link').email) },
    }),
    true,
  ],
  [
    'POST',
    '/password-resets/:token',
    (call) => {
      const entry = live(call, call.home.resets.get(call.params.token), 'The link');
      checkPassword(call.body.password);
      call.home.accounts.get(entry.email).password = call.body.password;
      call.home.resets.delete(call.params.token);
      call.home.end(call.home.sessionsOf(entry.email).map((one) => one.id));
      return { status: 204 };
    },
    true,
  ],
  [
    'GET',
    '/invitations/by-token/:token',
    (call) => {
      const entry = byToken(call);
      const house = call.home.households.get(entry.organization_id);
      const { id, name } = call.home.roleOf(house, entry.role);
      return {
        body: {
          organization: house.settings.name,
          email: entry.email,
          role: { id, name: name ?? DEFAULT_NAMES[id] },
          has_account: call.home.accounts.has(entry.email),
        },
      };
    },
    true,
  ],
  [
    'POST',
    '/invitations/by-token/:token',
    (call) => {
      const { home, body, request } = call;
      const entry = byToken(call);
      const known = home.accounts.get(entry.email);
      if (known && known.password !== body.password)
        throw new Refused(401, 'wrong_credentials', 'The password is not right.');
      if (known?.factor && !body.code) throw new Refused(401, 'second_factor', 'A code is needed as well.');
      if (known?.factor) home.checkCode(known, body.code);
      if (!known) checkPassword(body.password);
      const house = home.households.get(entry.organization_id);
      house.invitations = house.invitations.filter((one) => one !== entry);
      const member = home.join({ ...entry, id: undefined, name: known?.name ?? body.name });
      if (!known) home.accounts.get(entry.email).password = body.password;
      home.audit(house, member, request, 'member.joined', member.id);
      return signedIn(call, home.open(member, request));
    },
    true,
  ],
  ['GET', '/permissions', () => ({ body: { items: PERMISSIONS, next: null } })],
];
