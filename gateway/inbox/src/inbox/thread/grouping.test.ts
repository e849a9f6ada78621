import { describe, expect, it } from 'vitest';
import type { OutboxEntry } from '../../live/outbox';
import { message, NOON } from '../../test/samples';
import { threadItems } from './grouping';

const MINUTE = 60_000;
const shape = (items: ReturnType<typeof threadItems>) =>
  items
    .map((item) =>
      item.kind === 'day' ? 'day' : `${item.first ? '[' : ''}${item.key}${item.last ? ']' : ''}`,
    )
    .join(' ');
const waiting = (key: string, at: number): OutboxEntry => ({
  key,
  conversation_id: 'c1',
  to: 'Marina',
  content: { type: 'text', body: 'x' },
  shown: 'x',
  reply_to: null,
  at,
  refused: null,
});

describe('grouping', () => {
  it('joins messages of one sender within three minutes', () => {
    const items = threadItems(
      [message('a'), message('b', { at: NOON + 3 * MINUTE }), message('c', { at: NOON + 7 * MINUTE })],
      [],
    );
    expect(shape(items)).toBe('day [a b] [c]');
  });

  it('parts the two sides, two colleagues, and what a system line stands between', () => {
    const out = (id: string, author: string) =>
      message(id, { direction: 'out', author: { id: author, name: author } });
    const line = message('s', { content: { type: 'system', kind: 'assigned', body: 'assigned' } });
    expect(shape(threadItems([message('a'), out('b', 'x'), out('c', 'x'), out('d', 'y')], []))).toBe(
      'day [a] [b c] [d]',
    );
    expect(shape(threadItems([message('a'), line, message('b')], []))).toBe('day [a] [s] [b]');
  });

  it('starts each day with a line', () => {
    const items = threadItems([message('a', { at: NOON - 24 * 60 * MINUTE }), message('b')], []);
    expect(shape(items)).toBe('day [a] day [b]');
  });

  it('shows what waits at the end, and not what has already arrived under the same key', () => {
    const sent = message('m', { direction: 'out', client_id: 'k1' });
    expect(shape(threadItems([sent], [waiting('k1', NOON), waiting('k2', NOON)]))).toBe('day [k1 k2]');
  });
});
