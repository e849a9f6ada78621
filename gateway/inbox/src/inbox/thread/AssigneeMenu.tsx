import { Button, Kbd, Menu } from '@mantine/core';
import {
  IconCheck,
  IconChevronDown,
  IconUserOff,
  IconUserPlus,
  IconUsersGroup,
  IconX,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member, Role, Team } from '../../api/administration';
import { rolesQuery, teamsQuery } from '../../api/administrationQueries';
import { membersQuery } from '../../api/queries';
import type { Conversation, Person } from '../../api/types';
import { joined } from '../../i18n/format';
import { useShortcuts } from '../../keyboard/shortcuts';
import { Face } from '../../people/Face';
import { firstName } from '../../people/names';
import { useMe, useRights } from '../../state/permissions';
import { useConversationActions } from '../useConversationActions';
import css from './head.module.css';

/** Teams and roles change rarely, and threads are opened all day. */
const FRESH_MS = 300_000;

export function AssigneeMenu({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const me = useMe();
  const rights = useRights();
  const [opened, setOpened] = useState(false);
  const { data: members } = useQuery({ ...membersQuery, enabled: rights.assign });
  const { data: teams } = useQuery({ ...teamsQuery, staleTime: FRESH_MS });
  const { data: roles } = useQuery({ ...rolesQuery, staleTime: FRESH_MS, enabled: rights.assign });
  const { assign, giveToTeam } = useConversationActions();
  const { assignee } = conversation;
  const team = teams?.find((one) => one.id === conversation.team) ?? null;
  const give = (person: Person | null) => {
    setOpened(false);
    if (person?.id !== assignee?.id) void assign(conversation, person);
  };
  const handTo = (to: Team | null) => {
    setOpened(false);
    if (to?.id !== team?.id) void giveToTeam(conversation, to);
  };
  const toMe = () => give({ id: me.member.id, name: me.member.name });
  useShortcuts({
    ...(rights.assign && { a: () => setOpened(true), 'a m': toMe, 'a u': () => give(null) }),
  });
  const onMenuKey = (event: React.KeyboardEvent) => {
    if (event.key.toLowerCase() === 'm') toMe();
    if (event.key.toLowerCase() === 'u') give(null);
  };
  if (!rights.assign) {
    return (
      (assignee || team) && (
        <span className={css.assignee}>
          <Holder assignee={assignee} team={team} />
        </span>
      )
    );
  }
  const names = [assignee?.name, team?.name].filter((name) => name !== undefined);
  const target = (
    <Button
      variant="default"
      className={css.holder}
      rightSection={<IconChevronDown size={14} />}
      aria-label={names.length > 0 ? t('thread.assigneeIs', { name: joined(names) }) : t('thread.assign')}
    >
      {names.length > 0 ? (
        <Holder assignee={assignee} team={team} />
      ) : (
        <span className={css.held}>
          <IconUserPlus size={16} aria-hidden />
          {t('thread.assign')}
        </span>
      )}
    </Button>
  );
  return (
    <Menu opened={opened} onChange={setOpened} width={240}>
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown onKeyDown={onMenuKey} className={css.choices}>
        <Menu.Item
          leftSection={<Face id={me.member.id} name={me.member.name} size={22} solid />}
          rightSection={<Kbd>M</Kbd>}
          onClick={toMe}
        >
          {t('thread.toMe')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconUserOff size={18} />}
          rightSection={<Kbd>U</Kbd>}
          disabled={!assignee}
          onClick={() => give(null)}
        >
          {t('thread.unassign')}
        </Menu.Item>
        <Menu.Divider />
        {members
          ?.filter((one) => one.id !== me.member.id && mayHold(one, roles))
          .map((member) => (
            <Menu.Item
              key={member.id}
              leftSection={<Face id={member.id} name={member.name} size={22} solid />}
              onClick={() => give({ id: member.id, name: member.name })}
            >
              <bdi>{member.name}</bdi>
            </Menu.Item>
          ))}
        {teams && teams.length > 0 && (
          <>
            <Menu.Divider />
            <Menu.Label>{t('thread.teams')}</Menu.Label>
          </>
        )}
        {teams?.map((one) => (
          <Menu.Item
            key={one.id}
            leftSection={<IconUsersGroup size={18} />}
            rightSection={one.id === team?.id ? <IconCheck size={16} /> : null}
            aria-current={one.id === team?.id || undefined}
            onClick={() => handTo(one)}
          >
            <bdi>{one.name}</bdi>
          </Menu.Item>
        ))}
        {team && (
          <Menu.Item leftSection={<IconX size={18} />} onClick={() => handTo(null)}>
            {t('thread.takeOffTeam')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

/** A role without sight of conversations would be refused by the server; one that is not known yet is offered. */
function mayHold(member: Member, roles: Role[] | undefined): boolean {
  const role = roles?.find((one) => one.id === member.role.id);
  const sees = role?.permissions.some((key) => key.startsWith('conversations.read_')) ?? true;
  return member.status === 'active' && !member.service && sees;
}

/** Who has it, and whose team it is: either may be missing, not both. */
function Holder({ assignee, team }: { assignee: Person | null | undefined; team: Team | null }) {
  return (
    <span className={css.held}>
      {assignee ? (
        <Face id={assignee.id} name={assignee.name} size={16} solid />
      ) : (
        <IconUsersGroup size={16} aria-hidden />
      )}
      {assignee && <bdi>{firstName(assignee.name)}</bdi>}
      {assignee && team && <span aria-hidden>·</span>}
      {team && <bdi className={css.team}>{team.name}</bdi>}
    </span>
  );
}
