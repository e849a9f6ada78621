import { Button, Select, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Role } from '../../api/administration';
import { administration } from '../../api/administrationQueries';
import { api } from '../../api/client';
import { roleName } from '../../people/roles';
import { showToast } from '../../shell/toast';
import { useMe } from '../../state/permissions';
import { Ask, Refused } from '../parts';
import css from '../settings.module.css';
import { useChange } from '../useChange';

export type RoleTask =
  | { kind: 'new'; from: Role | null }
  | { kind: 'rename'; role: Role }
  | { kind: 'delete'; role: Role };

type Props = { task: RoleTask; roles: Role[]; onClose: () => void };

export function RoleDialog({ task, roles, onClose }: Props) {
  if (task.kind === 'delete') return <DeleteRole role={task.role} onClose={onClose} />;
  return <EditRole task={task} roles={roles} onClose={onClose} />;
}

function EditRole({ task, roles, onClose }: Props & { task: Exclude<RoleTask, { kind: 'delete' }> }) {
  const { t } = useTranslation();
  const me = useMe();
  const known = task.kind === 'rename' ? task.role : null;
  const copied = task.kind === 'new' ? task.from : null;
  const [name, setName] = useState(
    known?.name ?? (copied ? t('roles.copyOf', { name: roleName(copied, t) }) : ''),
  );
  const [description, setDescription] = useState(known?.description ?? '');
  const [from, setFrom] = useState<string | null>(copied?.id ?? null);
  const source = roles.find((role) => role.id === from);
  const kept = (source?.permissions ?? []).filter((key) => me.permissions.includes(key));
  const left = (source?.permissions.length ?? 0) - kept.length;
  const save = useChange(
    () =>
      known
        ? api.put<Role>(`/roles/${known.id}`, { name, description, permissions: known.permissions })
        : api.post<Role>('/roles', { name, description, permissions: kept }),
    {
      stale: [administration.roles],
      onDone: () => {
        showToast({ tone: 'ac', title: t(known ? 'roles.renamed' : 'roles.created', { name }) });
        onClose();
      },
    },
  );
  return (
    <Ask title={t(known ? 'roles.rename' : 'roles.new')} onClose={onClose}>
      <form
        className={css.ask}
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <TextInput
          label={t('roles.name')}
          value={name}
          required
          withAsterisk={false}
          maxLength={60}
          data-autofocus
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label={t('roles.description')}
          value={description}
          maxLength={300}
          autosize
          minRows={2}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        {!known && (
          <Select
            label={t('roles.from')}
            description={t('roles.fromText')}
            placeholder={t('roles.fromNothing')}
            clearable
            value={from}
            onChange={setFrom}
            data={roles.map((role) => ({ value: role.id, label: roleName(role, t) }))}
          />
        )}
        {left > 0 && <p className={css.faint}>{t('roles.notCopied', { count: left })}</p>}
        <Refused text={save.text} />
        <div className={css.row}>
          <Button type="submit" loading={save.busy}>
            {t(known ? 'settings.save' : 'roles.create')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}

function DeleteRole({ role, onClose }: { role: Role; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useChange(() => api.remove(`/roles/${role.id}`), {
    stale: [administration.roles],
    onDone: () => {
      showToast({ tone: 'ac', title: t('roles.deleted', { name: role.name }) });
      onClose();
    },
  });
  const used = role.members > 0;
  return (
    <Ask title={t('roles.deleteTitle', { name: role.name })} onClose={onClose}>
      <p>{used ? t('roles.inUse', { count: role.members }) : t('roles.deleteText')}</p>
      <Refused text={remove.text} />
      <div className={css.row}>
        <Button variant="outline" disabled={used} loading={remove.busy} onClick={() => remove.run()}>
          {t('roles.delete')}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('settings.cancel')}
        </Button>
      </div>
    </Ask>
  );
}
