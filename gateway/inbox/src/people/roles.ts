import type { RoleRef } from '../api/administration';
import type { Words } from '../i18n';

const DEFAULTS = new Set([
  'owner',
  'admin',
  'supervisor',
  'agent',
  'marketer',
  'analyst',
  'developer',
  'viewer',
]);

/** Default roles have a name in every language; custom ones are called what the organization called them. */
export const roleName = (role: RoleRef, t: Words): string =>
  DEFAULTS.has(role.id) ? t(`role.${role.id}`) : role.name;
