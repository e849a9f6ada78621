import { type Icon, IconInbox, IconUsers, IconWebhook } from '@tabler/icons-react';
import type { Me } from '../api/types';
import { rightsOf } from '../state/permissions';

export type NavItem = {
  to: '/inbox' | '/contacts' | '/webhook-log';
  at: string;
  label: string;
  keys: string;
  Icon: Icon;
};

/** Only places this person may enter; a closed door is not shown. */
export function navItems(me: Me): NavItem[] {
  const rights = rightsOf(me.permissions);
  const items: (NavItem | false)[] = [
    rights.readInbox && { to: '/inbox', at: '/inbox', label: 'nav.inbox', keys: 'G I', Icon: IconInbox },
    rights.readContacts && {
      to: '/contacts',
      at: '/contacts',
      label: 'nav.contacts',
      keys: 'G C',
      Icon: IconUsers,
    },
    rights.readLog && {
      to: '/webhook-log',
      at: '/webhook-log',
      label: 'nav.log',
      keys: 'G W',
      Icon: IconWebhook,
    },
  ];
  return items.filter((item) => item !== false);
}
