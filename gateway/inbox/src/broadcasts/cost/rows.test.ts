import { describe, expect, it } from 'vitest';
import type { CostRow, EstimateRow } from '../types';
import { byKind, costOf, isFree, newest, SHOWN_MAX, split } from './rows';

const usd = (micros: number) => ({ micros, currency: 'USD' });

const estimated = (country: string, micros: number | null, since: string | null): EstimateRow => ({
  country,
  category: 'marketing',
  people: 10,
  price: micros === null ? null : usd(micros / 10),
  since,
  cost: micros === null ? null : usd(micros),
});

const charged = (country: string, kind: CostRow['kind'], people: number, cost: CostRow['cost']): CostRow => ({
  country,
  category: 'marketing',
  kind,
  people,
  cost,
});

describe('the estimate', () => {
  it('is added up by currency, and without those whose price is not known', () => {
    const rows = [
      estimated('BR', 700_000, '2026-10-01'),
      estimated('EG', null, null),
      { ...estimated('IN', 900_000, '2026-07-01'), cost: { micros: 9, currency: 'INR' } },
    ];
    expect(costOf(rows)).toEqual([usd(700_000), { micros: 9, currency: 'INR' }]);
    expect(newest(rows)).toBe('2026-10-01');
    expect(newest([])).toBeNull();
  });

  it('puts countries together when there are many, never one alone', () => {
    const countries = (count: number) => Array.from({ length: count }, (_, index) => index);
    expect(split(countries(SHOWN_MAX + 1)).rest).toEqual([]);
    expect(split(countries(SHOWN_MAX + 2)).rest).toHaveLength(2);
  });
});

describe('what was charged', () => {
  it('is one line for each kind, whatever the country', () => {
    const lines = byKind([
      charged('BR', 'regular', 2, [usd(5)]),
      charged('IN', 'free_entry_point', 9, []),
      charged('IN', 'regular', 3, [usd(2)]),
    ]);
    expect(lines.map((line) => [line.kind, line.people])).toEqual([
      ['free_entry_point', 9],
      ['regular', 5],
    ]);
    expect(lines[1]?.cost).toEqual([usd(7)]);
    expect(lines.map((line) => isFree(line.kind))).toEqual([true, false]);
  });
});
