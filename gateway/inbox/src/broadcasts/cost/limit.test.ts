import { describe, expect, it } from 'vitest';
import { FIRST_LIMIT, limitProblem } from './limit';

describe('a limit of spending', () => {
  it('is more than nothing, of a currency', () => {
    expect([limitProblem(null), limitProblem(undefined), limitProblem(FIRST_LIMIT)]).toEqual([
      null,
      null,
      null,
    ]);
    for (const micros of [0, -1, Number.NaN, 1.5, Number.POSITIVE_INFINITY])
      expect(limitProblem({ ...FIRST_LIMIT, micros })).toBe('badLimit');
    for (const currency of ['', 'US', 'usd', 'U$D'])
      expect(limitProblem({ ...FIRST_LIMIT, currency })).toBe('badCurrency');
  });
});
