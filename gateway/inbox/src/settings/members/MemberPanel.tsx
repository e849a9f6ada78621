import { ActionIcon, Button, Select } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member, ResetLink } from '../../api/administration';
import { administration, memberSessionsQuery, rolesQuery } from '../../api/administrationQueries';
import { api } from '../../api/client';
import { keys } from '../../api/queries';
import { number } from '../../i18n/format';
import { useShortcuts } from '../../keyboard/shortcuts';
import { Face } from '../../people/Face';
import { roleName } from '../../people/roles';
import { showToast } from '../../shell/toast';
import { useMe } from '../../state/permissions';
import { Chip, Refused } from '../parts';
import { AccessDialog } from '../roles/AccessDialog';
import { SessionRow } from '../security/SecurityPage';
import css from '../settings.module.css';
import { useChange } from '../useChange';
import { useWhen } from '../when';
import { DeactivateDialog } from './DeactivateDialog';
import { FactorChip } from './FactorChip';
import { LinkDialog } from './LinkDialog';
import shape from './members.module.css';
import { roleChoices } from './roleChoices';
import { TeamsField } from './TeamsField';

type Props = { member: Member; onClose: () => void };

export function MemberPanel({ member, onClose }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const roles = useQuery(rolesQuery);
  const [access, setAccess] = useState(false);
  const [deactivating, setDeactivating] = useState(false);
  useShortcuts({ escape: onClose });
  const role = roles.data?.find((one) => one.id === member.role.id);
  const wider = role?.permissions.some((key) => !me.permissions.includes(key)) ?? false;
  const self = member.id === me.member.id;
  const active = member.status === 'active';
  const reactivate = useChange(() => api.post(`/members/${member.id}/reactivate`), {
    stale: [keys.members],
    onDone: () => showToast({ tone: 'ac', title: t('members.reactivated', { name: member.name }) }),
  });
  return (
    <aside className={shape.panel} aria-label={t('members.detail')} data-pane tabIndex={-1}>
      <header className={css.head}>
        <h2>{t('members.detail')}</h2>
        <span className={css.spring} />
        <ActionIcon aria-label={t('common.close')} onClick={onClose}>
          <IconX size={18} />
        </ActionIcon>
      </header>
      <div className={shape.body}>
        <div className={css.who}>
          <Face id={member.id} name={member.name} size={40} solid />
          <div className={css.whoText}>
            <strong>
              <bdi>{member.name}</bdi>
            </strong>
            <bdi className={css.faint}>{member.email}</bdi>
          </div>
          {!active && <Chip>{t('members.deactivated')}</Chip>}
        </div>
        {!member.service && <Facts member={member} />}
        {wider && !self && <p className={css.faint}>{t('members.wider')}</p>}
        {active && <Place member={member} locked={wider || self} self={self} />}
        <div className={css.row}>
          <Button variant="default" onClick={() => setAccess(true)}>
            {t('access.open')}
          </Button>
        </div>
        {active && !member.service && !wider && <Sessions member={member} self={self} />}
        <section className={shape.section}>
          {active ? (
            <>
              <Button
                variant="outline"
                disabled={self || wider || member.role.id === 'owner'}
                onClick={() => setDeactivating(true)}
              >
                {t('members.deactivate')}
              </Button>
              {self && <p className={css.faint}>{t('members.notSelf')}</p>}
              {!self && member.role.id === 'owner' && <p className={css.faint}>{t('members.ownerStays')}</p>}
            </>
          ) : (
            <>
              <p className={css.faint}>{t('members.deactivatedText')}</p>
              <Button variant="default" loading={reactivate.busy} onClick={() => reactivate.run()}>
                {t('members.reactivate')}
              </Button>
              <Refused text={reactivate.text} />
            </>
          )}
        </section>
      </div>
      {access && <AccessDialog memberId={member.id} onClose={() => setAccess(false)} />}
      {deactivating && <DeactivateDialog member={member} onClose={() => setDeactivating(false)} />}
    </aside>
  );
}

/** What the table says of somebody, where there is no room for the table. */
function Facts({ member }: { member: Member }) {
  const { t } = useTranslation();
  const when = useWhen();
  return (
    <dl className={shape.facts}>
      <dt>{t('members.factor')}</dt>
      <dd>
        <FactorChip on={member.second_factor ?? false} />
      </dd>
      <dt>{t('members.openConversations')}</dt>
      <dd>{number(member.open_conversations ?? 0)}</dd>
      <dt>{t('members.seen')}</dt>
      <dd>{member.last_seen_at ? when(member.last_seen_at) : t('members.notIn')}</dd>
    </dl>
  );
}

type PlaceProps = { member: Member; locked: boolean; self: boolean };

function Place({ member, locked, self }: PlaceProps) {
  const { t } = useTranslation();
  const me = useMe();
  const roles = useQuery(rolesQuery);
  const [role, setRole] = useState(member.role.id);
  const [inTeams, setInTeams] = useState(member.teams.map((team) => team.id));
  const before = member.teams.map((team) => team.id);
  const sameTeams = inTeams.length === before.length && inTeams.every((id) => before.includes(id));
  const save = useChange(
    () =>
      api.patch<Member>(`/members/${member.id}`, {
        ...(role !== member.role.id && { role }),
        ...(!sameTeams && { teams: inTeams }),
      }),
    {
      stale: [keys.members, administration.roles, administration.teams],
      onDone: () =>
        showToast({
          tone: 'ac',
          title: t('members.changed', { name: member.name }),
          text: t('members.changedText'),
        }),
    },
  );
  const fixed = locked || member.role.id === 'owner';
  return (
    <section className={shape.section}>
      <Select
        label={t('members.role')}
        description={self ? t('members.ownRole') : undefined}
        allowDeselect={false}
        disabled={fixed}
        value={role}
        onChange={(value) => setRole(value ?? role)}
        data={
          roles.data
            ? roleChoices(roles.data, me.permissions, t)
            : [{ value: member.role.id, label: roleName(member.role, t) }]
        }
      />
      <TeamsField value={inTeams} onChange={setInTeams} disabled={locked && !self} />
      <Refused text={save.text} />
      <div className={css.row}>
        <Button
          loading={save.busy}
          disabled={role === member.role.id && sameTeams}
          onClick={() => save.run()}
        >
          {t('settings.save')}
        </Button>
      </div>
    </section>
  );
}

function Sessions({ member, self }: { member: Member; self: boolean }) {
  const { t } = useTranslation();
  const when = useWhen();
  const sessions = useQuery(memberSessionsQuery(member.id));
  const [link, setLink] = useState<ResetLink | null>(null);
  const end = useChange(() => api.remove(`/members/${member.id}/sessions`), {
    stale: [administration.memberSessions(member.id)],
    onDone: () => showToast({ tone: 'ac', title: t('members.sessionsEnded', { name: member.name }) }),
  });
  const reset = useChange(() => api.post<ResetLink>(`/members/${member.id}/password-reset`), {
    onDone: setLink,
  });
  const count = sessions.data?.length ?? 0;
  return (
    <section className={shape.section}>
      <h3>{t('session.title')}</h3>
      {count === 0 && <p className={css.faint}>{t('members.noSession')}</p>}
      <ul className={`${css.list} ${shape.sessions}`}>
        {sessions.data?.map((one) => (
          <SessionRow key={one.id} session={one} />
        ))}
      </ul>
      <Refused text={end.text ?? reset.text} />
      <div className={css.row}>
        {count > 0 && !self && (
          <Button variant="default" loading={end.busy} onClick={() => end.run()}>
            {t('members.endSessions', { count })}
          </Button>
        )}
        <Button variant="default" loading={reset.busy} onClick={() => reset.run()}>
          {t('members.resetLink')}
        </Button>
      </div>
      {link && (
        <LinkDialog
          title={t('members.resetTitle', { name: member.name })}
          text={t('members.resetText', { when: when(link.expires_at) })}
          link={link.link}
          onClose={() => setLink(null)}
        />
      )}
    </section>
  );
}
