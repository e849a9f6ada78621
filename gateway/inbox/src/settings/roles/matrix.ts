import type { Role } from '../../api/administration';

/** The nine groups of the matrix, by the part of a permission's key before the dot. */
export const GROUPS = [
  ['inbox', ['conversations', 'notes']],
  ['contacts', ['contacts']],
  ['consent', ['consent', 'tags', 'segments']],
  ['templates', ['templates']],
  ['broadcasts', ['campaigns']],
  ['automation', ['automations', 'canned_responses']],
  ['analytics', ['analytics']],
  ['channels', ['channels', 'api_keys', 'webhooks']],
  ['organization', ['members', 'roles', 'audit', 'privacy', 'billing', 'organization']],
] as const;

export type Group = (typeof GROUPS)[number][0];

export function groupOf(key: string): Group {
  const resource = key.split('.')[0] ?? '';
  const found = GROUPS.find(([, resources]) => (resources as readonly string[]).includes(resource));
  // A permission that this build does not know is shown with the rarest ones, never left out.
  return found?.[0] ?? 'organization';
}

export const IMPLIED: Record<string, readonly string[]> = {
  'conversations.read_all': ['conversations.read_team', 'conversations.read_assigned'],
  'conversations.read_team': ['conversations.read_assigned'],
};

/** What one click makes of a role: with a permission come those it includes, and none stays without them. */
export function toggled(permissions: readonly string[], key: string): string[] {
  if (permissions.includes(key)) {
    const gone = [key, ...Object.keys(IMPLIED).filter((wider) => IMPLIED[wider]?.includes(key))];
    return permissions.filter((one) => !gone.includes(one));
  }
  return [...new Set([...permissions, key, ...(IMPLIED[key] ?? [])])];
}

/** What is not saved yet, by the id of the role. */
export type Drafts = Record<string, string[]>;

export const grantsOf = (role: Role, drafts: Drafts) => drafts[role.id] ?? role.permissions;

export type Cell = { allowed: boolean; changed: boolean };

export function cellOf(role: Role, key: string, drafts: Drafts): Cell {
  const allowed = grantsOf(role, drafts).includes(key);
  return { allowed, changed: allowed !== role.permissions.includes(key) };
}

/** The drafts after a click; a role that is back to what is saved leaves them. */
export function click(drafts: Drafts, role: Role, key: string): Drafts {
  const next = toggled(grantsOf(role, drafts), key);
  const { [role.id]: _, ...rest } = drafts;
  const same = next.length === role.permissions.length && next.every((one) => role.permissions.includes(one));
  return same ? rest : { ...rest, [role.id]: next };
}

/** One sentence of the foot: these roles get or lose this permission, and so many people with it. */
export type Consequence = { gets: boolean; permission: string; roles: Role[]; people: number };

export function consequences(roles: Role[], drafts: Drafts): Consequence[] {
  const found = new Map<string, Consequence>();
  const add = (gets: boolean, permission: string, role: Role) => {
    const known = found.get(`${gets} ${permission}`) ?? { gets, permission, roles: [], people: 0 };
    found.set(`${gets} ${permission}`, {
      ...known,
      roles: [...known.roles, role],
      people: known.people + role.members,
    });
  };
  for (const role of roles) {
    const draft = drafts[role.id];
    if (!draft) continue;
    for (const key of draft) if (!role.permissions.includes(key)) add(true, key, role);
    for (const key of role.permissions) if (!draft.includes(key)) add(false, key, role);
  }
  return [...found.values()];
}

export const changeCount = (roles: Role[], drafts: Drafts) =>
  consequences(roles, drafts).reduce((sum, one) => sum + one.roles.length, 0);

export type Lock = 'default' | 'owner' | 'reader' | 'wider' | 'lacking';

/** Why a cell cannot be changed by this person, or `null`. Nobody grants what they lack. */
export function lockOf(role: Role, key: string, own: readonly string[], mayEdit: boolean): Lock | null {
  if (role.is_fixed) return 'owner';
  if (role.is_default) return 'default';
  if (!mayEdit) return 'reader';
  if (role.permissions.some((one) => !own.includes(one))) return 'wider';
  return own.includes(key) ? null : 'lacking';
}
