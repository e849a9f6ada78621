import { Button, Kbd, Menu } from '@mantine/core';
import { IconChevronDown, IconUserOff, IconUserPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { membersQuery } from '../../api/queries';
import type { Conversation, Person } from '../../api/types';
import { useShortcuts } from '../../keyboard/shortcuts';
import { Face } from '../../people/Face';
import { firstName } from '../../people/names';
import { useMe, useRights } from '../../state/permissions';
import { useConversationActions } from '../useConversationActions';
import css from './head.module.css';

export function AssigneeMenu({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const me = useMe();
  const rights = useRights();
  const [opened, setOpened] = useState(false);
  const { data: members } = useQuery({ ...membersQuery, enabled: rights.assign });
  const { assign } = useConversationActions();
  const { assignee } = conversation;
  const give = (person: Person | null) => {
    setOpened(false);
    if (person?.id !== assignee?.id) void assign(conversation, person);
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
      assignee && (
        <span className={css.assignee}>
          <Face id={assignee.id} name={assignee.name} size={16} solid />
          <bdi>{firstName(assignee.name)}</bdi>
        </span>
      )
    );
  }
  const target = (
    <Button
      variant="default"
      leftSection={
        assignee ? <Face id={assignee.id} name={assignee.name} size={16} solid /> : <IconUserPlus size={16} />
      }
      rightSection={<IconChevronDown size={14} />}
      aria-label={assignee ? t('thread.assigneeIs', { name: assignee.name }) : t('thread.assign')}
    >
      <bdi>{assignee ? firstName(assignee.name) : t('thread.assign')}</bdi>
    </Button>
  );
  return (
    <Menu opened={opened} onChange={setOpened} width={224}>
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown onKeyDown={onMenuKey}>
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
          ?.filter((one) => one.status === 'active' && !one.service && one.id !== me.member.id)
          .map((member) => (
            <Menu.Item
              key={member.id}
              leftSection={<Face id={member.id} name={member.name} size={22} solid />}
              onClick={() => give({ id: member.id, name: member.name })}
            >
              <bdi>{member.name}</bdi>
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}
