import { describe, expect, it } from 'vitest';
import type { Conversation } from '../api/types';
import { conversation, message, NOON } from '../test/samples';
import { addMessage, applyMessage, applyRow, belongs, newer, type Rows, type Thread } from './rows';

const row = (id: string, ago: number, fields: Partial<Conversation> = {}) =>
  conversation(id, { last_activity_at: NOON - ago, ...fields });

const rows = (next: string | null, ...pages: Conversation[][]): Rows => ({
  pages: pages.map((items, index) => ({ items, next: index === pages.length - 1 ? next : String(index) })),
  pageParams: pages.map((_, index) => (index === 0 ? null : String(index))),
});

const ids = (data: Rows | Thread) => data.pages.map((page) => page.items.map((item) => item.id));

describe('rows', () => {
  it('moves a row with new activity to the top', () => {
    const before = rows(null, [row('a', 1), row('b', 2), row('c', 3)]);
    expect(ids(applyRow(before, row('c', 0, { revision: 2 }), true))).toEqual([['c', 'a', 'b']]);
  });

  it('moves a row from a later page to the first', () => {
    const before = rows('2', [row('a', 1), row('b', 2)], [row('c', 3), row('d', 4)]);
    expect(ids(applyRow(before, row('d', 0, { revision: 2 }), true))).toEqual([['d', 'a', 'b'], ['c']]);
  });

  it('leaves a row that belongs behind everything loaded to the next page', () => {
    const before = rows('1', [row('a', 1), row('b', 2)]);
    expect(ids(applyRow(before, row('z', 99), true))).toEqual([['a', 'b']]);
  });

  it('appends it when there is no next page', () => {
    expect(ids(applyRow(rows(null, [row('a', 1)]), row('z', 99), true))).toEqual([['a', 'z']]);
  });

  it('takes a row out of a view it left', () => {
    expect(
      ids(applyRow(rows(null, [row('a', 1), row('b', 2)]), row('a', 1, { revision: 2 }), false)),
    ).toEqual([['b']]);
  });

  it('does not let an older revision win', () => {
    const before = rows(null, [row('a', 1, { revision: 5, unread: 0 })]);
    expect(applyRow(before, row('a', 0, { revision: 4, unread: 7 }), true)).toBe(before);
    expect(newer({ revision: 5 }, { revision: 4 }).revision).toBe(5);
  });

  it('sorts rows into views by status, person and unread', () => {
    const mine = row('a', 0);
    const free = row('b', 0, { assignee: null, unread: 2 });
    const closed = row('c', 0, { status: 'closed' });
    expect([belongs(mine, 'mine', false, 'me'), belongs(mine, 'mine', false, 'you')]).toEqual([true, false]);
    expect([belongs(free, 'unassigned', true, 'me'), belongs(mine, 'unassigned', false, 'me')]).toEqual([
      true,
      false,
    ]);
    expect([belongs(closed, 'all', false, 'me'), belongs(closed, 'closed', false, 'me')]).toEqual([
      false,
      true,
    ]);
    expect(belongs(mine, 'all', true, 'me')).toBe(false);
  });
});

describe('messages', () => {
  const thread = (next: string | null): Thread => ({
    pages: [
      { items: [message('m4', { at: NOON + 4 }), message('m3', { at: NOON + 3 })], next: '1' },
      { items: [message('m2', { at: NOON + 2 }), message('m1', { at: NOON + 1 })], next },
    ],
    pageParams: [null, '1'],
  });

  it('replaces a message by its id wherever it is', () => {
    const after = applyMessage(thread(null), message('m2', { at: NOON + 2, edited: true }));
    expect(ids(after)).toEqual([
      ['m4', 'm3'],
      ['m2', 'm1'],
    ]);
    expect(after.pages[1]?.items[0]?.edited).toBe(true);
  });

  it('adds the newest at the end of the thread', () => {
    expect(ids(applyMessage(thread(null), message('m5', { at: NOON + 5 })))[0]).toEqual(['m5', 'm4', 'm3']);
  });

  it('puts a late message where its time says', () => {
    const data = applyMessage(thread(null), message('late', { at: NOON + 2.5 }));
    expect(ids(data)).toEqual([
      ['m4', 'm3'],
      ['late', 'm2', 'm1'],
    ]);
  });

  it('lets no late answer to sending take back what an event said', () => {
    const told = applyMessage(thread(null), message('m5', { at: NOON + 5, edited: true }));
    expect(addMessage(told, message('m5', { at: NOON + 5 }))).toBe(told);
    expect(ids(addMessage(thread(null), message('m5', { at: NOON + 5 })))[0]).toEqual(['m5', 'm4', 'm3']);
  });

  it('leaves a message older than everything loaded to the next page', () => {
    expect(ids(applyMessage(thread('2'), message('old', { at: NOON - 9 })))[1]).toEqual(['m2', 'm1']);
  });
});
