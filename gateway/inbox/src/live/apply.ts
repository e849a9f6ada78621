import type { QueryClient } from '@tanstack/react-query';
import { keys } from '../api/queries';
import type { Conversation, LoggedEvent, Me, Message, ViewName } from '../api/types';
import {
  addMessage,
  applyMessage,
  applyRow,
  belongs,
  newer,
  type Rows,
  removeRow,
  type Thread,
} from './rows';

const COUNTS_DEBOUNCE_MS = 400;
let countsTimer: ReturnType<typeof setTimeout> | undefined;

/** A burst of events changes the counts many times; people need the last one. */
function refreshCounts(client: QueryClient) {
  if (countsTimer) return;
  countsTimer = setTimeout(() => {
    countsTimer = undefined;
    void client.invalidateQueries({ queryKey: keys.counts });
  }, COUNTS_DEBOUNCE_MS);
}

function eachList(client: QueryClient, change: (rows: Rows, view: ViewName, unread: boolean) => Rows) {
  for (const [key, rows] of client.getQueriesData<Rows>({ queryKey: keys.lists })) {
    if (!rows) continue;
    const next = change(rows, key[2] as ViewName, key[3] as boolean);
    if (next !== rows) client.setQueryData(key, next);
  }
}

function meId(client: QueryClient): string {
  return client.getQueryData<Me | null>(keys.me)?.member.id ?? '';
}

export function applyConversation(client: QueryClient, row: Conversation) {
  const me = meId(client);
  const known = client.getQueryData<Conversation>(keys.conversation(row.id));
  client.setQueryData(keys.conversation(row.id), newer(known, row));
  eachList(client, (rows, view, unread) => applyRow(rows, row, belongs(row, view, unread, me)));
  refreshCounts(client);
}

export function applyThreadMessage(client: QueryClient, message: Message) {
  const key = keys.messages(message.conversation_id);
  const thread = client.getQueryData<Thread>(key);
  if (thread) client.setQueryData(key, applyMessage(thread, message));
}

export function addSentMessage(client: QueryClient, message: Message) {
  const key = keys.messages(message.conversation_id);
  const thread = client.getQueryData<Thread>(key);
  if (thread) client.setQueryData(key, addMessage(thread, message));
}

export function hideConversation(client: QueryClient, id: string) {
  eachList(client, (rows) => removeRow(rows, id));
  void client.invalidateQueries({ queryKey: keys.conversation(id) });
  refreshCounts(client);
}

export function applyEvent(client: QueryClient, event: LoggedEvent) {
  switch (event.type) {
    case 'message_added':
    case 'message_changed':
      // It may answer what a broadcast sent since the thread was opened.
      if (event.type === 'message_added' && event.message.direction === 'in')
        void client.invalidateQueries({ queryKey: keys.campaignMessages(event.message.conversation_id) });
      applyThreadMessage(client, event.message);
      applyConversation(client, event.conversation);
      return;
    case 'conversation_changed': {
      const { id, contact } = event.conversation;
      const known = client.getQueryData<Conversation>(keys.conversation(id))?.contact;
      applyConversation(client, event.conversation);
      // Merged with another, or parted from it.
      if (known && known.name !== contact.name) void client.invalidateQueries({ queryKey: ['contacts'] });
      return;
    }
    case 'conversation_hidden':
      hideConversation(client, event.conversation_id);
      return;
    case 'tick':
      return;
  }
}

/** After a resync nothing on the screen can be trusted; what is shown is loaded again, the rest when opened. */
export function reloadAll(client: QueryClient) {
  void client.invalidateQueries({ queryKey: ['conversations'] });
  void client.invalidateQueries({ queryKey: ['contacts'] });
  void client.invalidateQueries({ queryKey: ['webhook-log'] });
}
