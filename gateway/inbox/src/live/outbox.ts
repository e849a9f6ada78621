import { create } from 'zustand';
import { asProblem } from '../api/problem';
import type { Message, NewContent } from '../api/types';
import { readLocal, writeLocal } from '../state/local';

export type OutboxEntry = {
  /** Idempotency-Key of the request and client_id of the message it becomes. */
  key: string;
  conversation_id: string;
  to: string;
  content: NewContent;
  /** What the bubble shows while the server has not answered. */
  shown: string;
  reply_to: string | null;
  at: number;
  refused: string | null;
};

type OutboxStore = { owner: string | null; entries: OutboxEntry[] };

export const useOutbox = create<OutboxStore>(() => ({ owner: null, entries: [] }));

const storageKey = (owner: string) => `jetto.outbox.${owner}`;

/** Each person of a shared computer has their own outbox: nothing goes out under another name. */
export function openOutbox(owner: string) {
  useOutbox.setState({ owner, entries: readLocal<OutboxEntry[]>(storageKey(owner), []) });
}

function change(by: (entries: OutboxEntry[]) => OutboxEntry[]) {
  const { owner, entries } = useOutbox.getState();
  const next = by(entries);
  useOutbox.setState({ entries: next });
  if (owner) writeLocal(storageKey(owner), next);
}

export const enqueue = (entry: OutboxEntry) => change((entries) => [...entries, entry]);
export const withdraw = (key: string) => change((entries) => entries.filter((entry) => entry.key !== key));
export const refuse = (key: string, reason: string) =>
  change((entries) => entries.map((entry) => (entry.key === key ? { ...entry, refused: reason } : entry)));
export const tryAgain = (key: string) =>
  change((entries) => entries.map((entry) => (entry.key === key ? { ...entry, refused: null } : entry)));

export const waiting = (entries: OutboxEntry[]) => entries.filter((entry) => entry.refused === null);

export type OutboxPorts = {
  send: (entry: OutboxEntry) => Promise<Message>;
  sent: (message: Message) => void;
  refused: (entry: OutboxEntry, reason: string) => void;
  signedOut: () => void;
};

const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];

/** Sends the oldest first and one at a time, so that messages arrive in the order they were written. */
export class OutboxSender {
  private running = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly ports: OutboxPorts;

  constructor(ports: OutboxPorts) {
    this.ports = ports;
  }

  stop() {
    clearTimeout(this.timer);
  }

  async flush(): Promise<void> {
    if (this.running) return;
    this.running = true;
    clearTimeout(this.timer);
    try {
      while (await this.sendOldest());
    } finally {
      this.running = false;
    }
  }

  private async sendOldest(): Promise<boolean> {
    const entry = waiting(useOutbox.getState().entries)[0];
    if (!entry) return false;
    try {
      const message = await this.ports.send(entry);
      this.failures = 0;
      this.ports.sent(message);
      withdraw(entry.key);
      return true;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.signedOut) {
        this.ports.signedOut();
        return false;
      }
      if (problem.mayRepeat) {
        this.retryLater();
        return false;
      }
      refuse(entry.key, problem.detail);
      this.ports.refused(entry, problem.detail);
      return true;
    }
  }

  private retryLater() {
    const delay = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => void this.flush(), delay);
  }
}
