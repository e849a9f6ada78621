import { describe, expect, it } from 'vitest';
import type { ServerFrame } from '../api/types';
import { conversation } from '../test/samples';
import {
  BACKOFF_LIMIT_MS,
  BEHIND_LIMIT_MS,
  backoffMs,
  idle,
  type LiveEffect,
  type LiveInput,
  type LiveState,
  SILENCE_LIMIT_MS,
  step,
} from './protocol';

class Line {
  state: LiveState = idle;
  now = 1_000_000;
  effects: LiveEffect[] = [];

  feed(input: LiveInput): this {
    const result = step(this.state, input, this.now, 0.5);
    this.state = result.state;
    this.effects = result.effects;
    return this;
  }

  hear(frame: ServerFrame): this {
    return this.feed({ type: 'frame', frame });
  }

  wait(ms: number): this {
    this.now += ms;
    return this.feed({ type: 'clock' });
  }

  get did() {
    return this.effects.map((effect) => effect.type);
  }
}

const hello = (head: number): ServerFrame => ({ type: 'hello', head, session: 's' });
const event = (n: number): ServerFrame => ({
  n,
  type: 'conversation_changed',
  conversation: conversation('c1', { revision: n }),
});
const connected = (head = 10) => new Line().feed({ type: 'start' }).hear(hello(head));

describe('the live line', () => {
  it('starts without a number and loads again what was loaded before it was live', () => {
    const line = new Line().feed({ type: 'start' });
    expect(line.effects).toEqual([{ type: 'connect', after: null }]);
    line.hear(hello(10));
    expect(line.state).toMatchObject({ phase: 'live', n: 10 });
    expect(line.did).toEqual(['connected', 'reload']);
  });

  it('applies events in order and keeps the largest number', () => {
    const line = connected().hear(event(11));
    expect(line.did).toEqual(['apply']);
    expect(line.hear(event(12)).state.n).toBe(12);
  });

  it('applies an event once even when it comes twice', () => {
    const line = connected().hear(event(11)).hear(event(11));
    expect(line.did).toEqual([]);
    expect(line.state.n).toBe(11);
  });

  it('counts a tick without applying it', () => {
    const line = connected().hear({ n: 11, type: 'tick' });
    expect(line.did).toEqual([]);
    expect(line.state.n).toBe(11);
  });

  it('asks again from its own number when a number is missing', () => {
    const line = connected().hear(event(13));
    expect(line.effects).toEqual([{ type: 'disconnect' }, { type: 'connect', after: 10 }]);
    expect(line.state.n).toBe(10);
  });

  it('asks again when the head runs ahead and nothing comes for two seconds', () => {
    const line = connected().hear({ type: 'head', head: 12 });
    expect(line.wait(BEHIND_LIMIT_MS).did).toEqual([]);
    expect(line.wait(1).effects).toEqual([{ type: 'disconnect' }, { type: 'connect', after: 10 }]);
  });

  it('does not ask again when the missing events do come', () => {
    const line = connected().hear({ type: 'head', head: 11 }).hear(event(11));
    expect(line.wait(BEHIND_LIMIT_MS + 1).did).toEqual([]);
  });

  it('takes a silent line for a dead one', () => {
    const line = connected();
    expect(line.wait(SILENCE_LIMIT_MS).state.phase).toBe('live');
    expect(line.wait(1).state.phase).toBe('waiting');
    expect(line.did).toEqual(['disconnect']);
  });

  it('reconnects after its number once the wait is over, and reloads nothing', () => {
    const line = connected().hear(event(11)).feed({ type: 'closed' });
    expect(line.state.phase).toBe('waiting');
    line.wait(backoffMs(0, 0.5));
    expect(line.effects).toEqual([{ type: 'connect', after: 11 }]);
    expect(line.hear(hello(15)).did).toEqual(['connected']);
    expect(line.state.downSince).toBeNull();
  });

  it('waits longer after each failure, with chance, up to a limit', () => {
    const longest = Array.from({ length: 12 }, (_, attempt) => backoffMs(attempt, 1));
    expect(longest.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000]);
    expect(longest.at(-1)).toBe(BACKOFF_LIMIT_MS);
    expect(backoffMs(3, 0)).toBe(2_000);
  });

  it('remembers since when it is down over several failures', () => {
    const line = connected().feed({ type: 'closed' });
    const since = line.state.downSince;
    line.wait(10_000).feed({ type: 'closed' });
    expect(line.state.downSince).toBe(since);
    expect(line.state.attempt).toBe(2);
  });

  it('starts the waits anew only after the server has really answered', () => {
    const line = connected().feed({ type: 'closed' }).wait(10_000).hear(hello(10));
    expect(line.state.attempt).toBe(1);
    expect(line.hear({ type: 'head', head: 10 }).state.attempt).toBe(0);
  });

  it('tries at once when asked to', () => {
    const line = connected().feed({ type: 'closed' }).feed({ type: 'retry_now' });
    expect(line.effects).toEqual([{ type: 'connect', after: 10 }]);
  });

  it('loads everything again when its number is too old', () => {
    const line = connected().hear({ type: 'resync', head: 900 });
    expect(line.did).toEqual(['reload']);
    expect(line.hear(event(901)).did).toEqual(['apply']);
  });

  it('loads everything again when the server has another, shorter history', () => {
    const line = connected().feed({ type: 'closed' }).wait(10_000).hear(hello(3));
    expect(line.did).toEqual(['connected', 'reload']);
    expect(line.state.n).toBe(3);
  });

  it('stops for good when the session is over', () => {
    const line = connected().hear({ type: 'bye', reason: 'signed_out' });
    expect(line.did).toEqual(['disconnect', 'signed_out']);
    expect(line.wait(60_000).did).toEqual([]);
  });

  it('comes back after a restart of the server', () => {
    const line = connected().hear({ type: 'bye', reason: 'draining' });
    expect(line.state.phase).toBe('waiting');
    expect(line.wait(60_000).did).toEqual(['connect']);
  });

  it('ignores what a newer server may say', () => {
    const line = connected().hear({ type: 'fanfare' } as unknown as ServerFrame);
    expect(line.did).toEqual([]);
    expect(line.state.phase).toBe('live');
  });
});

describe('the session behind the line', () => {
  it('says that permissions changed without losing the line', () => {
    const line = connected().hear({ type: 'permissions_changed' });
    expect(line.did).toEqual(['permissions_changed']);
    expect(line.state.phase).toBe('live');
  });

  it('stays signed in without a line when there is no conversation left to see', () => {
    const line = connected().hear({ type: 'bye', reason: 'no_access' });
    expect(line.did).toEqual(['disconnect']);
    expect(line.feed({ type: 'closed' }).wait(60_000).did).toEqual([]);
    expect(line.feed({ type: 'start' }).did).toEqual(['connect']);
  });

  it('says that alerts changed', () => {
    const line = connected().hear({ type: 'alerts_changed' });
    expect(line.did).toEqual(['alerts_changed']);
    expect(line.state.phase).toBe('live');
  });

  it('ends with one word, and the close after it is no lost line', () => {
    const line = connected().hear({ type: 'signed_out' });
    expect(line.did).toEqual(['disconnect', 'signed_out']);
    expect(line.feed({ type: 'closed' }).did).toEqual([]);
    expect(line.state.phase).toBe('stopped');
  });

  it('may have grown old when the line closes before it was open', () => {
    const line = new Line().feed({ type: 'start' }).feed({ type: 'closed' });
    expect(line.did).toEqual(['disconnect', 'refused']);
    expect(line.state.phase).toBe('waiting');
    expect(connected().feed({ type: 'closed' }).did).toEqual(['disconnect']);
  });
});
