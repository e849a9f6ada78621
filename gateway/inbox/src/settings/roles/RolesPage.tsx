import { Button, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconPlus, IconSearch, IconUserSearch } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Permission, Role } from '../../api/administration';
import { administration, permissionsQuery, rolesQuery } from '../../api/administrationQueries';
import { api } from '../../api/client';
import { listed } from '../../i18n/format';
import { showToast } from '../../shell/toast';
import { useMe, useRights } from '../../state/permissions';
import { Ask, Failed, PageHead, Refused } from '../parts';
import settings from '../settings.module.css';
import { useChange } from '../useChange';
import { AccessDialog } from './AccessDialog';
import { changeCount, click, consequences, type Drafts, GROUPS, groupOf } from './matrix';
import { RoleDialog, type RoleTask } from './RoleDialog';
import { RoleTable } from './RoleTable';
import css from './roles.module.css';
import { permissionName, sentence } from './sentences';

const FIRST_TABLE = GROUPS.slice(0, 4).map(([name]) => name as string);

export function Page() {
  const { t } = useTranslation();
  const rights = useRights();
  const permissions = useQuery(permissionsQuery);
  const roles = useQuery(rolesQuery);
  const [search, setSearch] = useState('');
  const [drafts, setDrafts] = useState<Drafts>({});
  const [task, setTask] = useState<RoleTask | null>(null);
  const [person, setPerson] = useState(false);
  const error = permissions.error ?? roles.error;
  const changes = changeCount(roles.data ?? [], drafts);
  useBlocker({
    shouldBlockFn: () => changes > 0 && !window.confirm(t('roles.leave')),
    enableBeforeUnload: () => changes > 0,
  });
  const found = (permissions.data ?? []).filter((one) => matches(one, search, permissionName(one.key, t)));
  const inFirst = (one: Permission) => FIRST_TABLE.includes(groupOf(one.key));
  return (
    <main className={settings.page} data-pane tabIndex={-1}>
      <PageHead
        title={t('settings.roles')}
        actions={
          <>
            <TextInput
              className={css.search}
              aria-label={t('roles.find')}
              placeholder={t('roles.find')}
              type="search"
              leftSection={<IconSearch size={16} />}
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
            />
            {rights.members && (
              <Button
                variant="default"
                className={css.wideOnly}
                leftSection={<IconUserSearch size={16} />}
                onClick={() => setPerson(true)}
              >
                {t('roles.viewAs')}
              </Button>
            )}
            {rights.roles && (
              <Button
                variant="default"
                leftSection={<IconPlus size={16} />}
                onClick={() => setTask({ kind: 'new', from: null })}
              >
                {t('roles.new')}
              </Button>
            )}
          </>
        }
      />
      {error ? (
        <Failed error={error} retry={() => void Promise.all([permissions.refetch(), roles.refetch()])} />
      ) : (
        <>
          <Legend permissions={permissions.data?.length ?? 0} roles={roles.data ?? []} />
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
          <section className={css.scroll} tabIndex={0} aria-label={t('roles.matrix')}>
            {permissions.data && found.length === 0 && (
              <p className={settings.faint}>{t('roles.noMatch', { search })}</p>
            )}
            <div className={css.tables}>
              {[found.filter(inFirst), found.filter((one) => !inFirst(one))].map(
                (part, index) =>
                  part.length > 0 &&
                  roles.data && (
                    <RoleTable
                      key={index === 0 ? 'first' : 'second'}
                      permissions={part}
                      roles={roles.data}
                      drafts={drafts}
                      onClick={(role, key) => setDrafts(click(drafts, role, key))}
                      onTask={setTask}
                    />
                  ),
              )}
            </div>
          </section>
          {changes > 0 && roles.data && (
            <Unsaved roles={roles.data} drafts={drafts} changes={changes} onSettled={() => setDrafts({})} />
          )}
        </>
      )}
      {task && <RoleDialog task={task} roles={roles.data ?? []} onClose={() => setTask(null)} />}
      {person && <AccessDialog onClose={() => setPerson(false)} />}
    </main>
  );
}

function matches(permission: Permission, search: string, name: string): boolean {
  const wanted = search.trim().toLowerCase();
  return [permission.key, permission.description, name].some((text) => text.toLowerCase().includes(wanted));
}

function Legend({ permissions, roles }: { permissions: number; roles: Role[] }) {
  const { t } = useTranslation();
  const people = roles.reduce((sum, role) => sum + role.members, 0);
  return (
    <div className={css.legend}>
      <p>
        {listed([
          t('roles.countPermissions', { count: permissions }),
          t('roles.countRoles', { count: roles.length }),
          t('roles.countMembers', { count: people }),
        ])}
      </p>
      <p className={css.marks} aria-hidden>
        <span className={css.allowed}>
          <IconCheck size={16} />
          <i>{t('roles.allowed')}</i>
        </span>
        <span className={css.not}>
          – <i>{t('roles.notAllowed')}</i>
        </span>
        <span>
          <span className={css.swatch} />
          {t('roles.changedLegend')}
        </span>
      </p>
    </div>
  );
}

type UnsavedProps = { roles: Role[]; drafts: Drafts; changes: number; onSettled: () => void };
const SHOWN = 2;

function Unsaved({ roles, drafts, changes, onSettled }: UnsavedProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useMe();
  const [review, setReview] = useState(false);
  const all = consequences(roles, drafts).map((one) => sentence(one, t));
  const save = useChange(
    async () => {
      for (const role of roles) {
        const permissions = drafts[role.id];
        if (permissions)
          await api.put(`/roles/${role.id}`, { name: role.name, description: role.description, permissions });
      }
    },
    {
      stale: [administration.roles],
      onDone: () => {
        showToast({ tone: 'ac', title: t('roles.saved', { count: changes }), text: t('roles.savedText') });
        // One's own role may be among them.
        if (drafts[me.member.role.id]) void client.invalidateQueries({ queryKey: ['me'] });
        onSettled();
      },
    },
  );
  const rest = all.length - SHOWN;
  return (
    <section className={css.unsaved} aria-label={t('roles.unsaved', { count: changes })}>
      <IconAlertTriangle size={18} aria-hidden />
      <strong>{t('roles.unsaved', { count: changes })}</strong>
      <p aria-live="polite">
        {all.slice(0, SHOWN).join(' ')} {rest > 0 && t('roles.more', { count: rest })}
      </p>
      <Button variant="default" onClick={onSettled}>
        {t('roles.discard')}
      </Button>
      <Button onClick={() => setReview(true)}>{t('roles.review')}</Button>
      {review && (
        <Ask title={t('roles.reviewTitle', { count: changes })} onClose={() => setReview(false)} size={560}>
          <ul className={css.review}>
            {all.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
          <p>{t('roles.acts')}</p>
          <Refused text={save.text} />
          <div className={settings.row}>
            <Button loading={save.busy} onClick={() => save.run()}>
              {t('roles.save', { count: changes })}
            </Button>
            <Button variant="default" onClick={() => setReview(false)}>
              {t('settings.back')}
            </Button>
          </div>
        </Ask>
      )}
    </section>
  );
}
