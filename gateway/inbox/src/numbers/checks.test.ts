import { describe, expect, it } from 'vitest';
import type { Check, CheckState } from '../api/administration';
import { deedOf, sorted, tally } from './checks';

const check = (name: Check['check'], state: CheckState): Check => ({
  check: name,
  state,
  title: name,
  effect: '',
  action: null,
  by_hand: '',
});

const all = [
  check('token', 'to_do'),
  check('health', 'fine'),
  check('scopes', 'broken'),
  check('tier', 'fine'),
];

describe('the findings of the doctor', () => {
  it('come worst first and otherwise in the order of the server', () => {
    expect(sorted(all).map((one) => one.check)).toEqual(['scopes', 'token', 'health', 'tier']);
  });

  it('are counted by state', () => {
    expect(tally(all)).toEqual({ broken: 1, to_do: 1, fine: 2 });
  });

  it('have no button for what this build cannot do', () => {
    expect(deedOf('replace_token')).toBe('token');
    expect(deedOf('reboot_the_moon')).toBeNull();
  });
});
