import type { Template } from '../api/types';

const STATES: Record<string, { name: string; tone: 'grn' | 'blu' | 'amb' | 'red' }> = {
  APPROVED: { name: 'approved', tone: 'grn' },
  PENDING: { name: 'pending', tone: 'blu' },
  IN_APPEAL: { name: 'in_appeal', tone: 'blu' },
  PAUSED: { name: 'paused', tone: 'amb' },
  REJECTED: { name: 'rejected', tone: 'red' },
  DISABLED: { name: 'disabled', tone: 'red' },
};

/** `null`: a status that WhatsApp has made up since; it is shown as it is written. */
export const standing = (status: string) => STATES[status.toUpperCase()] ?? null;

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
