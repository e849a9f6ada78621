import { create } from 'zustand';
import type { Viewer } from '../api/types';
import { idle, type LiveState } from './protocol';

type LiveStore = {
  state: LiveState;
  presence: Record<string, Viewer[]>;
  setState: (state: LiveState) => void;
  setPresence: (conversationId: string, people: Viewer[]) => void;
  forgetPresence: () => void;
};

export const useLive = create<LiveStore>((set) => ({
  state: idle,
  presence: {},
  setState: (state) => set({ state }),
  setPresence: (conversationId, people) =>
    set((store) => ({ presence: { ...store.presence, [conversationId]: people } })),
  forgetPresence: () => set({ presence: {} }),
}));

export const OFFLINE_AFTER_MS = 60_000;
/** A reconnect shorter than this is nobody's business. */
export const BANNER_AFTER_MS = 3_000;

export type Health = 'live' | 'connecting' | 'reconnecting' | 'offline';

export function health(state: LiveState, now: number): Health {
  if (state.phase === 'live') return 'live';
  if (state.downSince === null) return 'connecting';
  return now - state.downSince > OFFLINE_AFTER_MS ? 'offline' : 'reconnecting';
}
