import { describe, expect, it } from 'vitest';
import { bySeverity, ranked, skipName, span, total } from './words';

const t = (key: string, values: Record<string, string | number> = {}) =>
  `${key.split('.').at(-1)} ${Object.values(values).join(' ')}`;

describe('a span of time', () => {
  it.each([
    [0, 'seconds 0'],
    [59.6, 'minutes 1 00'],
    [272, 'minutes 4 32'],
    [11_520, 'hours 3 12'],
    [183_600, 'days 2 3'],
    [-4, 'seconds 0'],
  ])('of %d s is said with two units at most', (seconds, words) => expect(span(seconds, t)).toBe(words));
});

describe('what is skipped', () => {
  it('comes with the most first, and without what nobody is', () => {
    const skipped = { undeliverable: 402, unreachable: 0, no_consent: 1_208, opted_out: 402 };
    expect(ranked(skipped)).toEqual([
      ['no_consent', 1_208],
      ['opted_out', 402],
      ['undeliverable', 402],
    ]);
    expect(total(skipped)).toBe(2_012);
  });

  it('has a name for those of people who are in it already or speak another language, and tells one that is newer', () => {
    const words = (key: string) => key;
    for (const skip of ['duplicate', 'other_language'])
      expect(skipName(skip, words)).toBe(`broadcasts.skip.${skip}`);
    expect(skipName('too_far_away', words)).toBe('too far away');
  });
});

describe('findings', () => {
  it('come broken, to do, fine', () => {
    const severities = (['passed', 'look_at', 'must_fix'] as const).map((severity) => ({ severity }));
    expect(severities.sort(bySeverity).map((one) => one.severity)).toEqual(['must_fix', 'look_at', 'passed']);
  });
});
