import type { Money } from '../types';

export const FIRST_LIMIT: Money = { micros: 100_000_000, currency: 'USD' };

/** The words to it are a key of `broadcasts.problem`. */
export function limitProblem(limit: Money | null | undefined): 'badLimit' | 'badCurrency' | null {
  if (!limit) return null;
  if (!(Number.isSafeInteger(limit.micros) && limit.micros > 0)) return 'badLimit';
  return /^[A-Z]{3}$/.test(limit.currency) ? null : 'badCurrency';
}
