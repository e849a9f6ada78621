import { Button, MultiSelect, TextInput } from '@mantine/core';
import { IconPlus, IconUsersGroup } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Team } from '../../api/administration';
import { administration, peopleQuery, teamsQuery } from '../../api/administrationQueries';
import { api } from '../../api/client';
import { keys } from '../../api/queries';
import { Face } from '../../people/Face';
import { StateCard } from '../../shell/StateCard';
import { showToast } from '../../shell/toast';
import { useRights } from '../../state/permissions';
import { Ask, Card, Failed, Frame, Loading, Refused } from '../parts';
import css from '../settings.module.css';
import { useChange } from '../useChange';
import shape from './teams.module.css';

type Editing = { team: Team | null } | null;

export function Page() {
  const { t } = useTranslation();
  const { members: mayChange } = useRights();
  const teams = useQuery(teamsQuery);
  const [editing, setEditing] = useState<Editing>(null);
  const [deleting, setDeleting] = useState<Team | null>(null);
  const add = mayChange && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEditing({ team: null })}>
      {t('teams.new')}
    </Button>
  );
  return (
    <Frame title={t('settings.teams')} actions={teams.data?.length !== 0 && add}>
      {teams.isError && <Failed error={teams.error} retry={() => void teams.refetch()} />}
      {teams.isPending && <Loading />}
      {teams.data?.length === 0 && (
        <div className={css.middle}>
          <StateCard Icon={IconUsersGroup} title={t('teams.emptyTitle')} text={t('teams.emptyText')}>
            {add}
          </StateCard>
        </div>
      )}
      {teams.data && teams.data.length > 0 && (
        <Card title={t('teams.count', { count: teams.data.length })} text={t('teams.text')} flush>
          <ul className={css.list}>
            {teams.data.map((team) => (
              <li key={team.id}>
                <div className={css.main}>
                  <strong>
                    <bdi>{team.name}</bdi>
                  </strong>
                  <Faces ids={team.members} />
                </div>
                {mayChange && (
                  <>
                    <Button
                      variant="default"
                      aria-label={t('teams.changeName', { name: team.name })}
                      onClick={() => setEditing({ team })}
                    >
                      {t('teams.change')}
                    </Button>
                    <Button
                      variant="subtle"
                      aria-label={t('teams.deleteName', { name: team.name })}
                      onClick={() => setDeleting(team)}
                    >
                      {t('teams.delete')}
                    </Button>
                  </>
                )}
              </li>
            ))}
          </ul>
        </Card>
      )}
      {editing && <TeamDialog team={editing.team} onClose={() => setEditing(null)} />}
      {deleting && <DeleteDialog team={deleting} onClose={() => setDeleting(null)} />}
    </Frame>
  );
}

function Faces({ ids }: { ids: string[] }) {
  const { t } = useTranslation();
  const { data: people } = useQuery(peopleQuery);
  const shown = ids.flatMap((id) => people?.find((one) => one.id === id) ?? []);
  if (ids.length === 0) return <span className={css.faint}>{t('teams.nobody')}</span>;
  return (
    <span className={shape.people}>
      {shown.map((one) => (
        <span key={one.id}>
          <Face id={one.id} name={one.name} size={16} solid />
          <bdi>{one.name}</bdi>
        </span>
      ))}
    </span>
  );
}

function TeamDialog({ team, onClose }: { team: Team | null; onClose: () => void }) {
  const { t } = useTranslation();
  const { data: people } = useQuery(peopleQuery);
  const [name, setName] = useState(team?.name ?? '');
  const [members, setMembers] = useState(team?.members ?? []);
  const save = useChange(
    () => {
      const body = { name: name.trim(), members };
      return team ? api.put<Team>(`/teams/${team.id}`, body) : api.post<Team>('/teams', body);
    },
    {
      stale: [administration.teams, keys.members, keys.me],
      onDone: () => {
        showToast({ tone: 'ac', title: t('settings.saved'), text: t('members.changedText') });
        onClose();
      },
    },
  );
  return (
    <Ask title={t(team ? 'teams.change' : 'teams.new')} onClose={onClose}>
      <form
        className={css.ask}
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <TextInput
          label={t('teams.name')}
          value={name}
          required
          withAsterisk={false}
          maxLength={60}
          data-autofocus
          error={save.problem?.status === 409 ? save.text : undefined}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <MultiSelect
          label={t('settings.members')}
          searchable
          value={members}
          onChange={setMembers}
          data={
            people
              ?.filter((one) => one.status === 'active' && !one.service)
              .map((one) => ({ value: one.id, label: one.name })) ?? []
          }
        />
        {save.problem?.status !== 409 && <Refused text={save.text} />}
        <div className={css.row}>
          <Button type="submit" loading={save.busy}>
            {t(team ? 'settings.save' : 'teams.create')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}

function DeleteDialog({ team, onClose }: { team: Team; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useChange(() => api.remove(`/teams/${team.id}`), {
    stale: [administration.teams, keys.members],
    onDone: () => {
      showToast({ tone: 'ac', title: t('teams.deleted', { name: team.name }) });
      onClose();
    },
  });
  return (
    <Ask title={t('teams.deleteTitle', { name: team.name })} onClose={onClose}>
      <p>{t('teams.deleteText', { count: team.members.length })}</p>
      <Refused text={remove.text} />
      <div className={css.row}>
        <Button variant="outline" loading={remove.busy} onClick={() => remove.run()}>
          {t('teams.deleteName', { name: team.name })}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('settings.cancel')}
        </Button>
      </div>
    </Ask>
  );
}
