import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import { keys } from '../api/queries';
import type { Conversation, Me } from '../api/types';
import { conversation, message, NOON } from '../test/samples';
import { applyEvent } from './apply';
import type { Rows, Thread } from './rows';

function seeded() {
  const client = new QueryClient();
  client.setQueryData(keys.me, { member: { id: 'me' } } as Me);
  const page = (...items: Conversation[]): Rows => ({ pages: [{ items, next: null }], pageParams: [null] });
  client.setQueryData(keys.list('mine', false), page(conversation('c1'), conversation('c2')));
  client.setQueryData(keys.list('unassigned', false), page());
  client.setQueryData<Thread>(keys.messages('c1'), {
    pages: [{ items: [message('m1')], next: null }],
    pageParams: [null],
  });
  const list = (view: 'mine' | 'unassigned') =>
    client.getQueryData<Rows>(keys.list(view, false))?.pages.flatMap((one) => one.items.map((row) => row.id));
  return { client, list };
}

describe('an event', () => {
  it('changes the thread and the row together', () => {
    const { client, list } = seeded();
    const changed = conversation('c2', { revision: 2, last_activity_at: NOON + 5 });
    applyEvent(client, {
      n: 1,
      type: 'message_added',
      conversation: changed,
      message: message('m9', { conversation_id: 'c2' }),
    });
    expect(list('mine')).toEqual(['c2', 'c1']);
    applyEvent(client, {
      n: 2,
      type: 'message_added',
      conversation: conversation('c1', { revision: 2 }),
      message: message('m2', { at: NOON + 1 }),
    });
    const thread = client.getQueryData<Thread>(keys.messages('c1'));
    expect(thread?.pages[0]?.items.map((one) => one.id)).toEqual(['m2', 'm1']);
  });

  it('moves a row from one view to the other', () => {
    const { client, list } = seeded();
    applyEvent(client, {
      n: 1,
      type: 'conversation_changed',
      conversation: conversation('c1', { revision: 2, assignee: null }),
    });
    expect([list('mine'), list('unassigned')]).toEqual([['c2'], ['c1']]);
  });

  it('loads contacts again when somebody became one with another', () => {
    const { client } = seeded();
    client.setQueryData(keys.conversation('c1'), conversation('c1'));
    client.setQueryData(keys.contact('contact-c1'), {});
    const stale = () => client.getQueryState(keys.contact('contact-c1'))?.isInvalidated;
    const { contact } = conversation('c1');
    const changed = (revision: number, name: string) =>
      applyEvent(client, {
        n: revision,
        type: 'conversation_changed',
        conversation: conversation('c1', { revision, contact: { ...contact, name } }),
      });
    changed(2, 'Marina Duarte');
    expect(stale()).toBe(false);
    changed(3, 'Marina D.');
    expect(stale()).toBe(true);
  });

  it('takes a hidden conversation out of every view', () => {
    const { client, list } = seeded();
    applyEvent(client, { n: 1, type: 'conversation_hidden', conversation_id: 'c1' });
    expect(list('mine')).toEqual(['c2']);
  });
});
