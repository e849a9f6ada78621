import type { CostRow, EstimateRow, Money } from '../types';

/** Countries with a line of their own; the rest is one line. */
export const SHOWN_MAX = 8;

export function sums(amounts: Money[]): Money[] {
  const all = new Map<string, number>();
  for (const { currency, micros } of amounts) all.set(currency, (all.get(currency) ?? 0) + micros);
  return [...all].map(([currency, micros]) => ({ currency, micros }));
}

/** The first so many, and the others: one more than fits has its own line, for its place is free. */
export function split<T>(rows: T[]): { shown: T[]; rest: T[] } {
  const shown = rows.length <= SHOWN_MAX + 1 ? rows : rows.slice(0, SHOWN_MAX);
  return { shown, rest: rows.slice(shown.length) };
}

export const costOf = (rows: EstimateRow[]) => sums(rows.flatMap((row) => (row.cost ? [row.cost] : [])));

/** When the newest price of these began. */
export const newest = (rows: EstimateRow[]): string | null =>
  rows.reduce<string | null>((last, { since }) => (since && (!last || since > last) ? since : last), null);

export type KindLine = Pick<CostRow, 'category' | 'kind' | 'people' | 'cost'>;

/** What WhatsApp said that messages are charged as, of all countries together; the most first. */
export function byKind(rows: CostRow[]): KindLine[] {
  const lines = new Map<string, KindLine>();
  for (const { category, kind, people, cost } of rows) {
    const key = `${category} ${kind}`;
    const line = lines.get(key) ?? { category, kind, people: 0, cost: [] };
    lines.set(key, { ...line, people: line.people + people, cost: sums([...line.cost, ...cost]) });
  }
  return [...lines.values()].sort((a, b) => b.people - a.people);
}

export const isFree = (kind: CostRow['kind']) => kind !== 'regular' && kind !== 'other_billed';
