import { describe, expect, it } from 'vitest';
import type { CostRow } from '../types';
import { byCountry, categories, peopleIn } from './cost';

const row = (country: string, category: string, people: number, rate: number): CostRow => ({
  country,
  category,
  people,
  rate,
  cost: people * rate,
});
const rows = [
  row('other', 'MARKETING', 426, 1),
  row('EG', 'MARKETING', 1_204, 0.0155),
  row('EG', 'UTILITY', 62, 0.003),
  row('BR', 'marketing', 7_904, 0.0625),
];

describe('the cost of a broadcast', () => {
  it('is a line for each country, the dearest first and the rest last', () => {
    expect(byCountry(rows).map((line) => line.country)).toEqual(['BR', 'EG', 'other']);
  });

  it('keeps the categories of one country beside each other, and then has no one price', () => {
    const egypt = byCountry(rows)[1];
    expect(egypt?.people).toEqual({ marketing: 1_204, utility: 62 });
    expect(egypt?.rate).toBeNull();
  });

  it('adds people up by category, however it is written', () => {
    expect(categories(rows)).toEqual(['marketing', 'utility']);
    expect(peopleIn(rows, 'marketing')).toBe(9_534);
  });
});
