import type { CostRow } from '../types';

export type CountryCost = {
  country: string;
  /** People by category. */
  people: Record<string, number>;
  /** `null` where several prices are in it. */
  rate: number | null;
  cost: number;
};

const category = (row: CostRow) => row.category.toLowerCase();

/** The categories that are there, marketing first. */
export function categories(rows: CostRow[]): string[] {
  return [...new Set(rows.map(category))].sort();
}

/** A line for each country, the dearest first; countries put together by the server come last. */
export function byCountry(rows: CostRow[]): CountryCost[] {
  const lines = new Map<string, CountryCost>();
  for (const row of rows) {
    const line = lines.get(row.country) ?? { country: row.country, people: {}, rate: row.rate, cost: 0 };
    line.people[category(row)] = (line.people[category(row)] ?? 0) + row.people;
    line.rate = line.rate === row.rate ? row.rate : null;
    line.cost += row.cost;
    lines.set(row.country, line);
  }
  const rest = (line: CountryCost) => (line.country.length === 2 ? 0 : 1);
  return [...lines.values()].sort((a, b) => rest(a) - rest(b) || b.cost - a.cost);
}

export const peopleIn = (rows: CostRow[], wanted: string) =>
  rows.reduce((sum, row) => (category(row) === wanted ? sum + row.people : sum), 0);
