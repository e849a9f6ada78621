import type { AuditEntry, Member } from '../../api/administration';
import { i18next, type Words } from '../../i18n';

/** The first part of an action's key: what the filter offers. */
export const KINDS = [
  'session',
  'account',
  'second_factor',
  'organization',
  'settings',
  'invitation',
  'member',
  'role',
  'team',
  'api_key',
  'contact',
  'consent',
  'segment',
  'conversation',
  'campaign',
  'template',
  'channel',
  'webhook',
  'alert',
  'keys',
  'audit',
  'backup',
] as const;

/** An action that this build does not know is shown by its key: an entry is never left without a word. */
export function actionName(action: string, t: Words): string {
  const key = `audit.actions.${action.replace('.', '_')}`;
  return i18next.exists(key) ? t(key) : action;
}

const ALARMING = new Set(['session.refused', 'session.reused']);
const GRAVE = new Set([
  'member.deactivated',
  'role.deleted',
  'team.deleted',
  'api_key.deleted',
  'contact.deleted',
  'segment.deleted',
  'channel.disconnected',
  'campaign.cancelled',
  'second_factor.disabled',
  'organization.transferred',
]);
const SEEN = new Set([
  'contact.revealed',
  'contact.exported',
  'audit.exported',
  'conversation.exported',
  'campaign.exported',
  'campaign.closed',
  'organization.exported',
  'backup.made',
]);

export function toneOf(action: string): 'red' | 'amb' | 'vio' | undefined {
  if (ALARMING.has(action)) return 'red';
  if (GRAVE.has(action)) return 'amb';
  return SEEN.has(action) ? 'vio' : undefined;
}

/** People by name; whatever else was meant, by its id. The id of a session tells a reader nothing. */
export function targetName({ target, action }: AuditEntry, people: Member[]): string | null {
  const person = people.find((one) => one.id === target);
  return person?.name ?? (action.startsWith('session.') ? null : target);
}
