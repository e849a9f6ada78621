import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member } from '../../api/administration';
import { administration, peopleQuery, teamsQuery } from '../../api/administrationQueries';
import { api } from '../../api/client';
import { keys } from '../../api/queries';
import { showToast } from '../../shell/toast';
import { Ask, Refused } from '../parts';
import css from '../settings.module.css';
import { useChange } from '../useChange';

const NOBODY = 'nobody';

/** `member:…` and `team:…` as the server takes them; ids of both kinds stand in one list. */
export function handOver(choice: string): { member: string } | { team: string } | null {
  const [kind, id] = [choice.slice(0, choice.indexOf(':')), choice.slice(choice.indexOf(':') + 1)];
  if (kind === 'member') return { member: id };
  return kind === 'team' ? { team: id } : null;
}

export function DeactivateDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation();
  const people = useQuery(peopleQuery);
  const teams = useQuery(teamsQuery);
  const [to, setTo] = useState(NOBODY);
  const open = member.open_conversations ?? 0;
  const deactivate = useChange(
    () => api.post(`/members/${member.id}/deactivate`, { hand_over_to: handOver(to) }),
    {
      stale: [keys.members, ['conversations'], administration.teams, administration.roles],
      onDone: () => {
        showToast({ tone: 'ac', title: t('members.deactivatedDone', { name: member.name }) });
        onClose();
      },
    },
  );
  const others = people.data?.filter(
    (one) => one.status === 'active' && !one.service && one.id !== member.id,
  );
  return (
    <Ask title={t('members.deactivateTitle', { name: member.name })} onClose={onClose}>
      <p>{t('members.deactivateText')}</p>
      <Select
        openOnFocus={false}
        label={t('members.handOver', { count: open })}
        searchable
        allowDeselect={false}
        data-autofocus
        value={to}
        onChange={(value) => setTo(value ?? NOBODY)}
        data={[
          { value: NOBODY, label: t('members.toNobody') },
          {
            group: t('settings.teams'),
            items: teams.data?.map((team) => ({ value: `team:${team.id}`, label: team.name })) ?? [],
          },
          {
            group: t('settings.members'),
            items: others?.map((one) => ({ value: `member:${one.id}`, label: one.name })) ?? [],
          },
        ]}
      />
      <Refused text={deactivate.text} />
      <div className={css.row}>
        <Button variant="outline" loading={deactivate.busy} onClick={() => deactivate.run()}>
          {t('members.deactivateName', { name: member.name })}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('settings.cancel')}
        </Button>
      </div>
    </Ask>
  );
}
