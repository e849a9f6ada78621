import type { LoggedEvent, ServerFrame, Viewer } from '../api/types';

/** The server says `head` each 5 s; three missed in a row mean a dead line that never closed. */
export const SILENCE_LIMIT_MS = 15_000;
/** `head` ran ahead of what we have and nothing came: ask again from where we are. */
export const BEHIND_LIMIT_MS = 2_000;
export const BACKOFF_FIRST_MS = 500;
export const BACKOFF_LIMIT_MS = 30_000;

export type LiveState = {
  phase: 'idle' | 'connecting' | 'live' | 'waiting' | 'stopped';
  /** Largest event number applied; null until the first hello. */
  n: number | null;
  attempt: number;
  heardAt: number;
  behindSince: number | null;
  retryAt: number | null;
  downSince: number | null;
  lastEventAt: number | null;
};

export type LiveInput =
  | { type: 'start' }
  | { type: 'stop' }
  | { type: 'frame'; frame: ServerFrame }
  | { type: 'closed' }
  | { type: 'clock' }
  | { type: 'retry_now' };

export type LiveEffect =
  | { type: 'connect'; after: number | null }
  | { type: 'disconnect' }
  | { type: 'apply'; event: LoggedEvent }
  | { type: 'presence'; conversation_id: string; people: Viewer[] }
  | { type: 'reload' }
  | { type: 'connected' }
  /** The line was refused or lost before it was open: perhaps the session grew old. */
  | { type: 'refused' }
  | { type: 'permissions_changed' }
  | { type: 'alerts_changed' }
  | Extract<ServerFrame, { type: 'campaign_progress' }>
  | { type: 'signed_out' };

export type Step = { state: LiveState; effects: LiveEffect[] };

export const idle: LiveState = {
  phase: 'idle',
  n: null,
  attempt: 0,
  heardAt: 0,
  behindSince: null,
  retryAt: null,
  downSince: null,
  lastEventAt: null,
};

/** Half fixed, half random, so that a restarted server is not met by everybody in the same second. */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(BACKOFF_LIMIT_MS, BACKOFF_FIRST_MS * 2 ** attempt);
  return Math.round(ceiling / 2 + (random * ceiling) / 2);
}

export function step(state: LiveState, input: LiveInput, now: number, random: number): Step {
  switch (input.type) {
    case 'start':
      return state.phase === 'idle' || state.phase === 'stopped' ? connect(state, now) : stay(state);
    case 'stop':
      return { state: { ...state, phase: 'stopped', retryAt: null }, effects: [{ type: 'disconnect' }] };
    case 'retry_now':
      return state.phase === 'waiting' ? connect(state, now) : stay(state);
    case 'closed':
      return onClosed(state, now, random);
    case 'clock':
      return onClock(state, now, random);
    case 'frame':
      return state.phase === 'connecting' || state.phase === 'live'
        ? onFrame({ ...state, heardAt: now }, input.frame, now, random)
        : stay(state);
  }
}

function stay(state: LiveState): Step {
  return { state, effects: [] };
}

function connect(state: LiveState, now: number): Step {
  return {
    state: { ...state, phase: 'connecting', heardAt: now, behindSince: null, retryAt: null },
    effects: [{ type: 'connect', after: state.n }],
  };
}

/** The line works but events are missing: ask again from where we are, without waiting. */
function askAgain(state: LiveState, now: number): Step {
  const next = connect(state, now);
  return { state: next.state, effects: [{ type: 'disconnect' }, ...next.effects] };
}

function wait(state: LiveState, now: number, random: number): Step {
  return {
    state: {
      ...state,
      phase: 'waiting',
      attempt: state.attempt + 1,
      retryAt: now + backoffMs(state.attempt, random),
      downSince: state.downSince ?? now,
      behindSince: null,
    },
    effects: [{ type: 'disconnect' }],
  };
}

function onClosed(state: LiveState, now: number, random: number): Step {
  if (state.phase !== 'connecting' && state.phase !== 'live') return stay(state);
  const next = wait(state, now, random);
  return state.phase === 'connecting'
    ? { state: next.state, effects: [...next.effects, { type: 'refused' }] }
    : next;
}

function signedOut(state: LiveState): Step {
  return {
    state: { ...state, phase: 'stopped', n: null },
    effects: [{ type: 'disconnect' }, { type: 'signed_out' }],
  };
}

/** Still signed in, but with no conversation to see: the line would only be refused again. */
function closedFor(state: LiveState): Step {
  return { state: { ...state, phase: 'stopped', n: null }, effects: [{ type: 'disconnect' }] };
}

function onClock(state: LiveState, now: number, random: number): Step {
  if (state.phase === 'waiting' && state.retryAt !== null && now >= state.retryAt) return connect(state, now);
  const open = state.phase === 'connecting' || state.phase === 'live';
  if (open && now - state.heardAt > SILENCE_LIMIT_MS) return wait(state, now, random);
  if (state.phase === 'live' && state.behindSince !== null && now - state.behindSince > BEHIND_LIMIT_MS) {
    return askAgain(state, now);
  }
  return stay(state);
}

function onFrame(state: LiveState, frame: ServerFrame, now: number, random: number): Step {
  switch (frame.type) {
    case 'hello':
      return onHello(state, frame.head);
    case 'head':
      return onHead(state, frame.head, now);
    case 'resync':
      return { state: { ...state, n: frame.head, behindSince: null }, effects: [{ type: 'reload' }] };
    case 'presence':
      return { state, effects: [frame] };
    case 'permissions_changed':
    case 'alerts_changed':
    case 'campaign_progress':
      return { state, effects: [frame] };
    case 'signed_out':
      return signedOut(state);
    case 'bye':
      if (frame.reason === 'signed_out') return signedOut(state);
      return frame.reason === 'no_access' ? closedFor(state) : wait(state, now, random);
    case 'message_added':
    case 'message_changed':
    case 'conversation_changed':
    case 'conversation_hidden':
    case 'tick':
      return onEvent(state, frame, now);
    default:
      // A newer server may say things this build does not know; the contract says to ignore them.
      return stay(state);
  }
}

function onHello(state: LiveState, head: number): Step {
  const live: LiveState = { ...state, phase: 'live', downSince: null, behindSince: null };
  // A head behind ours is another history (restored backup, fresh demo): ours is worth nothing there.
  const otherHistory = state.n !== null && head < state.n;
  if (state.n === null || otherHistory) {
    return { state: { ...live, n: head }, effects: [{ type: 'connected' }, { type: 'reload' }] };
  }
  return { state: live, effects: [{ type: 'connected' }] };
}

function onHead(state: LiveState, head: number, now: number): Step {
  const behind = state.n !== null && head > state.n;
  return {
    state: { ...state, attempt: 0, behindSince: behind ? (state.behindSince ?? now) : null },
    effects: [],
  };
}

function onEvent(state: LiveState, event: LoggedEvent, now: number): Step {
  const n = state.n ?? event.n - 1;
  if (event.n <= n) return stay(state);
  if (event.n > n + 1) return askAgain(state, now);
  return {
    state: { ...state, n: event.n, attempt: 0, lastEventAt: now, behindSince: null },
    effects: event.type === 'tick' ? [] : [{ type: 'apply', event }],
  };
}
