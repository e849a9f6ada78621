import type { Template } from '../api/types';

type Tone = 'grn' | 'blu' | 'amb' | 'red' | undefined;

/** `UNKNOWN`: a status that WhatsApp has made up since. */
const TONES: Record<Template['status'], Tone> = {
  DRAFT: undefined,
  APPROVED: 'grn',
  PENDING: 'blu',
  IN_APPEAL: 'blu',
  PAUSED: 'amb',
  LOCKED: 'amb',
  LIMIT_EXCEEDED: 'amb',
  REJECTED: 'red',
  DISABLED: 'red',
  ARCHIVED: undefined,
  PENDING_DELETION: undefined,
  DELETED: undefined,
  UNKNOWN: undefined,
};
export const statusTone = (status: Template['status']): Tone => TONES[status];

export type Filter = 'all' | 'sendable' | 'stopped';
export const FILTERS: readonly Filter[] = ['all', 'sendable', 'stopped'];

/** What stopped comes first: that is what somebody has to see to. */
export function shown<T extends { template: Template }>(offers: T[], filter: Filter, search: string): T[] {
  const words = search.trim().toLowerCase();
  return offers
    .filter(({ template }) => filter === 'all' || template.sendable === (filter === 'sendable'))
    .filter(({ template }) => `${template.name} ${template.body}`.toLowerCase().includes(words))
    .sort(
      ({ template: a }, { template: b }) =>
        Number(a.sendable) - Number(b.sendable) ||
        a.name.localeCompare(b.name) ||
        a.language.localeCompare(b.language),
    );
}
