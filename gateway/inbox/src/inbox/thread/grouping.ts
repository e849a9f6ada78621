import type { Message } from '../../api/types';
import type { OutboxEntry } from '../../live/outbox';

const GROUP_WITHIN_MS = 3 * 60_000;

export type ThreadItem =
  | { kind: 'day'; key: string; at: number }
  | { kind: 'message'; key: string; message: Message; first: boolean; last: boolean }
  | { kind: 'waiting'; key: string; entry: OutboxEntry; first: boolean; last: boolean };

function dayOf(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** Who the reader would say wrote it; system lines belong to nobody and end a group. */
function sender(item: ThreadItem): string | null {
  switch (item.kind) {
    case 'day':
      return null;
    case 'waiting':
      return 'out';
    case 'message': {
      const { message } = item;
      if (message.content.type === 'system' || message.content.type === 'reaction') return null;
      return message.direction;
    }
  }
}

const timeOf = (item: ThreadItem) =>
  item.kind === 'message' ? item.message.at : item.kind === 'waiting' ? item.entry.at : item.at;

function authorOf(item: ThreadItem): string | null {
  return item.kind === 'message' ? (item.message.author?.id ?? null) : null;
}

function together(a: ThreadItem | undefined, b: ThreadItem | undefined): boolean {
  if (!a || !b) return false;
  const from = sender(a);
  if (from === null || from !== sender(b)) return false;
  const authors = [authorOf(a), authorOf(b)];
  if (authors[0] !== null && authors[1] !== null && authors[0] !== authors[1]) return false;
  return Math.abs(timeOf(b) - timeOf(a)) <= GROUP_WITHIN_MS;
}

export const messageAt = (items: ThreadItem[], id: string) =>
  items.findIndex((item) => item.kind === 'message' && item.message.id === id);

/** Oldest first: days, messages in groups, and at the end what still waits in this device's outbox. */
export function threadItems(messages: Message[], outbox: OutboxEntry[]): ThreadItem[] {
  const items: ThreadItem[] = [];
  let day = '';
  const separate = (at: number) => {
    if (dayOf(at) === day) return;
    day = dayOf(at);
    items.push({ kind: 'day', key: `day-${day}`, at });
  };
  const known = new Set<string>();
  for (const message of messages) {
    if (message.client_id) known.add(message.client_id);
    separate(message.at);
    // The same key as in the outbox: what was waiting becomes sent in its place, nothing moves.
    items.push({ kind: 'message', key: message.client_id ?? message.id, message, first: true, last: true });
  }
  for (const entry of outbox) {
    // The event can arrive before the answer to the request: then the message is here already.
    if (known.has(entry.key)) continue;
    separate(entry.at);
    items.push({ kind: 'waiting', key: entry.key, entry, first: true, last: true });
  }
  for (const [index, item] of items.entries()) {
    if (item.kind === 'day') continue;
    item.first = !together(items[index - 1], item);
    item.last = !together(item, items[index + 1]);
  }
  return items;
}
