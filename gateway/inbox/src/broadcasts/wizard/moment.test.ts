import { describe, expect, it } from 'vitest';
import { fromField, fromTime, toField, toTime } from './moment';

describe('a moment in a field', () => {
  it('comes back as it was, to the minute', () => {
    const at = new Date(2026, 10, 30, 4, 7).getTime();
    expect(toField(at)).toBe('2026-11-30T04:07');
    expect(fromField(toField(at))).toBe(at);
  });

  it('is none while it is being typed', () => expect(fromField('')).toBeNull());
});

describe('a time of the day in a field', () => {
  it('comes back as it was', () => {
    expect([toTime(0), toTime(21 * 60 + 5)]).toEqual(['00:00', '21:05']);
    expect([fromTime('00:00'), fromTime('21:05'), fromTime('')]).toEqual([0, 21 * 60 + 5, null]);
  });
});
