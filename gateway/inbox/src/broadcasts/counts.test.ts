import { describe, expect, it } from 'vitest';
import { handed, percent, reached, shares, tenth } from './counts';
import type { Counts } from './types';

const counts: Counts = {
  total: 18_412,
  waiting: 7_080,
  under_way: 27,
  unknown: 100,
  parked: 11,
  held: 40,
  sent: 1_122,
  delivered: 4_402,
  read: 5_266,
  failed: 364,
  replied: 218,
  clicked: 0,
  opted_out: 0,
};

describe('the states of a broadcast', () => {
  it('add up to everybody, and replied is not among them', () => {
    const all = shares(counts);
    expect(all.reduce((sum, one) => sum + one.people, 0)).toBe(counts.total);
    expect(all.map((one) => one.state)).not.toContain('replied');
  });

  it('keep a doubt that a person has to decide among the doubts', () => {
    expect(shares(counts).find((one) => one.state === 'unknown')?.people).toBe(111);
  });

  it('count as handed over whatever does not wait any more', () => {
    expect(handed(counts)).toBe(11_305);
    expect(reached(counts)).toBe(9_668);
  });
});

describe('a percentage', () => {
  it('says 100 only of everybody', () => {
    expect(percent(18_411, 18_412)).toBe('99.9 %');
    expect(percent(18_412, 18_412)).toBe('100 %');
  });

  it('has one decimal, and nothing of nobody', () => {
    expect(percent(11_305, 18_412)).toBe('61.4 %');
    expect(percent(0, 0)).toBe('0 %');
  });
});

describe('progress told aloud', () => {
  it('moves by whole tenths', () => {
    expect(tenth(counts)).toBe(6);
    expect(tenth({ ...counts, total: 0, waiting: 0, under_way: 0 })).toBe(0);
  });

  it('are told with two decimals where few are counted', () => {
    expect(percent(64, 17_902, 2)).toBe('0.36 %');
    expect(percent(9_999_999, 10_000_000, 2)).toBe('99.99 %');
  });
});
