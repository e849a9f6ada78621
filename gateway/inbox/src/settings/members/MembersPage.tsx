import { Button, TextInput } from '@mantine/core';
import { IconSearch, IconUserPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member } from '../../api/administration';
import { peopleQuery } from '../../api/administrationQueries';
import { listed } from '../../i18n/format';
import { Face } from '../../people/Face';
import { roleName } from '../../people/roles';
import { Card, Chip, Failed, Frame, Loading } from '../parts';
import css from '../settings.module.css';
import { useWhen } from '../when';
import { FactorChip } from './FactorChip';
import { InvitationsCard } from './InvitationsCard';
import { InviteDialog } from './InviteDialog';
import { MemberPanel } from './MemberPanel';
import shape from './members.module.css';

export function Page() {
  const { t } = useTranslation();
  const { memberId = null } = useParams({ strict: false }) as { memberId?: string };
  const navigate = useNavigate();
  const people = useQuery(peopleQuery);
  const [search, setSearch] = useState('');
  const [inviting, setInviting] = useState(false);
  const open = people.data?.find((one) => one.id === memberId) ?? null;
  const shown = people.data?.filter((one) => found(one, search));
  return (
    <>
      <div className={shape.list} data-beside={open !== null || undefined}>
        <Frame
          wide
          title={t('settings.members')}
          actions={
            <>
              <TextInput
                className={shape.search}
                type="search"
                aria-label={t('members.find')}
                placeholder={t('members.find')}
                leftSection={<IconSearch size={16} />}
                value={search}
                onChange={(event) => setSearch(event.currentTarget.value)}
              />
              <Button leftSection={<IconUserPlus size={16} />} onClick={() => setInviting(true)}>
                {t('members.invite')}
              </Button>
            </>
          }
        >
          <InvitationsCard />
          {people.isError && <Failed error={people.error} retry={() => void people.refetch()} />}
          {people.isPending && <Loading />}
          {shown && (
            <Card title={t('members.count', { count: shown.length })} flush>
              <MemberTable
                people={shown}
                openId={memberId}
                onOpen={(id) =>
                  void navigate({ to: '/settings/members/$memberId', params: { memberId: id } })
                }
              />
            </Card>
          )}
        </Frame>
      </div>
      {open && (
        <MemberPanel key={open.id} member={open} onClose={() => void navigate({ to: '/settings/members' })} />
      )}
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
    </>
  );
}

function found(member: Member, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  return [member.name, member.email ?? '', member.role.name].some((text) =>
    text.toLowerCase().includes(wanted),
  );
}

type TableProps = { people: Member[]; openId: string | null; onOpen: (id: string) => void };

function MemberTable({ people, openId, onOpen }: TableProps) {
  const { t } = useTranslation();
  const when = useWhen();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
    <section className={css.tableBox} tabIndex={0} aria-label={t('settings.members')}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('members.person')}</th>
            <th scope="col">{t('members.role')}</th>
            <th scope="col" className={shape.wide}>
              {t('settings.teams')}
            </th>
            <th scope="col" className={`${css.num} ${shape.wide}`}>
              {t('members.open')}
            </th>
            <th scope="col" className={shape.wide}>
              {t('members.seen')}
            </th>
            <th scope="col" className={shape.seldom}>
              {t('members.factor')}
            </th>
          </tr>
        </thead>
        <tbody>
          {people.map((one) => (
            <tr
              key={one.id}
              data-link
              data-open={one.id === openId || undefined}
              className={one.status === 'active' ? undefined : css.off}
              onClick={() => onOpen(one.id)}
            >
              <td className={shape.first}>
                <div className={css.who}>
                  <Face id={one.id} name={one.name} size={28} solid />
                  <div className={css.whoText}>
                    <button type="button" aria-expanded={one.id === openId}>
                      <bdi>{one.name}</bdi>
                    </button>
                    <bdi className={css.faint}>{one.service ? t('members.service') : one.email}</bdi>
                  </div>
                  {one.status === 'deactivated' && <Chip>{t('members.deactivated')}</Chip>}
                </div>
              </td>
              <td>
                <bdi>{roleName(one.role, t)}</bdi>
              </td>
              <td className={shape.wide}>
                <span className={`${css.faint} ${shape.teams}`}>
                  <bdi>{listed(one.teams.map((team) => team.name)) || '–'}</bdi>
                </span>
              </td>
              <td className={`${css.num} ${shape.wide}`}>{one.open_conversations ?? '–'}</td>
              <td className={`${css.faint} ${shape.wide}`}>
                {one.last_seen_at ? when(one.last_seen_at) : t('members.notIn')}
              </td>
              <td className={shape.seldom}>
                <FactorChip on={one.second_factor ?? false} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
