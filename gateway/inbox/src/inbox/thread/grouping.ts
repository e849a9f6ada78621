import type { CampaignMessage, Message } from '../../api/types';
import type { OutboxEntry } from '../../live/outbox';

const GROUP_WITHIN_MS = 3 * 60_000;

/** `null`: of a broadcast that this person may not see. */
export type Broadcast = CampaignMessage['campaign'];

export type ThreadItem =
  | { kind: 'day'; key: string; at: number }
  | {
      kind: 'message';
      key: string;
      message: Message;
      first: boolean;
      last: boolean;
      /** Of what a broadcast sent; it is not in the history, so nothing can be done with it from here. */
      broadcast?: Broadcast;
    }
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

const isBroadcast = (item: ThreadItem) => item.kind === 'message' && item.broadcast !== undefined;

function authorOf(item: ThreadItem): string | null {
  return item.kind === 'message' ? (item.message.author?.id ?? null) : null;
}

function together(a: ThreadItem | undefined, b: ThreadItem | undefined): boolean {
  if (!a || !b) return false;
  const from = sender(a);
  if (from === null || from !== sender(b) || isBroadcast(a) !== isBroadcast(b)) return false;
  const authors = [authorOf(a), authorOf(b)];
  if (authors[0] !== null && authors[1] !== null && authors[0] !== authors[1]) return false;
  return Math.abs(timeOf(b) - timeOf(a)) <= GROUP_WITHIN_MS;
}

export const messageAt = (items: ThreadItem[], id: string) =>
  items.findIndex((item) => item.kind === 'message' && item.message.id === id);

const second = (at: number) => Math.floor(at / 1000);

/** Among these, oldest first. What was sent before the oldest that is loaded waits until older ones are. */
function withBroadcasts(messages: Message[], sent: CampaignMessage[], whole: boolean): Message[] {
  const since = whole ? Number.NEGATIVE_INFINITY : (messages[0]?.at ?? Number.POSITIVE_INFINITY);
  const waiting = sent.map(({ message }) => message).filter(({ at }) => at >= since);
  waiting.sort((a, b) => a.at - b.at);
  const merged: Message[] = [];
  for (const message of messages) {
    // Times of WhatsApp are whole seconds: an answer within the same one comes after what it answers.
    while (waiting[0] && second(waiting[0].at) <= second(message.at)) merged.push(...waiting.splice(0, 1));
    merged.push(message);
  }
  return [...merged, ...waiting];
}

/** Without what would lead to doing something about it: its broadcast does that. */
function untouchable(message: Message): Message {
  const { delivery } = message;
  const failure = delivery?.failure && { ...delivery.failure, action: null };
  return { ...message, wamid: null, delivery: delivery && { ...delivery, failure: failure ?? null } };
}

type Sent = {
  messages: CampaignMessage[] /** The oldest message of the history is loaded. */;
  whole: boolean;
};

/** Oldest first: days, messages in groups, and at the end what still waits in this device's outbox. */
export function threadItems(
  messages: Message[],
  outbox: OutboxEntry[],
  sent: Sent = { messages: [], whole: false },
): ThreadItem[] {
  const items: ThreadItem[] = [];
  let day = '';
  const separate = (at: number) => {
    if (dayOf(at) === day) return;
    day = dayOf(at);
    items.push({ kind: 'day', key: `day-${day}`, at });
  };
  const known = new Set<string>();
  const broadcasts = new Map(sent.messages.map(({ message, campaign }) => [message.id, campaign]));
  for (const message of withBroadcasts(messages, sent.messages, sent.whole)) {
    if (message.client_id) known.add(message.client_id);
    separate(message.at);
    const broadcast = broadcasts.get(message.id);
    const shown = broadcast === undefined ? { message } : { message: untouchable(message), broadcast };
    // The same key as in the outbox: what was waiting becomes sent in its place, nothing moves.
    items.push({ kind: 'message', key: message.client_id ?? message.id, first: true, last: true, ...shown });
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
