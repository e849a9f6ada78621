import { describe, expect, it } from 'vitest';
import type { Campaign, Counts } from '../types';
import { notRead, notReplied, retarget } from './retarget';

const counts: Counts = {
  total: 100,
  waiting: 0,
  under_way: 0,
  unknown: 3,
  parked: 1,
  held: 0,
  sent: 6,
  delivered: 30,
  read: 50,
  failed: 10,
  replied: 12,
  clicked: 5,
  opted_out: 1,
};

describe('those who were silent', () => {
  it('are among those whom it reached', () => {
    expect(notRead(counts)).toBe(36);
    expect(notReplied(counts)).toBe(74);
    expect(notReplied({ ...counts, sent: 0, delivered: 0, read: 2, replied: 3 })).toBe(0);
  });

  const plan = {
    template: 'six',
    language: 'en',
    variables: [],
    start_at: 9,
    start_is_local: true,
    repeat: { every: 'day' },
    audience: { kind: 'everyone' },
  };
  const campaign = (more: object, launch?: object) =>
    ({ id: 'b1', plan: { ...plan, ...more }, launch }) as unknown as Campaign;

  it('get a draft like the first one, without its moment and with a name that fits', () => {
    const made = retarget(campaign({}), 'not_read', 'x'.repeat(200));
    expect(made.plan).toMatchObject({
      template: 'six',
      start_at: null,
      start_is_local: false,
      repeat: null,
      audience: { kind: 'reached', campaign: 'b1', who: 'not_read' },
    });
    expect(made.name).toHaveLength(120);
  });

  it('get the message that won the test, the first one where none did, and no test again', () => {
    const other = { template: 'seven', language: 'pt_BR', variables: [{ kind: 'text' }] };
    const tested = { test: { others: [other], sample: 20, winner: { kind: 'person' } }, hold_out: 5 };
    const won = retarget(campaign(tested, { winner: { variant: 'B' } }), 'not_replied', 'again').plan;
    expect(won).toMatchObject({ ...other, test: null, hold_out: null });
    const open = retarget(campaign(tested, {}), 'not_replied', 'again').plan;
    expect(open).toMatchObject({
      template: 'six',
      language: 'en',
      variables: [],
      test: null,
      hold_out: null,
    });
  });
});
