import type { Role } from '../../api/administration';
import type { Words } from '../../i18n';
import { roleName } from '../../people/roles';

type Choice = { value: string; label: string; disabled: boolean };

/** Nobody gives a role that has more than they have, and ownership is only given by transfer. */
export const roleChoices = (roles: Role[], own: readonly string[], t: Words): Choice[] =>
  roles.map((role) => ({
    value: role.id,
    label: roleName(role, t),
    disabled: role.is_fixed || role.permissions.some((key) => !own.includes(key)),
  }));
