// Who is who in the mock: accounts, households, sessions. It refuses what the server refuses, so that the pages can be tried.
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { organizations, members as people } from './people.mjs';
import { forbidden, Refused } from './refused.mjs';

const book = JSON.parse(readFileSync(new URL('../../../engine/permissions.json', import.meta.url), 'utf8'));
export const DEFAULTS = book.roles;
export const PERMISSIONS = book.permissions.map(({ key, resource, description }) => ({
  key,
  group: resource,
  description,
}));
const IMPLIES = {
  'conversations.read_all': ['conversations.read_team', 'conversations.read_assigned'],
  'conversations.read_team': ['conversations.read_assigned'],
};
export const DEFAULT_NAMES = {
  owner: 'Owner',
  admin: 'Admin',
  supervisor: 'Lead',
  agent: 'Agent',
  marketer: 'Marketer',
  analyst: 'Analyst',
  developer: 'Developer',
  viewer: 'Viewer',
};

const DAY = 86_400_000;
/** Everybody's password in the mock, and the code that every authenticator app shows. */
export const PASSWORD = 'demo';
export const CODE = '123456';
const TRIES = 5;
export const WAIT_S = 20;

export const token = (bytes = 32) => randomBytes(bytes).toString('base64url');
export const closed = (keys) =>
  PERMISSIONS.map((one) => one.key).filter(
    (key) => keys.includes(key) || keys.some((other) => IMPLIES[other]?.includes(key)),
  );

const BROWSERS = [
  [/Firefox/, 'Firefox'],
  [/Chrome/, 'Chromium'],
  [/Safari/, 'Safari'],
];

export class Installation {
  constructor(now) {
    this.clock = now === null ? () => Date.now() : () => now;
    this.began = this.clock();
    this.accounts = new Map();
    this.households = new Map();
    this.sessions = new Map();
    this.resets = new Map();
    this.failures = new Map();
    this.signUpOpen = true;
    /** Told by the server: (member id, frame) to the sockets of that member or session. */
    this.onPermissions = () => {};
    this.onSignedOut = () => {};
    for (const organization of organizations) this.found(organization);
    for (const person of people) this.join(person);
    // Lina works in both organizations; Helena has a second factor.
    this.join({
      id: 'm-lh2',
      organization_id: 'org-norte',
      role: 'supervisor',
      name: 'Lina Haddad',
      email: 'lina@meridian.example',
    });
    this.accounts.get('helena@meridian.example').factor = {
      secret: 'JBSWY3DPEHPK3PXP',
      recovery: ['wq7k-28dm', 'n4tp-91xa'],
    };
    this.furnish();
  }

  found({ id, name }) {
    this.households.set(id, {
      id,
      settings: {
        name,
        mask_phones: true,
        approve_broadcasts: false,
        require_second_factor: false,
        session_hours: 12,
        audit_days: 400,
        locale: 'en',
        campaign_cap: null,
      },
      members: [],
      roles: [],
      teams: [],
      invitations: [],
      keys: [],
      audit: [],
    });
  }

  join({ id = `m-${token(6)}`, organization_id, role, name, email, service = false, teams = [] }) {
    if (!service && !this.accounts.has(email))
      this.accounts.set(email, {
        email,
        name,
        phone: null,
        password: PASSWORD,
        factor: null,
        preferences: {},
      });
    const member = {
      id,
      organization_id,
      role,
      name,
      email,
      teams,
      status: 'active',
      service,
      last_seen_at: this.clock() - 3_600_000,
    };
    this.households.get(organization_id).members.push(member);
    return member;
  }

  furnish() {
    const house = this.households.get('org-meridian');
    const now = this.clock();
    house.teams = [
      { id: 't-clinic', name: 'Clínica Aurora' },
      { id: 't-store', name: 'Kasturi Store' },
      { id: 't-travel', name: 'Nile & Palm Travel' },
    ];
    house.roles = [
      {
        id: `r_${'0a'.repeat(16)}`,
        name: 'Night desk',
        description: 'Answers at night, without sending paid templates.',
        permissions: closed([...DEFAULTS.agent.filter((key) => key !== 'conversations.send_template')]),
      },
    ];
    const more = [
      ['m-yk', 'agent', 'Yusuf Karim', ['t-store']],
      ['m-mo', 'agent', 'Mei Okafor', ['t-store', 't-travel']],
      ['m-tb', house.roles[0].id, 'Tomás Braga', ['t-clinic']],
      ['m-ij', 'agent', 'Ines Jansen', ['t-travel']],
    ];
    for (const [id, role, name, teams] of more)
      this.join({
        id,
        organization_id: house.id,
        role,
        name,
        teams,
        email: `${name.split(' ')[0].toLowerCase()}@meridian.example`,
      });
    Object.assign(house.members.at(-1), { status: 'deactivated', last_seen_at: now - 40 * DAY });
    const of = (id) => house.members.find((one) => one.id === id);
    of('m-rn').teams = ['t-clinic'];
    of('m-lh').teams = ['t-clinic', 't-store'];
    house.invitations = [
      this.invitation(house, 'paulo@meridian.example', 'agent', ['t-clinic'], 'm-of', now - 2 * DAY),
    ];
    house.keys = [
      {
        id: 'k-1',
        name: 'Booking system',
        permissions: closed(['conversations.read_all', 'conversations.send_template', 'templates.read']),
        created_by: 'm-sl',
        created_at: now - 90 * DAY,
        expires_at: now + 9 * DAY,
        last_used_at: now - 180_000,
      },
      {
        id: 'k-2',
        name: 'Nightly report',
        permissions: ['analytics.read'],
        created_by: 'm-of',
        created_at: now - 20 * DAY,
        expires_at: null,
        last_used_at: null,
      },
    ];
    this.past(house, now);
  }

  /** As at the start, as far as signing in and looking around left traces. */
  tidy() {
    this.sessions.clear();
    for (const house of this.households.values())
      house.audit = house.audit.filter((entry) => entry.action !== 'session.opened' || entry.at < this.began);
  }

  past(house, now) {
    const log = (minutes, who, action, target, details = {}, from = ['203.0.113.24', 'Firefox', 'Windows']) =>
      house.audit.push({
        n: house.audit.length + 1,
        at: now - minutes * 60_000,
        actor: this.actor(house, who),
        action,
        target,
        details,
        ip: from[0],
        browser: from[1],
        device: from[2],
      });
    const phone = ['198.51.100.7', 'Safari', 'iPhone'];
    for (let day = 40; day > 0; day -= 1) {
      log(day * 1440 + 130, 'm-rn', 'session.opened', null);
      log(day * 1440 + 60, 'm-lh', 'session.opened', null, {}, phone);
      if (day % 3 === 0)
        log(day * 1440 + 20, 'm-lh', 'contact.revealed', 'contact-c-0117', {
          name: 'P•••, +•••••••0117',
        });
    }
    log(1300, 'm-of', 'invitation.created', 'i-pa', { name: 'p•••@meridian.example', role: 'Agent' });
    log(1190, 'm-of', 'role.changed', house.roles[0].id, {
      name: 'Night desk',
      removed: 'conversations.send_template',
    });
    log(310, null, 'session.refused', 'priya@meridian.example', { reason: 'wrong_credentials' }, [
      '192.0.2.88',
      'Chromium',
      'Linux',
    ]);
    log(180, 'm-hc', 'settings.changed', null, { session_hours: '12', was: '24' });
    log(122, 'm-rn', 'session.opened', null);
    log(75, 'm-sl', 'channel.changed', '106540352242923', { token: 'replaced' });
    log(41, 'm-lh', 'contact.revealed', 'contact-c-0117', { name: 'P•••, +•••••••0117' }, phone);
    log(12, 'm-of', 'member.deactivated', 'm-ij', { hand_over_to: 'Kasturi Store', conversations: '3' });
  }

  actor(house, id) {
    const member = house.members.find((one) => one.id === id);
    return member
      ? { kind: 'member', id, name: member.name }
      : { kind: id === 'system' ? 'system' : 'nobody', id: null, name: '' };
  }

  invitation(house, email, role, teams, by, at = this.clock()) {
    return {
      id: `i-${token(6)}`,
      token: token(),
      email,
      role,
      teams,
      invited_by: by,
      expires_at: at + 7 * DAY,
      organization_id: house.id,
    };
  }

  audit(house, member, request, action, target = null, details = {}) {
    house.audit.push({
      n: house.audit.length + 1,
      at: this.clock(),
      actor: this.actor(house, member?.id),
      action,
      target,
      details,
      ...this.origin(request),
    });
  }

  origin(request) {
    const agent = request?.headers['user-agent'] ?? '';
    return {
      ip: '203.0.113.24',
      browser: BROWSERS.find(([pattern]) => pattern.test(agent))?.[1] ?? 'Unknown browser',
      device: /Android/.test(agent) ? 'Android' : /Mac/.test(agent) ? 'Mac' : 'Linux',
    };
  }

  house(member) {
    return this.households.get(member.organization_id);
  }

  roleOf(house, id) {
    const custom = house.roles.find((one) => one.id === id);
    return custom
      ? { id, name: custom.name, permissions: custom.permissions }
      : { id, name: DEFAULT_NAMES[id], permissions: DEFAULTS[id] };
  }

  grants(member) {
    return this.roleOf(this.house(member), member.role).permissions;
  }

  require(member, permission) {
    if (!this.grants(member).includes(permission))
      throw forbidden(`Your role does not have the permission ${permission}. Nothing was changed.`);
  }

  /** Nobody grants what they lack. */
  within(member, permissions) {
    const own = this.grants(member);
    const lacking = permissions.filter((key) => !own.includes(key));
    if (lacking.length > 0)
      throw forbidden(`You do not have ${lacking.join(', ')} yourself. Nothing was changed.`);
  }

  me(member) {
    const house = this.house(member);
    const account = this.accounts.get(member.email);
    const ref = ({ id, name }) => ({ id, name });
    const { name, mask_phones, approve_broadcasts, require_second_factor } = house.settings;
    const mine = [...this.households.values()].flatMap((one) =>
      one.members
        .filter((other) => other.email === member.email && other.status === 'active')
        .map((other) => ({ id: one.id, name: one.settings.name, role: ref(this.roleOf(one, other.role)) })),
    );
    return {
      member: {
        id: member.id,
        name: member.name,
        email: member.email,
        role: ref(this.roleOf(house, member.role)),
        teams: house.teams.filter((team) => member.teams.includes(team.id)).map(ref),
      },
      account: {
        email: account.email,
        name: account.name,
        phone: account.phone,
        second_factor: {
          enabled: account.factor !== null,
          recovery_codes_left: account.factor?.recovery.length ?? 0,
        },
      },
      organization: { id: house.id, name, mask_phones, approve_broadcasts, require_second_factor },
      organizations: mine,
      permissions: this.grants(member),
      must_enroll_second_factor: require_second_factor && account.factor === null,
      preferences: account.preferences,
    };
  }

  open(member, request) {
    const id = randomUUID();
    const now = this.clock();
    const session = {
      id,
      access: token(),
      refresh: token(),
      member_id: member.id,
      email: member.email,
      created_at: now,
      last_seen_at: now,
      expires_at: now + this.house(member).settings.session_hours * 3_600_000,
      ...this.origin(request),
    };
    // A picture needs more than the one session that takes it.
    if (![...this.sessions.values()].some((one) => one.email === member.email)) this.elsewhere(member, now);
    this.sessions.set(id, session);
    this.audit(this.house(member), member, request, 'session.opened');
    return session;
  }

  elsewhere(member, now) {
    const id = randomUUID();
    this.sessions.set(id, {
      id,
      access: token(),
      refresh: token(),
      member_id: member.id,
      email: member.email,
      created_at: now - 2 * DAY,
      last_seen_at: now - 5 * 3_600_000,
      expires_at: now + DAY,
      ip: '198.51.100.7',
      browser: 'Safari',
      device: 'iPhone',
    });
  }

  bySession(request) {
    const access = /auth_token=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
    return [...this.sessions.values()].find((one) => one.access === access) ?? null;
  }

  memberOf(session) {
    for (const house of this.households.values()) {
      const member = house.members.find((one) => one.id === session?.member_id);
      if (member?.status === 'active') return member;
    }
    return null;
  }

  end(ids) {
    for (const id of ids) {
      this.sessions.delete(id);
      this.onSignedOut(id);
    }
  }

  sessionsOf(email) {
    return [...this.sessions.values()].filter((one) => one.email === email);
  }

  signIn({ email, password, code, organization_id }, request) {
    const account = this.accounts.get(String(email).trim().toLowerCase());
    const failed = this.failures.get(email) ?? { count: 0, until: 0 };
    if (failed.until > Date.now())
      throw new Refused(429, 'too_many_attempts', 'Too many attempts.', {
        'Retry-After': String(Math.ceil((failed.until - Date.now()) / 1000)),
      });
    if (!account || account.password !== password) {
      failed.count += 1;
      if (failed.count >= TRIES) Object.assign(failed, { count: 0, until: Date.now() + WAIT_S * 1000 });
      this.failures.set(email, failed);
      throw new Refused(401, 'wrong_credentials', 'Email and password do not match.');
    }
    if (account.factor) {
      if (!code) throw new Refused(401, 'second_factor', 'A code is needed as well.');
      this.checkCode(account, code);
    }
    this.failures.delete(email);
    const places = [...this.households.values()].flatMap((one) =>
      one.members.filter((other) => other.email === account.email && other.status === 'active'),
    );
    const member = places.find((one) => one.organization_id === organization_id) ?? places[0];
    if (!member) throw new Refused(401, 'wrong_credentials', 'Email and password do not match.');
    return this.open(member, request);
  }

  checkCode(account, code) {
    const recovery = account.factor.recovery;
    if (recovery.includes(code)) account.factor.recovery = recovery.filter((one) => one !== code);
    else if (code !== CODE)
      throw new Refused(401, 'wrong_code', 'This code is not right, or was used already.');
  }
}
