import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Role } from '../../api/administration';
import en from '../../i18n/administration/en.json';
import { cellOf, changeCount, click, consequences, GROUPS, groupOf, lockOf, toggled } from './matrix';

const book = JSON.parse(readFileSync('../../engine/permissions.json', 'utf8')) as {
  permissions: { key: string }[];
};
const KEYS = book.permissions.map((one) => one.key);

const role = (id: string, permissions: string[], fields: Partial<Role> = {}): Role => ({
  id,
  name: id,
  description: '',
  is_default: false,
  is_fixed: false,
  permissions,
  members: 3,
  ...fields,
});

describe('the groups', () => {
  it('are nine and hold all 43 permissions', () => {
    expect(KEYS).toHaveLength(43);
    expect(GROUPS).toHaveLength(9);
    const used = new Set(KEYS.map(groupOf));
    expect([...used].sort()).toEqual(GROUPS.map(([name]) => name).sort());
    const resources = GROUPS.flatMap(([, all]) => all as readonly string[]);
    for (const key of KEYS) expect(resources).toContain(key.split('.')[0]);
  });

  it('every permission has a name', () => {
    for (const key of KEYS) {
      const [resource = '', action = ''] = key.split('.');
      const names = en.permission as unknown as Record<string, Record<string, string>>;
      expect(names[resource]?.[action], key).toBeTruthy();
    }
  });
});

describe('a click', () => {
  it('on a wider right brings the narrower ones along', () => {
    expect(toggled([], 'conversations.read_all').sort()).toEqual([
      'conversations.read_all',
      'conversations.read_assigned',
      'conversations.read_team',
    ]);
  });

  it('that takes a narrower right takes the wider ones with it', () => {
    const all = toggled([], 'conversations.read_all');
    expect(toggled(all, 'conversations.read_assigned')).toEqual([]);
    expect(toggled(all, 'conversations.read_all').sort()).toEqual([
      'conversations.read_assigned',
      'conversations.read_team',
    ]);
  });

  it('twice leaves nothing to save', () => {
    const night = role('night', ['contacts.read']);
    const once = click({}, night, 'contacts.export');
    expect(cellOf(night, 'contacts.export', once)).toEqual({ allowed: true, changed: true });
    expect(cellOf(night, 'contacts.read', once)).toEqual({ allowed: true, changed: false });
    expect(click(once, night, 'contacts.export')).toEqual({});
  });
});

describe('what the foot says', () => {
  it('names each permission once, with all its roles and their people', () => {
    const [night, desk] = [role('night', []), role('desk', ['notes.write'], { members: 14 })];
    let drafts = click({}, night, 'contacts.export');
    drafts = click(drafts, desk, 'contacts.export');
    drafts = click(drafts, desk, 'notes.write');
    const found = consequences([night, desk], drafts);
    expect(found).toEqual([
      { gets: true, permission: 'contacts.export', roles: [night, desk], people: 17 },
      { gets: false, permission: 'notes.write', roles: [desk], people: 14 },
    ]);
    expect(changeCount([night, desk], drafts)).toBe(3);
  });
});

describe('a cell cannot be changed', () => {
  const own = ['contacts.read', 'roles.manage'];
  it.each([
    [
      'of the owner',
      role('owner', own, { is_default: true, is_fixed: true }),
      'contacts.read',
      true,
      'owner',
    ],
    ['of a default role', role('agent', [], { is_default: true }), 'contacts.read', true, 'default'],
    ['by somebody who only reads', role('night', []), 'contacts.read', false, 'reader'],
    ['of a role that has more than oneself', role('night', ['audit.read']), 'contacts.read', true, 'wider'],
    ['to give what one lacks', role('night', []), 'audit.read', true, 'lacking'],
    ['', role('night', []), 'contacts.read', true, null],
  ] as const)('%s', (_, of, key, mayEdit, lock) => {
    expect(lockOf(of, key, own, mayEdit)).toBe(lock);
  });
});
