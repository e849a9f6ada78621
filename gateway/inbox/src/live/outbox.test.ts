import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../api/problem';
import { message } from '../test/samples';
import {
  enqueue,
  type OutboxEntry,
  type OutboxPorts,
  OutboxSender,
  openOutbox,
  tryAgain,
  useOutbox,
  withdraw,
} from './outbox';

const entry = (key: string, body = key): OutboxEntry => ({
  key,
  conversation_id: 'c1',
  to: 'Marina',
  content: { type: 'text', body },
  shown: body,
  reply_to: null,
  at: 1,
  refused: null,
});

const offline = () => new Problem({ status: 0, code: 'offline', detail: '' });
const closed = () => new Problem({ status: 409, code: 'window_closed', detail: 'The window is closed.' });

function sender(send: OutboxPorts['send']) {
  const ports = { send: vi.fn(send), sent: vi.fn(), refused: vi.fn(), signedOut: vi.fn() };
  return { ...ports, outbox: new OutboxSender(ports) };
}

const left = () => useOutbox.getState().entries.map((one) => one.key);

describe('the outbox', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    openOutbox('me');
  });
  afterEach(() => vi.useRealTimers());

  it('sends in the order of writing, each with its own key', async () => {
    const order: string[] = [];
    const { outbox, sent } = sender(async ({ key }) => {
      order.push(key);
      return message(key, { client_id: key });
    });
    enqueue(entry('a'));
    enqueue(entry('b'));
    await outbox.flush();
    expect(order).toEqual(['a', 'b']);
    expect(sent).toHaveBeenCalledTimes(2);
    expect(left()).toEqual([]);
  });

  it('keeps everything while there is no connection and sends it under the same keys later', async () => {
    let online = false;
    const { outbox, send } = sender(async ({ key }) => {
      if (!online) throw offline();
      return message(key);
    });
    enqueue(entry('a'));
    enqueue(entry('b'));
    await outbox.flush();
    expect(left()).toEqual(['a', 'b']);
    expect(send).toHaveBeenCalledTimes(1);
    online = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(left()).toEqual([]);
    expect(send.mock.calls.map(([one]) => one.key)).toEqual(['a', 'a', 'b']);
  });

  it('survives a reload, per person', () => {
    enqueue(entry('a'));
    useOutbox.setState({ owner: null, entries: [] });
    openOutbox('somebody else');
    expect(left()).toEqual([]);
    openOutbox('me');
    expect(left()).toEqual(['a']);
  });

  it('sets a refused message aside with its reason and goes on', async () => {
    const { outbox, refused } = sender(async ({ key }) => {
      if (key === 'a') throw closed();
      return message(key);
    });
    enqueue(entry('a'));
    enqueue(entry('b'));
    await outbox.flush();
    expect(left()).toEqual(['a']);
    expect(useOutbox.getState().entries[0]?.refused).toBe('The window is closed.');
    expect(refused).toHaveBeenCalledTimes(1);
  });

  it('tries a refused message again when asked, and forgets a removed one', async () => {
    let allowed = false;
    const { outbox } = sender(async ({ key }) => {
      if (!allowed) throw closed();
      return message(key);
    });
    enqueue(entry('a'));
    enqueue(entry('b'));
    await outbox.flush();
    withdraw('b');
    allowed = true;
    tryAgain('a');
    await outbox.flush();
    expect(left()).toEqual([]);
  });

  it('waits for the sign-in when the session is over', async () => {
    const { outbox, signedOut } = sender(async () => {
      throw new Problem({ status: 401, code: 'signed_out', detail: '' });
    });
    enqueue(entry('a'));
    await outbox.flush();
    expect(signedOut).toHaveBeenCalledTimes(1);
    expect(left()).toEqual(['a']);
  });

  it('never sends one message twice at the same time', async () => {
    const { outbox, send } = sender(async ({ key }) => message(key));
    enqueue(entry('a'));
    await Promise.all([outbox.flush(), outbox.flush()]);
    expect(send).toHaveBeenCalledTimes(1);
  });
});
