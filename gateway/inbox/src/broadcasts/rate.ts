import type { Moment } from './types';

export const WINDOW_S = 600;
const SECOND_MS = 1_000;

export type Series = { at: number[]; sent: (number | null)[]; allowed: (number | null)[] };

/** Ten minutes in steps of one second, in seconds since 1970. What was not measured is `null`, and drawn as a gap. */
export function series(history: Moment[], windowS = WINDOW_S): Series {
  const empty: Series = { at: [], sent: [], allowed: [] };
  const known = new Map(history.map((one) => [Math.floor(one.at / SECOND_MS), one]));
  if (known.size === 0) return empty;
  const end = Math.max(...known.keys());
  const start = Math.max(Math.min(...known.keys()), end - windowS + 1);
  for (let second = start; second <= end; second += 1) {
    const one = known.get(second);
    empty.at.push(second);
    empty.sent.push(one?.sent ?? null);
    empty.allowed.push(one?.allowed ?? null);
  }
  return empty;
}

export type Slowdown = { at: number; from: number; to: number };

/** A fall that is worth a word: at least a fifth of what was allowed. */
const FALL = 0.8;

/** The last time that less was allowed than in the second before. Over a gap nothing is known to have fallen. */
export function lastSlowdown({ at, allowed }: Series): Slowdown | null {
  for (let index = at.length - 1; index > 0; index -= 1) {
    const [before, after, second] = [allowed[index - 1], allowed[index], at[index]];
    if (before == null || after == null || second === undefined) continue;
    if (after < before * FALL) return { at: second * SECOND_MS, from: before, to: after };
  }
  return null;
}

export type Latest = { sent: number; allowed: number };

export function latest(history: Moment[]): Latest | null {
  const newest = history.reduce<Moment | null>((a, b) => (a && a.at > b.at ? a : b), null);
  return newest && { sent: newest.sent, allowed: newest.allowed };
}

/** Each of them has quarters that are easy to read. */
const TOPS = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10, 12];
const ROOM = 1.05;

/** The top of the scale: a round number that both lines stay under. */
export function ceiling({ sent, allowed }: Series): number {
  const highest = Math.max(1, ...sent.map((one) => one ?? 0), ...allowed.map((one) => one ?? 0));
  const step = 10 ** Math.floor(Math.log10(highest));
  const top = TOPS.find((one) => highest * ROOM <= one * step) ?? TOPS.length;
  return Math.round(top * step * 10) / 10;
}

/** Every tenth second, newest first: what is read as a table. */
export const sampled = ({ at, sent, allowed }: Series, everyS = 10) =>
  at
    .map((second, index) => ({
      at: second * SECOND_MS,
      sent: sent[index] ?? null,
      allowed: allowed[index] ?? null,
    }))
    .filter((_, index) => (at.length - 1 - index) % everyS === 0)
    .reverse();
