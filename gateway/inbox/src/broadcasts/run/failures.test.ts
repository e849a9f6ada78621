import { describe, expect, it } from 'vitest';
import type { Counts } from '../types';
import { canBeTriedAgain, failureLines, notOut } from './failures';

const counts: Counts = {
  total: 500,
  waiting: 0,
  under_way: 0,
  unknown: 103,
  parked: 8,
  held: 0,
  sent: 0,
  delivered: 25,
  read: 0,
  failed: 364,
  replied: 0,
  clicked: 0,
  opted_out: 0,
};

describe('what did not go out', () => {
  const lines = failureLines({
    counts,
    failures: [
      { class: 'our_mistake', code: 132_005, text: 'Too long', people: 17 },
      { class: 'try_later', code: 130_429, text: 'Over capacity', people: 40 },
      { class: 'try_later', code: 131_056, text: 'Over capacity', people: 56 },
      { class: 'permanent', code: 0, text: 'No reason', people: 78 },
      { class: 'person_limit', code: 131_049, text: 'Held back (131049).', people: 173 },
    ],
  });

  it('is a line for each class, doubts first', () => {
    expect(lines.map((line) => line.class)).toEqual([
      'unknown',
      'parked',
      'failed_try_later',
      'failed_person_limit',
      'failed_permanent',
      'failed_our_mistake',
    ]);
    expect(notOut(lines)).toBe(475);
  });

  it('says a reason once, with its codes, and no code where there is none', () => {
    expect(lines[2]?.text).toBe('Over capacity (131056, 130429)');
    expect(lines[3]?.text).toBe('Held back (131049)');
    expect(lines[4]?.text).toBe('No reason');
  });

  it('leaves out what nobody is in', () => {
    expect(failureLines({ counts: { ...counts, unknown: 0, parked: 0 }, failures: [] })).toEqual([]);
  });
});

describe('writing again', () => {
  it('is offered for what may pass, and never for what fails again or may have arrived', () => {
    const kinds = [
      'unknown',
      'parked',
      'try_later',
      'person_limit',
      'permanent',
      'our_mistake',
      'capped',
    ] as const;
    expect(kinds.filter(canBeTriedAgain)).toEqual(['try_later', 'person_limit', 'our_mistake', 'capped']);
  });
});
