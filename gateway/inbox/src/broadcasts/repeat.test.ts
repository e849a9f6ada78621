import { describe, expect, it } from 'vitest';
import { aimedAt, canBeKept, emptyDraft, problems, REPEAT_FIRST, sameDraft } from './plan';
import type { Draft, Repeat } from './types';

const number = {
  phone_number_id: '1',
  waba_id: '9',
  name: 'Store',
  display: '+1 202 555 0148',
  per_day: null,
};
const named: Draft = { ...emptyDraft([number]), name: 'Every Monday' };
const repeating = (repeat: Partial<Repeat>): Draft => ({
  ...named,
  plan: { ...named.plan, repeat: { ...REPEAT_FIRST, ...repeat }, zone: 'UTC' },
});

describe('a broadcast that repeats', () => {
  it('needs a day and an end that make sense', () => {
    expect(problems('numbers', repeating({}), null)).toEqual({});
    const none = repeating({ on: { kind: 'weekdays', days: [] } });
    expect(problems('numbers', none, null)).toEqual({ repeat: 'noDay' });
    expect(canBeKept(none)).toBe(false);
    expect(problems('numbers', repeating({ on: { kind: 'month_day', day: 32 } }), null)).toEqual({
      repeat: 'badDay',
    });
    expect(problems('numbers', repeating({ times: 0 }), null)).toEqual({ repeat: 'badTimes' });
  });

  it('is another plan than one that does not, and ends with an audience that cannot', () => {
    expect(sameDraft(repeating({}), named)).toBe(false);
    expect(sameDraft(repeating({}), repeating({ at: 60 }))).toBe(false);
    expect(aimedAt(repeating({}).plan, { kind: 'segment', id: 's' }).repeat).toEqual(REPEAT_FIRST);
    expect(aimedAt(repeating({}).plan, { kind: 'triggered' }).repeat).toBeNull();
  });
});
