import type { Words } from '../../i18n';
import { joined } from '../../i18n/format';
import { roleName } from '../../people/roles';
import type { Consequence } from './matrix';

export const permissionName = (key: string, t: Words): string => t(`permission.${key}`);

/** “Night desk and Weekend get ‘Export contacts’. 17 people can then do this.” */
export function sentence(one: Consequence, t: Words): string {
  const names = joined(one.roles.map((role) => roleName(role, t)));
  const values = { roles: names, permission: permissionName(one.permission, t), count: one.people };
  return one.gets ? t('roles.gets', values) : t('roles.loses', values);
}
