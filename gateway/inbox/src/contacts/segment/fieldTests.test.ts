import { describe, expect, it } from 'vitest';
import type { FieldKind, FieldTest } from '../types';
import { choicesOf, firstTest, howOf, howsOf, isWhole, testOf, turned, typed, unturned } from './fieldTests';

describe('a test of a custom field', () => {
  it.each<[FieldKind, FieldTest]>([
    ['number', { at_least: { kind: 'number', value: 2 } }],
    ['number', { is: { kind: 'number', value: 0 } }],
    ['date', { at_most: { kind: 'date', value: '2026-11-23' } }],
    ['text', { contains: 'whole' }],
    ['text', { is: { kind: 'text', value: 'Wholesale' } }],
    ['yes_no', { is: { kind: 'yes_no', value: false } }],
    ['yes_no', { known: false }],
  ])('comes back from what people choose as it was: %s %o', (kind, test) => {
    expect(testOf(howOf(test), kind, typed(test))).toEqual(test);
    expect(howsOf(kind)).toContain(howOf(test));
    expect(isWhole(test)).toBe(true);
  });

  it.each<FieldKind>(['text', 'number', 'date'])('of a %s begins without its value', (kind) =>
    expect(isWhole(firstTest(kind))).toBe(false),
  );

  it('keeps its value when it is compared otherwise', () => {
    const test = testOf('at_least', 'number', '2');
    expect(testOf('at_most', 'number', typed(test))).toEqual({ at_most: { kind: 'number', value: 2 } });
  });

  it('and its opposite come back from one choice', () => {
    for (const not of [true, false])
      expect(unturned(howsOf('number'), turned('at_least', not))).toEqual(['at_least', not]);
    expect(choicesOf('yes_no')).toEqual(['yes', 'no', 'known', 'unknown', 'not_yes', 'not_no']);
  });
});
