import { describe, expect, it } from 'vitest';
import { conversation, NOON } from '../../test/samples';
import { arrange, settle } from './order';

const row = (id: string, ago: number, unread = 0) =>
  conversation(id, { last_activity_at: NOON - ago, unread });
const ids = (rows: { id: string }[]) => rows.map((one) => one.id).join('');

describe('the order of rows', () => {
  const before = [row('a', 1), row('b', 2), row('c', 3)];

  it('follows the newest activity while nobody is at the list', () => {
    const latest = [row('c', 0), row('a', 1), row('b', 2)];
    expect(arrange(latest, settle(before), false)).toEqual({ rows: latest, newer: 0 });
  });

  it('stands still while the pointer rests on it, with the newest content', () => {
    const latest = [row('c', 0, 4), row('a', 1), row('b', 2)];
    const { rows, newer } = arrange(latest, settle(before), true);
    expect(ids(rows)).toBe('abc');
    expect(rows[2]?.unread).toBe(4);
    expect(newer).toBe(1);
  });

  it('counts rows that came in and rows that would move up', () => {
    const latest = [row('n', 0), row('c', 0.5), row('a', 1), row('b', 2)];
    const { rows, newer } = arrange(latest, settle(before), true);
    expect(ids(rows)).toBe('abc');
    expect(newer).toBe(2);
  });

  it('says nothing about new activity in the row that is on top already', () => {
    expect(arrange([row('a', 0), row('b', 2), row('c', 3)], settle(before), true).newer).toBe(0);
  });

  it('keeps a row that a colleague closed until the list is free', () => {
    expect(ids(arrange([row('a', 1), row('c', 3)], settle(before), true).rows)).toBe('abc');
    expect(ids(arrange([row('a', 1), row('c', 3)], settle(before), false).rows)).toBe('ac');
  });

  it('still adds an older page below', () => {
    const { rows, newer } = arrange([...before, row('d', 9)], settle(before), true);
    expect(ids(rows)).toBe('abcd');
    expect(newer).toBe(0);
  });
});
