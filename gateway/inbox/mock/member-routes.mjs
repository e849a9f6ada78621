// Members, invitations, teams, roles, keys, settings and the audit log of one organization.
import { maskedEmail } from './account-routes.mjs';
import { closed, DEFAULT_NAMES, DEFAULTS, PERMISSIONS, token } from './installation.mjs';
import { forbidden, invalid, missing, Refused } from './refused.mjs';

const items = (list) => ({ body: { items: list, next: null } });
const ref = ({ id, name }) => ({ id, name });
const find = (list, id, what) => {
  const found = list.find((one) => one.id === id);
  if (!found) throw missing(what);
  return found;
};
const house = (call) => call.home.house(call.member);
const linkOf = (call, path) => `http://${call.request.headers.host}${path}`;
const note = (call, action, target, details) =>
  call.home.audit(house(call), call.member, call.request, action, target, details);

function shownMember(call, one) {
  const own = house(call);
  const shown = {
    id: one.id,
    name: one.name,
    role: ref(call.home.roleOf(own, one.role)),
    teams: own.teams.filter((team) => one.teams.includes(team.id)).map(ref),
    status: one.status,
    service: one.service,
  };
  if (!call.home.grants(call.member).includes('members.manage')) return shown;
  return {
    ...shown,
    email: one.email,
    last_seen_at: one.last_seen_at,
    second_factor: !!call.home.accounts.get(one.email)?.factor,
    open_conversations: call.world.counts(one.id).mine,
  };
}

function shownInvitation(call, one, link = false) {
  const own = house(call);
  return {
    id: one.id,
    email: one.email,
    role: ref(call.home.roleOf(own, one.role)),
    teams: own.teams.filter((team) => one.teams.includes(team.id)).map(ref),
    invited_by: own.members.find((other) => other.id === one.invited_by)?.name ?? '',
    expires_at: one.expires_at,
    ...(link && { link: linkOf(call, `/invitation/${one.token}`) }),
  };
}

function target(call) {
  call.home.require(call.member, 'members.manage');
  const one = find(house(call).members, call.params.member, 'The member');
  call.home.within(call.member, call.home.grants(one));
  return one;
}

const ownersOf = (own) => own.members.filter((one) => one.role === 'owner' && one.status === 'active');

function changeMember(call) {
  const one = target(call);
  const { role, teams, name } = call.body;
  if (role && role !== one.role) {
    call.home.within(call.member, call.home.roleOf(house(call), role).permissions);
    if (role === 'owner') throw forbidden('Ownership is given by transfer. Nothing was changed.');
    if (one.role === 'owner' && ownersOf(house(call)).length === 1)
      throw new Refused(409, 'last_owner', 'The last owner stays. Transfer the ownership first.');
    one.role = role;
    note(call, 'member.role_changed', one.id, { role });
    call.home.onPermissions(one.id);
  }
  if (teams) {
    one.teams = teams;
    call.home.onPermissions(one.id);
  }
  if (name) one.name = name;
  return { body: shownMember(call, one) };
}

function deactivate(call) {
  const one = target(call);
  if (one.id === call.member.id) throw forbidden('Nobody deactivates themselves. Nothing was changed.');
  if (one.role === 'owner' && ownersOf(house(call)).length === 1)
    throw new Refused(409, 'last_owner', 'The last owner stays. Transfer the ownership first.');
  const to = call.body.hand_over_to;
  const heir = to?.member ? find(house(call).members, to.member, 'The member') : null;
  for (const row of call.world.conversations)
    if (row.assignee?.id === one.id) call.world.change(row, { assignee: heir ? ref(heir) : null });
  one.status = 'deactivated';
  call.home.end(call.home.sessionsOf(one.email).map((session) => session.id));
  note(call, 'member.deactivated', one.id, {
    hand_over_to: heir?.name ?? house(call).teams.find((team) => team.id === to?.team)?.name ?? '–',
  });
  return { body: shownMember(call, one) };
}

function access(call) {
  call.home.require(call.member, 'members.manage');
  const one = find(house(call).members, call.params.member, 'The member');
  const role = call.home.roleOf(house(call), one.role);
  return items(
    PERMISSIONS.map(({ key }) => {
      if (one.status !== 'active')
        return { permission: key, allowed: false, because: 'This person is deactivated.' };
      const allowed = role.permissions.includes(key);
      return {
        permission: key,
        allowed,
        because: allowed ? `The role ${role.name} has it.` : `The role ${role.name} does not have it.`,
      };
    }),
  );
}

function shownRoles(call) {
  const own = house(call);
  const count = (id) => own.members.filter((one) => one.role === id && one.status === 'active').length;
  const defaults = Object.keys(DEFAULTS).map((id) => ({
    id,
    name: DEFAULT_NAMES[id],
    description: '',
    is_default: true,
    is_fixed: id === 'owner',
    permissions: DEFAULTS[id],
    members: count(id),
  }));
  return [
    ...defaults,
    ...own.roles.map((one) => ({ ...one, is_default: false, is_fixed: false, members: count(one.id) })),
  ];
}

function checkedRole(call, id) {
  call.home.require(call.member, 'roles.manage');
  const { name, description = '', permissions } = call.body;
  if (!name?.trim()) throw invalid('A role needs a name. Nothing was saved.');
  const names = [
    ...Object.values(DEFAULT_NAMES),
    ...house(call)
      .roles.filter((one) => one.id !== id)
      .map((one) => one.name),
  ];
  if (names.some((one) => one.toLowerCase() === name.trim().toLowerCase()))
    throw new Refused(409, 'taken', 'Another role has this name. Nothing was saved.');
  call.home.within(call.member, permissions);
  return { name: name.trim(), description, permissions: closed(permissions) };
}

function changeRole(call) {
  if (DEFAULTS[call.params.role])
    throw forbidden('The default roles stay as they are. Copy one to change it.');
  const role = find(house(call).roles, call.params.role, 'The role');
  const before = role.permissions;
  Object.assign(role, checkedRole(call, role.id));
  note(call, 'role.changed', role.id, {
    name: role.name,
    added: role.permissions.filter((key) => !before.includes(key)).join(', '),
    removed: before.filter((key) => !role.permissions.includes(key)).join(', '),
  });
  for (const one of house(call).members) if (one.role === role.id) call.home.onPermissions(one.id);
  return { body: shownRoles(call).find((one) => one.id === role.id) };
}

const shownTeams = (call) =>
  house(call).teams.map((team) => ({
    ...team,
    members: house(call)
      .members.filter((one) => one.teams.includes(team.id) && one.status === 'active')
      .map((one) => one.id),
  }));

function putTeam(call, team) {
  const { name, members } = call.body;
  if (!name?.trim()) throw invalid('A team needs a name. Nothing was saved.');
  if (house(call).teams.some((one) => one !== team && one.name.toLowerCase() === name.trim().toLowerCase()))
    throw new Refused(409, 'taken', 'There is a team with this name already. Nothing was saved.');
  team.name = name.trim();
  for (const one of house(call).members) {
    const inside = one.teams.includes(team.id);
    const wanted = (members ?? []).includes(one.id);
    if (inside !== wanted) call.home.onPermissions(one.id);
    one.teams = [...one.teams.filter((id) => id !== team.id), ...(wanted ? [team.id] : [])];
  }
  return { body: shownTeams(call).find((one) => one.id === team.id) };
}

function audited(call) {
  call.home.require(call.member, 'audit.read');
  const { query } = call;
  const [actor, action] = [query.get('actor'), query.get('action')];
  const [from, to] = [Number(query.get('from') ?? 0), Number(query.get('to') ?? Number.MAX_SAFE_INTEGER)];
  return house(call)
    .audit.filter(
      (one) =>
        (!actor || one.actor.id === actor) &&
        (!action || one.action.startsWith(action)) &&
        one.at >= from &&
        one.at <= to,
    )
    .toReversed();
}

function auditPage(call) {
  const all = audited(call);
  const from = Number(call.query.get('cursor') ?? 0);
  return {
    body: { items: all.slice(from, from + 50), next: from + 50 < all.length ? String(from + 50) : null },
  };
}

function auditExport(call) {
  const all = audited(call);
  note(call, 'audit.exported', null, { entries: String(all.length) });
  const csv = call.query.get('format') === 'csv';
  const text = csv
    ? [
        'n,at,actor,action,target',
        ...all.map((one) => [one.n, one.at, one.actor.name, one.action, one.target ?? ''].join(',')),
      ]
    : all.map((one) => JSON.stringify(one));
  return {
    bytes: Buffer.from(text.join('\n')),
    mime: csv ? 'text/csv' : 'application/x-ndjson',
    attachment: `audit.${csv ? 'csv' : 'ndjson'}`,
  };
}

export const memberRoutes = [
  ['GET', '/members', (call) => items(house(call).members.map((one) => shownMember(call, one)))],
  ['PATCH', '/members/:member', changeMember],
  ['POST', '/members/:member/deactivate', deactivate],
  [
    'POST',
    '/members/:member/reactivate',
    (call) => {
      const one = target(call);
      one.status = 'active';
      note(call, 'member.reactivated', one.id);
      return { body: shownMember(call, one) };
    },
  ],
  ['GET', '/members/:member/access', access],
  [
    'GET',
    '/members/:member/sessions',
    (call) =>
      items(
        call.home
          .sessionsOf(target(call).email)
          .map(({ access: _, refresh: __, member_id: ___, ...one }) => ({
            ...one,
            current: one.id === call.session.id,
          })),
      ),
  ],
  [
    'DELETE',
    '/members/:member/sessions',
    (call) => {
      call.home.end(call.home.sessionsOf(target(call).email).map((one) => one.id));
      return { status: 204 };
    },
  ],
  [
    'POST',
    '/members/:member/password-reset',
    (call) => {
      const secret = token();
      const expires_at = call.home.clock() + 86_400_000;
      call.home.resets.set(secret, { email: target(call).email, expires_at });
      return { body: { link: linkOf(call, `/reset/${secret}`), expires_at } };
    },
  ],
  [
    'GET',
    '/invitations',
    (call) => {
      call.home.require(call.member, 'members.manage');
      return items(house(call).invitations.map((one) => shownInvitation(call, one)));
    },
  ],
  [
    'POST',
    '/invitations',
    (call) => {
      const { home, body, member } = call;
      home.require(member, 'members.manage');
      if (!/^\S+@\S+\.\S+$/.test(body.email ?? ''))
        throw invalid('This is no email address. Nobody was invited.');
      if (house(call).members.some((one) => one.email === body.email))
        throw new Refused(409, 'email_taken', 'This person is a member already. Nobody was invited.');
      if (house(call).invitations.some((one) => one.email === body.email))
        throw new Refused(409, 'taken', 'This person is invited already. Renew the link instead.');
      home.within(member, home.roleOf(house(call), body.role).permissions);
      const made = home.invitation(house(call), body.email, body.role, body.teams ?? [], member.id);
      house(call).invitations.push(made);
      note(call, 'invitation.created', made.id, {
        name: maskedEmail(body.email),
        role: home.roleOf(house(call), body.role).name,
      });
      return { status: 201, body: shownInvitation(call, made, true) };
    },
  ],
  [
    'DELETE',
    '/invitations/:invitation',
    (call) => {
      call.home.require(call.member, 'members.manage');
      find(house(call).invitations, call.params.invitation, 'The invitation');
      house(call).invitations = house(call).invitations.filter((one) => one.id !== call.params.invitation);
      return { status: 204 };
    },
  ],
  [
    'POST',
    '/invitations/:invitation/link',
    (call) => {
      call.home.require(call.member, 'members.manage');
      const one = find(house(call).invitations, call.params.invitation, 'The invitation');
      Object.assign(one, { token: token(), expires_at: call.home.clock() + 7 * 86_400_000 });
      return { body: shownInvitation(call, one, true) };
    },
  ],
  ['GET', '/roles', (call) => items(shownRoles(call))],
  [
    'POST',
    '/roles',
    (call) => {
      const made = { id: `r_${token(12)}`, ...checkedRole(call, null) };
      house(call).roles.push(made);
      note(call, 'role.created', made.id, { name: made.name });
      return { status: 201, body: shownRoles(call).find((one) => one.id === made.id) };
    },
  ],
  ['PUT', '/roles/:role', changeRole],
  [
    'DELETE',
    '/roles/:role',
    (call) => {
      call.home.require(call.member, 'roles.manage');
      const role = find(house(call).roles, call.params.role, 'The role');
      if (house(call).members.some((one) => one.role === role.id))
        throw new Refused(409, 'in_use', 'This role is in use. Give its people another role first.');
      house(call).roles = house(call).roles.filter((one) => one !== role);
      return { status: 204 };
    },
  ],
  ['GET', '/teams', (call) => items(shownTeams(call))],
  [
    'POST',
    '/teams',
    (call) => {
      call.home.require(call.member, 'members.manage');
      const team = { id: `t-${token(6)}`, name: '' };
      const answer = () => ({ ...putTeam(call, team), status: 201 });
      const before = house(call).teams;
      house(call).teams = [...before, team];
      try {
        return answer();
      } catch (error) {
        house(call).teams = before;
        throw error;
      }
    },
  ],
  [
    'PUT',
    '/teams/:team',
    (call) => {
      call.home.require(call.member, 'members.manage');
      return putTeam(call, find(house(call).teams, call.params.team, 'The team'));
    },
  ],
  [
    'DELETE',
    '/teams/:team',
    (call) => {
      call.home.require(call.member, 'members.manage');
      find(house(call).teams, call.params.team, 'The team');
      house(call).teams = house(call).teams.filter((one) => one.id !== call.params.team);
      for (const one of house(call).members) one.teams = one.teams.filter((id) => id !== call.params.team);
      return { status: 204 };
    },
  ],
  [
    'GET',
    '/api-keys',
    (call) => {
      call.home.require(call.member, 'api_keys.manage');
      const name = (id) => house(call).members.find((one) => one.id === id)?.name ?? '';
      return items(house(call).keys.map((one) => ({ ...one, created_by: name(one.created_by) })));
    },
  ],
  [
    'POST',
    '/api-keys',
    (call) => {
      const { home, body, member } = call;
      home.require(member, 'api_keys.manage');
      if (!body.name?.trim()) throw invalid('A key needs a name. No key was made.');
      home.within(member, body.permissions);
      const made = {
        id: `k-${token(6)}`,
        name: body.name.trim(),
        permissions: closed(body.permissions),
        created_by: member.id,
        created_at: home.clock(),
        expires_at: body.expires_at ?? null,
        last_used_at: null,
      };
      house(call).keys.push(made);
      note(call, 'api_key.created', made.id, { name: made.name });
      return { status: 201, body: { ...made, created_by: member.name, key: `jetto_${token(32)}` } };
    },
  ],
  [
    'DELETE',
    '/api-keys/:key',
    (call) => {
      call.home.require(call.member, 'api_keys.manage');
      find(house(call).keys, call.params.key, 'The key');
      house(call).keys = house(call).keys.filter((one) => one.id !== call.params.key);
      note(call, 'api_key.deleted', call.params.key);
      return { status: 204 };
    },
  ],
  ['GET', '/organization', (call) => ({ body: { id: house(call).id, ...house(call).settings } })],
  [
    'PATCH',
    '/organization',
    (call) => {
      call.home.require(call.member, 'organization.update');
      const { session_hours: hours, audit_days: days, name } = call.body;
      if (name !== undefined && !name.trim())
        throw invalid('The organization needs a name. Nothing was saved.');
      if (hours !== undefined && !(hours >= 1 && hours <= 720))
        throw invalid('A session lasts 1 to 720 hours. Nothing was saved.');
      if (days !== undefined && !(days >= 30 && days <= 3650))
        throw invalid('The audit log is kept 30 to 3,650 days. Nothing was saved.');
      Object.assign(house(call).settings, call.body);
      note(
        call,
        'settings.changed',
        null,
        Object.fromEntries(Object.entries(call.body).map(([key, value]) => [key, String(value)])),
      );
      if ('require_second_factor' in call.body)
        for (const one of house(call).members) call.home.onPermissions(one.id);
      return { body: { id: house(call).id, ...house(call).settings } };
    },
  ],
  [
    'POST',
    '/organization/transfer',
    (call) => {
      call.home.require(call.member, 'organization.delete');
      if (call.body.password !== call.home.accounts.get(call.member.email).password)
        throw new Refused(401, 'wrong_credentials', 'The password is not right. Nothing was changed.');
      const heir = find(house(call).members, call.body.to, 'The member');
      heir.role = 'owner';
      call.member.role = 'admin';
      note(call, 'organization.transferred', heir.id, { to: heir.name });
      for (const one of [heir, call.member]) call.home.onPermissions(one.id);
      return { status: 204 };
    },
  ],
  ['GET', '/audit', auditPage],
  ['GET', '/audit/export', auditExport],
];
