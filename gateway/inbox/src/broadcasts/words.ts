import type { Words } from '../i18n';
import { number } from '../i18n/format';
import type { LaneState, Phase, RecipientClass, Severity } from './types';

type Tone = 'grn' | 'amb' | 'red' | 'blu' | 'ac' | 'vio' | undefined;

const PHASE_TONES: Record<Phase['kind'], Tone> = {
  draft: undefined,
  freezing: 'ac',
  running: 'ac',
  paused: 'amb',
  cancelled: undefined,
  finished: 'grn',
};
export const phaseTone = ({ kind }: Phase): Tone => PHASE_TONES[kind];

const CLASS_TONES: Record<RecipientClass, Tone> = {
  waiting: undefined,
  under_way: undefined,
  unknown: 'amb',
  parked: 'amb',
  sent: 'vio',
  delivered: 'blu',
  read: 'ac',
  failed_try_later: 'blu',
  failed_person_limit: 'vio',
  failed_permanent: 'red',
  failed_our_mistake: 'red',
  failed_opted_out: 'amb',
  failed_capped: 'blu',
  held: 'amb',
};
export const classTone = (one: RecipientClass): Tone => CLASS_TONES[one];
export const CLASSES = Object.keys(CLASS_TONES) as RecipientClass[];

const LANE_TONES: Record<LaneState, 'grn' | 'amb' | undefined> = {
  running: 'grn',
  slower: 'amb',
  asleep: undefined,
  day_is_full: undefined,
  portfolio_is_full: 'amb',
  paused: undefined,
  idle: undefined,
};
export const laneTone = (state: LaneState) => LANE_TONES[state];

/** Broken, to do, fine. */
const RANK: Record<Severity, number> = { must_fix: 0, look_at: 1, passed: 2 };
export const bySeverity = (a: { severity: Severity }, b: { severity: Severity }) =>
  RANK[a.severity] - RANK[b.severity];

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Two units at most, as people say it: `45 s`, `4 min 32 s`, `3 h 12 min`, `2 d 3 h`. */
export function span(seconds: number, t: Words): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE) return t('broadcasts.span.seconds', { seconds: whole });
  if (whole < HOUR)
    return t('broadcasts.span.minutes', {
      minutes: Math.floor(whole / MINUTE),
      seconds: String(whole % MINUTE).padStart(2, '0'),
    });
  if (whole < DAY)
    return t('broadcasts.span.hours', {
      hours: Math.floor(whole / HOUR),
      minutes: Math.floor((whole % HOUR) / MINUTE),
    });
  return t('broadcasts.span.days', {
    days: Math.floor(whole / DAY),
    hours: Math.floor((whole % DAY) / HOUR),
  });
}

const SKIPS: readonly string[] = [
  'unreachable',
  'variable_missing',
  'variable_invalid',
  'no_consent',
  'opted_out',
  'undeliverable',
  'capped',
  'hold_out',
  'duplicate',
  'other_language',
];

/** A reason that this page does not know yet is still told. */
export const skipName = (reason: string, t: Words) =>
  SKIPS.includes(reason) ? t(`broadcasts.skip.${reason}`) : reason.replaceAll('_', ' ');

/** By how many, then by name, so that equal ones do not change places. */
export const ranked = (counts: Record<string, number>): [string, number][] =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a, m], [b, n]) => n - m || a.localeCompare(b));

export const total = (counts: Record<string, number>) =>
  Object.values(counts).reduce((sum, one) => sum + one, 0);

export const rate = (perSecond: number) => number(Math.round(perSecond * 10) / 10);
