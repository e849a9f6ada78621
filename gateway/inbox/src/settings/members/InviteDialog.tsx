import { Button, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Invitation } from '../../api/administration';
import { administration, rolesQuery } from '../../api/administrationQueries';
import { api } from '../../api/client';
import { useMe } from '../../state/permissions';
import { Ask, Refused } from '../parts';
import css from '../settings.module.css';
import { useChange } from '../useChange';
import { useDay } from '../when';
import { LinkDialog } from './LinkDialog';
import { roleChoices } from './roleChoices';
import { TeamsField } from './TeamsField';

export function InviteDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const day = useDay();
  const me = useMe();
  const roles = useQuery(rolesQuery);
  const [email, setEmail] = useState('');
  const [role, setRole] = useState('agent');
  const [inTeams, setInTeams] = useState<string[]>([]);
  const [made, setMade] = useState<Invitation | null>(null);
  const invite = useChange(
    () => api.post<Invitation>('/invitations', { email: email.trim().toLowerCase(), role, teams: inTeams }),
    { stale: [administration.invitations], onDone: setMade },
  );
  if (made?.link) {
    return (
      <LinkDialog
        title={t('invite.linkTitle', { email: made.email })}
        text={t('invite.linkText', { day: day(made.expires_at) })}
        link={made.link}
        onClose={onClose}
      />
    );
  }
  return (
    <Ask title={t('members.invite')} onClose={onClose}>
      <form
        className={css.ask}
        onSubmit={(event) => {
          event.preventDefault();
          invite.run();
        }}
      >
        <TextInput
          label={t('signIn.email')}
          type="email"
          dir="ltr"
          value={email}
          required
          withAsterisk={false}
          data-autofocus
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={invite.problem?.status === 409 ? invite.text : undefined}
        />
        <Select
          label={t('members.role')}
          description={t('members.roleText')}
          allowDeselect={false}
          value={role}
          onChange={(value) => setRole(value ?? role)}
          data={roleChoices(roles.data ?? [], me.permissions, t)}
        />
        <TeamsField value={inTeams} onChange={setInTeams} />
        {invite.problem?.status !== 409 && <Refused text={invite.text} />}
        <div className={css.row}>
          <Button type="submit" loading={invite.busy}>
            {t('invite.submit')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}
