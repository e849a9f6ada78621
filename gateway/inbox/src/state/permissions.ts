import { useQuery } from '@tanstack/react-query';
import { meQuery } from '../api/queries';
import type { Me } from '../api/types';

export type Rights = {
  readInbox: boolean;
  /** Sees more than what is assigned to them. */
  readOthers: boolean;
  reply: boolean;
  sendTemplate: boolean;
  assign: boolean;
  update: boolean;
  readContacts: boolean;
  writeContacts: boolean;
  deleteContacts: boolean;
  manageConsent: boolean;
  writeNotes: boolean;
  /** Those of others, too. */
  deleteNotes: boolean;
  defineFields: boolean;
  contactSettings: boolean;
  reveal: boolean;
  readTemplates: boolean;
  readBroadcasts: boolean;
  writeBroadcasts: boolean;
  launchBroadcasts: boolean;
  approveBroadcasts: boolean;
  controlBroadcasts: boolean;
  exportContacts: boolean;
  importContacts: boolean;
  manageSegments: boolean;
  readLog: boolean;
  channels: boolean;
  members: boolean;
  roles: boolean;
  apiKeys: boolean;
  audit: boolean;
  organization: boolean;
  transfer: boolean;
};

export function rightsOf(permissions: string[]): Rights {
  const has = (name: string) => permissions.includes(name);
  return {
    readInbox: permissions.some((name) => name.startsWith('conversations.read_')),
    readOthers: has('conversations.read_team') || has('conversations.read_all'),
    reply: has('conversations.reply'),
    sendTemplate: has('conversations.send_template') && has('templates.read'),
    assign: has('conversations.assign'),
    update: has('conversations.update'),
    readContacts: has('contacts.read'),
    writeContacts: has('contacts.read') && has('contacts.write'),
    deleteContacts: has('contacts.read') && has('contacts.delete'),
    manageConsent: has('contacts.read') && has('consent.manage'),
    writeNotes: has('contacts.read') && has('notes.write'),
    deleteNotes: has('contacts.read') && has('conversations.delete'),
    defineFields: has('tags.manage'),
    contactSettings: has('tags.manage') || has('consent.manage'),
    reveal: has('contacts.reveal_pii'),
    readTemplates: has('templates.read'),
    readBroadcasts: has('campaigns.read'),
    writeBroadcasts: has('campaigns.read') && has('campaigns.write'),
    launchBroadcasts: has('campaigns.read') && has('campaigns.launch'),
    approveBroadcasts: has('campaigns.read') && has('campaigns.approve'),
    controlBroadcasts: has('campaigns.read') && has('campaigns.control'),
    exportContacts: has('contacts.export'),
    importContacts: has('contacts.read') && has('contacts.import'),
    manageSegments: has('contacts.read') && has('segments.manage'),
    readLog: has('channels.manage'),
    channels: has('channels.manage'),
    members: has('members.manage'),
    roles: has('roles.manage'),
    apiKeys: has('api_keys.manage'),
    audit: has('audit.read'),
    organization: has('organization.update'),
    transfer: has('organization.delete'),
  };
}

export function home(permissions: string[]): string {
  const rights = rightsOf(permissions);
  if (rights.reply) return '/inbox/mine';
  if (rights.readOthers) return '/inbox/all';
  if (rights.readLog) return '/webhook-log';
  if (rights.writeBroadcasts) return '/broadcasts';
  if (rights.readContacts) return '/contacts';
  if (rights.readBroadcasts) return '/broadcasts';
  return rights.readInbox ? '/inbox/mine' : '/nothing';
}

/** Inside the shell somebody is always signed in; the shell itself shows the sign-in dialog otherwise. */
export function useMe(): Me {
  const { data } = useQuery(meQuery);
  if (!data) throw new Error('useMe outside the signed-in shell');
  return data;
}

export const useRights = (): Rights => rightsOf(useMe().permissions);
