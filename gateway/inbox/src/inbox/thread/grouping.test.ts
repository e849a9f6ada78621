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

  describe('with what broadcasts sent', () => {
    const sent = (id: string, at: number) => ({
      message: message(id, {
        at,
        direction: 'out',
        delivery: {
          state: 'failed',
          queued_at: at,
          accepted_at: at,
          sent_at: null,
          delivered_at: null,
          read_at: null,
          played_at: null,
          failed_at: at,
          doubted_at: null,
          failure: { code: 131_049, text: 'Held back.', action: 'retry' },
        },
      }),
      campaign: { id: 'b1', name: 'Handloom week' },
    });
    const out = (id: string, at: number) => message(id, { at, direction: 'out' });

    it('puts each in its place in time, in a group of its own', () => {
      const messages = [out('a', NOON), out('b', NOON + 2 * MINUTE)];
      const items = threadItems(messages, [], {
        messages: [sent('y', NOON + 5 * MINUTE), sent('x', NOON + MINUTE)],
        whole: true,
      });
      expect(shape(items)).toBe('day [a] [x] [b] [y]');
    });

    it('puts an answer of the same second behind it', () => {
      const items = threadItems([message('a', { at: NOON })], [], {
        messages: [sent('x', NOON + 400)],
        whole: true,
      });
      expect(shape(items)).toBe('day [x] [a]');
    });

    it('shows those before the oldest message once the beginning is loaded', () => {
      const early = { messages: [sent('x', NOON - MINUTE)], whole: false };
      expect(shape(threadItems([message('a')], [], early))).toBe('day [a]');
      expect(shape(threadItems([message('a')], [], { ...early, whole: true }))).toBe('day [x] [a]');
    });

    it('offers nothing to do with it', () => {
      const items = threadItems([], [], { messages: [sent('x', NOON)], whole: true });
      const item = items[1];
      expect(item?.kind === 'message' && item.broadcast?.name).toBe('Handloom week');
      expect(item?.kind === 'message' && item.message.wamid).toBeNull();
      expect(item?.kind === 'message' && item.message.delivery?.failure?.action).toBeNull();
    });
  });
});
