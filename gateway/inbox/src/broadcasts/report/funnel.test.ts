import { describe, expect, it } from 'vitest';
import type { Counts } from '../types';
import { funnel, lasted } from './funnel';

const counts: Counts = {
  total: 18_412,
  waiting: 0,
  under_way: 0,
  unknown: 0,
  parked: 23,
  held: 0,
  sent: 0,
  delivered: 5_722,
  read: 12_180,
  failed: 487,
  replied: 1_841,
  clicked: 0,
  opted_out: 0,
};

describe('where people stopped', () => {
  it('begins with everybody it was meant for and never grows', () => {
    const stages = funnel({ counts, skipped: { opted_out: 2_624 } });
    expect(stages.map((one) => one.people)).toEqual([21_036, 18_412, 17_902, 12_180, 1_841]);
  });
});

describe('how long it took', () => {
  it('is known only with both ends', () => {
    expect(lasted({ started_at: 1_000, ended_at: 725_400 }, null)).toBe(724);
    expect(lasted({ started_at: 1_000, ended_at: null }, null)).toBeNull();
  });

  it('is counted from the moment it was planned for', () => {
    expect(lasted({ started_at: 1_000, ended_at: 725_400 }, 601_000)).toBe(124);
  });
});
