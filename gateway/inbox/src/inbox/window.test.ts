import { describe, expect, it } from 'vitest';
import { i18next } from '../i18n';
import { NOON } from '../test/samples';
import { composerWindowText, rowWindowText, windowState, windowTick } from './window';

const MINUTE = 60_000;
const left = (hours: number, minutes: number, seconds = 0) =>
  windowState(NOON + hours * 60 * MINUTE + minutes * MINUTE + seconds * 1000, NOON);
const t = (key: string, values?: object) => i18next.t(key, { ...values }) as string;

describe('the window of a row', () => {
  it.each([
    [left(24, 0, 40), '23 h', 'open'],
    [left(24, 0), '23 h', 'open'],
    [left(23, 59), '23 h', 'open'],
    [left(5, 12), '5 h', 'open'],
    [left(4, 1), '4 h', 'open'],
    [left(3, 20), '3 h 20', 'open'],
    [left(2, 0), '2 h', 'open'],
    [left(1, 50), '1 h 50', 'soon'],
    [left(0, 38), '38 min', 'soon'],
    [left(0, 4, 7), '4:07', 'soon'],
    [left(0, 0), 'Closed', 'closed'],
    [windowState(null, NOON), 'Closed', 'closed'],
  ])('%o says %s', (state, text, kind) => {
    expect(rowWindowText(state, t)).toBe(text);
    expect(state.kind).toBe(kind);
  });
});

describe('the window in the composer', () => {
  it.each([
    [left(24, 0, 40), '23 h 59 min left'],
    [left(23, 54), '23 h 54 min left'],
    [left(5, 12), '5 h 12 min left'],
    [left(0, 48), '48 min left'],
    [left(0, 4, 12), '4 min 12 s left'],
    [left(-1, 0), 'Window closed'],
  ])('%o says %s', (state, text) => {
    expect(composerWindowText(state, t)).toBe(text);
  });

  it('counts each second only near the end', () => {
    expect(windowTick(NOON + 60 * MINUTE, NOON)).toBe(30_000);
    expect(windowTick(NOON + 4 * MINUTE, NOON)).toBe(1_000);
    expect(windowTick(null, NOON)).toBe(30_000);
  });
});
