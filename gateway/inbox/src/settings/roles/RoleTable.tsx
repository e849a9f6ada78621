import { Menu, Popover, Tooltip, UnstyledButton } from '@mantine/core';
import { IconCheck, IconCopy, IconPencil, IconTrash } from '@tabler/icons-react';
import { Fragment, type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Permission, Role } from '../../api/administration';
import type { Words } from '../../i18n';
import { listed } from '../../i18n/format';
import { roleName } from '../../people/roles';
import { useMe, useRights } from '../../state/permissions';
import { type Cell, cellOf, type Drafts, GROUPS, groupOf, type Lock, lockOf } from './matrix';
import type { RoleTask } from './RoleDialog';
import css from './roles.module.css';
import { permissionName } from './sentences';

type Props = {
  permissions: Permission[];
  roles: Role[];
  drafts: Drafts;
  onClick: (role: Role, key: string) => void;
  onTask: (task: RoleTask) => void;
};

const STEPS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Arrows walk over the cells that can be changed; columns follow the reading direction. */
function walk(event: KeyboardEvent<HTMLTableElement>) {
  const step = STEPS[event.key];
  const from = event.target instanceof HTMLElement ? event.target.closest('td') : null;
  if (!step || !from) return;
  const rtl = getComputedStyle(event.currentTarget).direction === 'rtl';
  const rows = [...event.currentTarget.querySelectorAll('tr')];
  let row = rows.indexOf(from.parentElement as HTMLTableRowElement);
  let column = from.cellIndex;
  event.preventDefault();
  for (;;) {
    row += step[0];
    column += rtl ? -step[1] : step[1];
    const cells = rows[row]?.cells;
    if (!cells || column < 1) return;
    // Heads of groups have one cell only: they are stepped over.
    if (step[1] !== 0 && column >= cells.length) return;
    const button = cells[column]?.querySelector<HTMLElement>('[data-cell]');
    if (button) {
      button.focus();
      return;
    }
  }
}

export function RoleTable({ permissions, roles, drafts, onClick, onTask }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const rights = useRights();
  const groups = GROUPS.map(
    ([name]) => [name, permissions.filter((one) => groupOf(one.key) === name)] as const,
  );
  return (
    <div className={css.box}>
      <table className={css.table} onKeyDown={walk}>
        <thead>
          <tr>
            <th scope="col">{t('roles.permission')}</th>
            {roles.map((role) => (
              <th key={role.id} scope="col">
                <RoleHead role={role} onTask={onTask} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map(
            ([name, part]) =>
              part.length > 0 && (
                <Fragment key={name}>
                  <tr className={css.group}>
                    <th colSpan={roles.length + 1} scope="colgroup">
                      <span>
                        {t(`roles.groups.${name}`)} <i>{part.length}</i>
                      </span>
                    </th>
                  </tr>
                  {part.map((permission) => (
                    <tr key={permission.key}>
                      <th scope="row">
                        <PermissionName permission={permission} roles={roles} />
                      </th>
                      {roles.map((role) => (
                        <RoleCell
                          key={role.id}
                          role={role}
                          permission={permission.key}
                          cell={cellOf(role, permission.key, drafts)}
                          lock={lockOf(role, permission.key, me.permissions, rights.roles)}
                          t={t}
                          onClick={onClick}
                        />
                      ))}
                    </tr>
                  ))}
                </Fragment>
              ),
          )}
        </tbody>
      </table>
    </div>
  );
}

function RoleHead({ role, onTask }: { role: Role; onTask: Props['onTask'] }) {
  const { t } = useTranslation();
  const rights = useRights();
  const name = roleName(role, t);
  const words = (
    <>
      <bdi className={css.roleName}>{name}</bdi>{' '}
      <span>
        <span aria-hidden>{role.members}</span>
        <span className={css.unseen}>{t('roles.people', { count: role.members })}</span>
      </span>
    </>
  );
  if (!rights.roles) return <span className={css.roleHead}>{words}</span>;
  return (
    <Menu position="bottom">
      <Menu.Target>
        <UnstyledButton className={css.roleHead} title={name}>
          {words}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {!role.is_default && (
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => onTask({ kind: 'rename', role })}>
            {t('roles.rename')}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => onTask({ kind: 'new', from: role })}>
          {t('roles.copy')}
        </Menu.Item>
        {!role.is_default && (
          <Menu.Item leftSection={<IconTrash size={16} />} onClick={() => onTask({ kind: 'delete', role })}>
            {t('roles.delete')}
          </Menu.Item>
        )}
        {role.is_default && (
          <Menu.Label>{t(role.is_fixed ? 'roles.lock.owner' : 'roles.lock.default')}</Menu.Label>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function PermissionName({ permission, roles }: { permission: Permission; roles: Role[] }) {
  const { t } = useTranslation();
  const has = roles.filter((role) => role.permissions.includes(permission.key));
  return (
    <Popover position="bottom-start" width={320} withinPortal>
      <Popover.Target>
        <UnstyledButton className={css.name} title={permission.description}>
          {permissionName(permission.key, t)}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={css.about}>
          <p>{permission.description}</p>
          <p className="mono">{permission.key}</p>
          <p>{t('roles.who', { roles: listed(has.map((role) => roleName(role, t))) })}</p>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

type CellProps = {
  role: Role;
  permission: string;
  cell: Cell;
  lock: Lock | null;
  t: Words;
  onClick: Props['onClick'];
};

/** There are hundreds: what they need is given to them instead of looked up by each. */
function RoleCell({ role, permission, cell: { allowed, changed }, lock, t, onClick }: CellProps) {
  const [hinted, setHinted] = useState(false);
  const words = t(allowed ? 'roles.allowed' : 'roles.notAllowed');
  const mark = allowed ? <IconCheck size={16} aria-hidden /> : <span aria-hidden>–</span>;
  if (lock === 'owner' || lock === 'default' || lock === 'reader') {
    return (
      <td data-allowed={allowed || undefined} data-fixed={lock === 'owner' || undefined}>
        {mark}
        <span className={css.unseen}>{words}</span>
      </td>
    );
  }
  const label = [
    roleName(role, t),
    permissionName(permission, t),
    words,
    ...(changed ? [t('roles.changed')] : []),
  ];
  const button = (
    <UnstyledButton
      data-cell
      className={css.cell}
      aria-pressed={allowed}
      aria-disabled={lock !== null || undefined}
      aria-label={label.join(', ')}
      aria-description={lock ? t(`roles.lock.${lock}`) : undefined}
      onClick={() => !lock && onClick(role, permission)}
      onMouseEnter={() => setHinted(lock !== null)}
    >
      {mark}
    </UnstyledButton>
  );
  return (
    <td
      data-allowed={allowed || undefined}
      data-changed={changed || undefined}
      data-locked={lock ?? undefined}
    >
      {lock && hinted ? <Tooltip label={t(`roles.lock.${lock}`)}>{button}</Tooltip> : button}
    </td>
  );
}
