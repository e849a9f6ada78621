import type { ClientFrame, ServerFrame } from '../api/types';
import { idle, type LiveEffect, type LiveInput, type LiveState, step } from './protocol';

export type LiveListener = {
  onState: (state: LiveState) => void;
  onEffect: (effect: Exclude<LiveEffect, { type: 'connect' } | { type: 'disconnect' }>) => void;
};

const CLOCK_MS = 500;

/** Carries out what `step` decides: the only place that touches a WebSocket. */
export class LiveConnection {
  private state: LiveState = idle;
  private socket: WebSocket | null = null;
  private clock: ReturnType<typeof setInterval> | undefined;
  private viewing: string | null = null;
  private watching: string | null = null;
  private readonly listener: LiveListener;

  constructor(listener: LiveListener) {
    this.listener = listener;
  }

  start() {
    this.clock ??= setInterval(() => this.feed({ type: 'clock' }), CLOCK_MS);
    this.feed({ type: 'start' });
  }

  stop() {
    clearInterval(this.clock);
    this.clock = undefined;
    this.feed({ type: 'stop' });
  }

  retryNow() {
    this.feed({ type: 'retry_now' });
  }

  view(conversationId: string | null) {
    this.viewing = conversationId;
    this.say({ type: 'view', conversation_id: conversationId });
  }

  watchCampaign(campaignId: string | null) {
    this.watching = campaignId;
    this.say({ type: 'watch_campaign', campaign_id: campaignId });
  }

  say(frame: ClientFrame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  private feed(input: LiveInput) {
    const { state, effects } = step(this.state, input, Date.now(), Math.random());
    const changed = state !== this.state;
    this.state = state;
    for (const effect of effects) this.carryOut(effect);
    if (changed) this.listener.onState(this.state);
  }

  private carryOut(effect: LiveEffect) {
    if (effect.type === 'connect') this.open(effect.after);
    else if (effect.type === 'disconnect') this.drop();
    else {
      if (effect.type === 'connected') this.sayWhatIsSeen();
      this.listener.onEffect(effect);
    }
  }

  private sayWhatIsSeen() {
    this.say({ type: 'view', conversation_id: this.viewing });
    if (this.watching) this.say({ type: 'watch_campaign', campaign_id: this.watching });
  }

  private open(after: number | null) {
    const url = new URL('/api/v1/live', window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    if (after !== null) url.searchParams.set('after', String(after));
    const socket = new WebSocket(url);
    this.socket = socket;
    // A socket that was already replaced may still report; only the current one counts.
    socket.onmessage = (event) => {
      if (this.socket === socket) this.receive(event.data);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.feed({ type: 'closed' });
    };
  }

  private receive(data: unknown) {
    if (typeof data !== 'string') return;
    this.feed({ type: 'frame', frame: JSON.parse(data) as ServerFrame });
  }

  private drop() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}
