import { describe, expect, it } from 'vitest';
import { lines, peak, rows } from './hours';

const HOUR = 3_600_000;
const at = (hour: number) => 1_000 * HOUR + hour * HOUR;
const point = (hour: number, delivered: number, read: number, replied: number) => ({
  at: at(hour),
  delivered,
  read,
  replied,
});

describe('people reached by hours', () => {
  const started = at(0) + HOUR / 2;

  it('add up from nobody at the start, over hours in which nothing was said too', () => {
    const made = lines([point(0, 8, 2, 0), point(3, 1, 4, 1)], started);
    expect(made.hours).toEqual([0, 0.5, 1.5, 2.5, 3.5]);
    expect(made.delivered).toEqual([0, 8, 8, 8, 9]);
    expect(made.read).toEqual([0, 2, 2, 2, 6]);
    expect(made.replied).toEqual([0, 0, 0, 0, 1]);
    expect(rows([point(0, 8, 2, 0)], started)).toEqual([{ until: at(1), delivered: 8, read: 2, replied: 0 }]);
  });

  it('are nobody where nothing is known', () => {
    expect(lines([], started).hours).toEqual([0]);
    expect(rows([], started)).toEqual([]);
  });

  it('stay under a top with whole quarters', () => {
    for (const highest of [0, 1, 3, 7, 41, 312, 17_902, 1_000_001]) {
      const top = peak(highest);
      expect(top).toBeGreaterThanOrEqual(highest);
      expect(top % 4).toBe(0);
    }
    expect(peak(17_902)).toBe(20_000);
  });
});
