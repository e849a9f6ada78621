import type { InfiniteData } from '@tanstack/react-query';
import type { Conversation, Message, Page, ViewName } from '../api/types';

export type Rows = InfiniteData<Page<Conversation>, string | null>;
export type Thread = InfiniteData<Page<Message>, string | null>;

export function belongs(row: Conversation, view: ViewName, unreadOnly: boolean, me: string): boolean {
  if (unreadOnly && row.unread === 0) return false;
  switch (view) {
    case 'mine':
      return row.status === 'open' && row.assignee?.id === me;
    case 'unassigned':
      return row.status === 'open' && !row.assignee;
    case 'all':
      return row.status === 'open';
    case 'closed':
      return row.status === 'closed';
  }
}

/** Newest activity first; equal times keep a fixed order so that rows never swap on a re-render. */
export function byActivity(a: Conversation, b: Conversation): number {
  return b.last_activity_at - a.last_activity_at || (a.id < b.id ? -1 : 1);
}

export function newer<T extends { revision: number }>(known: T | undefined, incoming: T): T {
  return known && known.revision > incoming.revision ? known : incoming;
}

export function findRow(rows: Rows | undefined, id: string): Conversation | undefined {
  for (const page of rows?.pages ?? []) {
    const row = page.items.find((item) => item.id === id);
    if (row) return row;
  }
  return undefined;
}

export function removeRow(rows: Rows, id: string): Rows {
  if (!findRow(rows, id)) return rows;
  return {
    ...rows,
    pages: rows.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== id) })),
  };
}

/** Puts the row where its activity says. A row older than everything loaded is left to the next page. */
export function placeRow(rows: Rows, row: Conversation): Rows {
  const known = findRow(rows, row.id);
  if (known && known.revision > row.revision) return rows;
  const without = removeRow(rows, row.id);
  const pages = without.pages.map((page) => ({ ...page, items: [...page.items] }));
  for (const page of pages) {
    const at = page.items.findIndex((item) => byActivity(row, item) < 0);
    if (at >= 0) {
      page.items.splice(at, 0, row);
      return { ...without, pages };
    }
  }
  const last = pages.at(-1);
  if (last && last.next === null) last.items.push(row);
  return { ...without, pages };
}

export function applyRow(rows: Rows, row: Conversation, inView: boolean): Rows {
  const known = findRow(rows, row.id);
  if (known && known.revision > row.revision) return rows;
  return inView ? placeRow(rows, row) : removeRow(rows, row.id);
}

/** The answer to sending: an event may have told more about the message before the answer came, and stays. */
export function addMessage(thread: Thread, message: Message): Thread {
  const known = thread.pages.some((page) => page.items.some((item) => item.id === message.id));
  return known ? thread : applyMessage(thread, message);
}

/** Replaces by id, or adds at its place by time (pages hold newest first). */
export function applyMessage(thread: Thread, message: Message): Thread {
  let replaced = false;
  const pages = thread.pages.map((page) => {
    const at = page.items.findIndex((item) => item.id === message.id);
    if (at < 0) return page;
    replaced = true;
    const items = [...page.items];
    items[at] = message;
    return { ...page, items };
  });
  if (replaced) return { ...thread, pages };
  for (const [index, page] of pages.entries()) {
    const at = page.items.findIndex((item) => item.at <= message.at);
    if (at >= 0) {
      pages[index] = { ...page, items: page.items.toSpliced(at, 0, message) };
      return { ...thread, pages };
    }
  }
  const last = pages.at(-1);
  if (last && last.next === null) pages[pages.length - 1] = { ...last, items: [...last.items, message] };
  return { ...thread, pages };
}
