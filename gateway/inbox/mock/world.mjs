import { randomUUID } from 'node:crypto';
import { delivery, message } from './contents.mjs';
import { personOf } from './people.mjs';
import { previewOf, seed, seedLog, templates } from './seed.mjs';

/** The state behind one mock server and the events that every change of it makes. */
export class World {
  constructor(now) {
    this.clock = now === null ? () => Date.now() : () => now;
    Object.assign(this, seed(this.clock()));
    this.log = seedLog(this.clock());
    this.templates = templates;
    this.uploads = new Map();
    this.answered = new Map();
    /** Customers answer by themselves, as in the demo; not while a picture is taken. */
    this.scripted = now === null;
    this.events = [];
    this.listeners = new Set();
  }

  conversation(id) {
    return this.conversations.find((row) => row.id === id);
  }

  emit(event) {
    const logged = { n: this.events.length + 1, ...event };
    this.events.push(logged);
    for (const listener of this.listeners) listener(logged);
  }

  touch(row, fields = {}) {
    Object.assign(row, fields, { revision: row.revision + 1 });
    row.preview = previewOf(this.threads.get(row.id).at(-1));
    return structuredClone(row);
  }

  change(row, fields) {
    this.emit({ type: 'conversation_changed', conversation: this.touch(row, fields) });
    return row;
  }

  add(row, fields) {
    const at = this.clock();
    const added = message(row.id, randomUUID().replaceAll('-', ''), at, fields);
    this.threads.get(row.id).push(added);
    const inbound = added.direction === 'in';
    const conversation = this.touch(row, {
      last_activity_at: at,
      ...(inbound && { unread: row.unread + 1, window_until: at + 24 * 3_600_000, status: 'open' }),
    });
    this.emit({ type: 'message_added', conversation, message: structuredClone(added) });
    return added;
  }

  alter(row, target, fields) {
    Object.assign(target, fields);
    this.emit({ type: 'message_changed', conversation: this.touch(row), message: structuredClone(target) });
    return target;
  }

  send(row, content, key, replyTo, author) {
    const quoted = replyTo && this.threads.get(row.id).find((one) => one.id === replyTo);
    const sent = this.add(row, {
      direction: 'out',
      content,
      author: personOf(author),
      wamid: null,
      client_id: key,
      delivery: delivery('queued', this.clock()),
      reply_to: quoted
        ? {
            id: quoted.id,
            author: quoted.author?.name ?? null,
            snippet: quoted.content.body ?? quoted.content.type,
          }
        : null,
    });
    const steps = [
      ['sent', 250],
      ['delivered', 600],
      ['read', 1_200],
    ];
    for (const [state, after] of steps)
      setTimeout(
        () => this.alter(row, sent, { wamid: `wamid.${sent.id}`, delivery: delivery(state, this.clock()) }),
        after,
      ).unref();
    if (this.scripted)
      setTimeout(
        () => this.add(row, { content: { type: 'text', body: 'Thank you, that helps.' } }),
        1_800,
      ).unref();
    return sent;
  }

  counts(me) {
    const open = this.conversations.filter((row) => row.status === 'open');
    const mine = open.filter((row) => row.assignee?.id === me);
    return {
      mine: mine.length,
      unassigned: open.filter((row) => row.assignee === null).length,
      all: open.length,
      closed: this.conversations.length - open.length,
      mine_unread: mine.filter((row) => row.unread > 0).length,
    };
  }

  list(view, unread, me) {
    const belongs = {
      mine: (row) => row.status === 'open' && row.assignee?.id === me,
      unassigned: (row) => row.status === 'open' && row.assignee === null,
      all: (row) => row.status === 'open',
      closed: (row) => row.status === 'closed',
    }[view];
    return this.conversations
      .filter((row) => belongs(row) && (!unread || row.unread > 0))
      .sort((a, b) => b.last_activity_at - a.last_activity_at);
  }
}
