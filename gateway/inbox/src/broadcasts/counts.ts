import { i18next } from '../i18n';
import { number } from '../i18n/format';
import type { Counts } from './types';

export const STATES = ['read', 'delivered', 'sent', 'failed', 'unknown', 'waiting'] as const;
export type StateName = (typeof STATES)[number];
export type StateShare = { state: StateName; people: number };

/**
 * The states as they are shown, each person in exactly one: who is being sent to still waits, what WhatsApp holds is sent, and a
 * doubt that nobody will settle is still a doubt. Replied is no state: whoever answers has also read.
 */
export function shares(counts: Counts): StateShare[] {
  const people: Record<StateName, number> = {
    read: counts.read,
    delivered: counts.delivered,
    sent: counts.sent + counts.held,
    failed: counts.failed,
    unknown: counts.unknown + counts.parked,
    waiting: counts.waiting + counts.under_way,
  };
  return STATES.map((state) => ({ state, people: people[state] }));
}

/** Whoever WhatsApp was asked to write to, whatever came of it. */
export const handed = (counts: Counts) => counts.total - counts.waiting - counts.under_way;

export const reached = (counts: Counts) => counts.delivered + counts.read;

/** With one decimal, or two where few are counted, and never rounded up to all: 100 % is said only of everybody. */
export function percent(part: number, whole: number, decimals = 1): string {
  if (whole <= 0) return withUnit(number(0));
  if (part >= whole) return withUnit(number(100));
  const scale = 10 ** decimals;
  const rounded = Math.min(100 * scale - 1, Math.round((part / whole) * 100 * scale));
  return withUnit((rounded / scale).toFixed(decimals));
}

/** A number with its unit reads from left to right in every language (ui.md §9). */
const withUnit = (value: string) => (i18next.dir() === 'rtl' ? `\u2066${value} %\u2069` : `${value} %`);

/** 0 to 10: progress is told aloud when another tenth is done. */
export const tenth = (counts: Counts) =>
  counts.total > 0 ? Math.floor((handed(counts) / counts.total) * 10) : 0;
