import { create } from 'zustand';
import { readLocal, writeLocal } from './local';

export type Draft = { text: string; reply_to: string | null; at: number };

type DraftStore = { owner: string | null; drafts: Record<string, Draft> };

const SAVE_EVERY_MS = 500;
let saveTimer: ReturnType<typeof setTimeout> | undefined;

export const useDrafts = create<DraftStore>(() => ({ owner: null, drafts: {} }));

const storageKey = (owner: string) => `jetto.drafts.${owner}`;

export function openDrafts(owner: string) {
  useDrafts.setState({ owner, drafts: readLocal<Record<string, Draft>>(storageKey(owner), {}) });
}

export function saveDrafts() {
  clearTimeout(saveTimer);
  saveTimer = undefined;
  const { owner, drafts } = useDrafts.getState();
  if (owner) writeLocal(storageKey(owner), drafts);
}

export function setDraft(conversationId: string, text: string, replyTo: string | null) {
  const drafts = { ...useDrafts.getState().drafts };
  if (text.trim() === '' && replyTo === null) delete drafts[conversationId];
  else drafts[conversationId] = { text, reply_to: replyTo, at: Date.now() };
  useDrafts.setState({ drafts });
  saveTimer ??= setTimeout(saveDrafts, SAVE_EVERY_MS);
}
