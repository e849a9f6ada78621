import { describe, expect, it } from 'vitest';
import { ceiling, lastSlowdown, latest, sampled, series } from './rate';
import type { Moment } from './types';

const moment = (second: number, sent = 26, allowed = 26.7): Moment => ({ at: second * 1000, sent, allowed });

describe('messages per second', () => {
  it('leave a gap where nothing was measured', () => {
    const { at, sent } = series([moment(100), moment(101, 25), moment(104, 24)]);
    expect(at).toEqual([100, 101, 102, 103, 104]);
    expect(sent).toEqual([26, 25, null, null, 24]);
  });

  it('keep ten minutes', () => {
    const all = series(Array.from({ length: 900 }, (_, index) => moment(1000 + index)));
    expect(all.at).toHaveLength(600);
    expect(all.at[0]).toBe(1300);
  });

  it('are nothing before the first second', () => {
    expect(series([])).toEqual({ at: [], sent: [], allowed: [] });
    expect(latest([])).toBeNull();
  });

  it('come in any order', () => {
    expect(series([moment(2, 2), moment(1, 1)]).sent).toEqual([1, 2]);
    expect(latest([moment(2, 2), moment(1, 1)])?.sent).toBe(2);
  });
});

describe('a slowdown', () => {
  it('is the last fall of what is allowed, not of what was sent', () => {
    const history = [moment(1), moment(2, 26, 13.3), moment(3, 3, 13.3), moment(4, 3, 26.7)];
    expect(lastSlowdown(series(history))).toEqual({ at: 2000, from: 26.7, to: 13.3 });
  });

  it('is not claimed over a gap', () => {
    expect(lastSlowdown(series([moment(1), moment(5, 10, 13.3)]))).toBeNull();
  });
});

describe('the scale', () => {
  it('ends above both lines', () => {
    expect(ceiling(series([moment(1, 9, 26.7)]))).toBe(32);
    expect(ceiling(series([moment(1, 700, 999)]))).toBe(1200);
    expect(ceiling(series([]))).toBe(1.2);
  });
});

describe('the table behind it', () => {
  it('begins with the newest second', () => {
    const rows = sampled(series(Array.from({ length: 25 }, (_, index) => moment(index + 1))));
    expect(rows.map((row) => row.at)).toEqual([25_000, 15_000, 5_000]);
  });
});
