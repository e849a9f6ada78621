import {
  type Icon,
  IconDeviceMobile,
  IconInbox,
  IconSettings,
  IconShieldLock,
  IconSpeakerphone,
  IconTemplate,
  IconUsers,
  IconWebhook,
} from '@tabler/icons-react';
import type { Me } from '../api/types';
import { rightsOf } from '../state/permissions';

export type NavItem = {
  to:
    | '/inbox'
    | '/contacts'
    | '/broadcasts'
    | '/templates'
    | '/webhook-log'
    | '/numbers'
    | '/settings'
    | '/settings/roles';
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
    rights.readBroadcasts && {
      to: '/broadcasts',
      at: '/broadcasts',
      label: 'nav.broadcasts',
      keys: 'G B',
      Icon: IconSpeakerphone,
    },
    rights.readTemplates && {
      to: '/templates',
      at: '/templates',
      label: 'nav.templates',
      keys: 'G T',
      Icon: IconTemplate,
    },
    rights.readLog && {
      to: '/webhook-log',
      at: '/webhook-log',
      label: 'nav.log',
      keys: 'G W',
      Icon: IconWebhook,
    },
    rights.channels && {
      to: '/numbers',
      at: '/numbers',
      label: 'nav.numbers',
      keys: 'G N',
      Icon: IconDeviceMobile,
    },
    rights.roles && {
      to: '/settings/roles',
      at: '/settings/roles',
      label: 'nav.roles',
      keys: 'G R',
      Icon: IconShieldLock,
    },
  ];
  return items.filter((item) => item !== false);
}

/** Everybody has settings: at least their own. */
export const SETTINGS: NavItem = {
  to: '/settings',
  at: '/settings',
  label: 'nav.settings',
  keys: 'G S',
  Icon: IconSettings,
};

/** On a phone there is room for five places, the menu included: the rest is in the menu. */
const BAR_PLACES = 4;

export const barItems = (me: Me) => phoneItems(me).slice(0, BAR_PLACES);
export const menuItems = (me: Me) => phoneItems(me).slice(BAR_PLACES);

/** The roles are reached through the settings there; the log and the templates are looked at on a large screen. */
const phoneItems = (me: Me) => {
  const items = navItems(me).filter((item) => item.to !== '/settings/roles');
  if (items.length <= BAR_PLACES) return items;
  const later = (item: NavItem) => LATER.indexOf(item.to);
  return items.sort((a, b) => later(a) - later(b));
};
const LATER: readonly string[] = ['/templates', '/webhook-log'];
