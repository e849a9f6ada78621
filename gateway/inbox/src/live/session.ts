import type { QueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import { api } from '../api/client';
import { asProblem } from '../api/problem';
import { keys } from '../api/queries';
import type { Me, Message } from '../api/types';
import { openDrafts, saveDrafts } from '../state/drafts';
import { addSentMessage, applyEvent, reloadAll } from './apply';
import { LiveConnection } from './connection';
import { OutboxSender, openOutbox } from './outbox';
import { applyProgress } from './progress';
import { useLive } from './store';

type Ended = { me: Me; at: number } | null;

/** Set when the server says that the session is over while somebody works: drafts stay, the shell asks again. */
export const useSessionEnded = create<{ ended: Ended }>(() => ({ ended: null }));

/** The first word counts: what is noticed later must not move the time that the dialog shows. */
export function endSession(me: Me) {
  if (useSessionEnded.getState().ended === null) useSessionEnded.setState({ ended: { me, at: Date.now() } });
}

type Notices = {
  refused: (to: string, reason: string) => void;
  arrived: (message: Message) => void;
  permissionsChanged: () => void;
  /** Who was signed in until now; asked when the server no longer says it. */
  me: () => Me;
};

/** Everything that lives as long as one person is signed in: the live line and the outbox. */
export class LiveSession {
  readonly connection: LiveConnection;
  readonly sender: OutboxSender;
  private readonly memberId: string;
  private readonly readsInbox: boolean;
  private readonly notices: Notices;

  constructor(client: QueryClient, memberId: string, readsInbox: boolean, notices: Notices) {
    this.notices = notices;
    this.memberId = memberId;
    this.readsInbox = readsInbox;
    this.sender = new OutboxSender({
      send: (entry) =>
        api.post<Message>(
          `/conversations/${entry.conversation_id}/messages`,
          { content: entry.content, ...(entry.reply_to ? { reply_to: entry.reply_to } : {}) },
          { 'Idempotency-Key': entry.key },
        ),
      sent: (message) => addSentMessage(client, message),
      refused: (entry, reason) => notices.refused(entry.to, reason),
      signedOut: () => this.ended(),
    });
    this.connection = new LiveConnection({
      onState: (state) => {
        // Who is here and who is typing is known only while the line is open.
        if (state.phase !== 'live') useLive.getState().forgetPresence();
        useLive.getState().setState(state);
      },
      onEffect: (effect) => {
        switch (effect.type) {
          case 'apply':
            applyEvent(client, effect.event);
            if (effect.event.type === 'message_added') notices.arrived(effect.event.message);
            return;
          case 'presence':
            useLive.getState().setPresence(effect.conversation_id, effect.people);
            return;
          case 'reload':
            reloadAll(client);
            return;
          case 'connected':
            void this.sender.flush();
            return;
          case 'refused':
            // Asking who we are renews an old session, or says that it is over; the line then tries again by itself.
            void api.read<Me>('/me').catch((error) => {
              if (asProblem(error).signedOut) this.ended();
            });
            return;
          case 'permissions_changed':
            notices.permissionsChanged();
            return;
          case 'alerts_changed':
            void client.invalidateQueries({ queryKey: keys.alerts });
            return;
          case 'campaign_progress':
            applyProgress(client, effect.campaign_id, effect.progress);
            return;
          case 'signed_out':
            this.ended();
            return;
        }
      },
    });
  }

  start() {
    openDrafts(this.memberId);
    openOutbox(this.memberId);
    // The line carries conversations; without the right to see any the server refuses it.
    if (this.readsInbox) this.connection.start();
    window.addEventListener('online', this.retry);
    window.addEventListener('pagehide', saveDrafts);
  }

  stop() {
    window.removeEventListener('online', this.retry);
    window.removeEventListener('pagehide', saveDrafts);
    saveDrafts();
    this.connection.stop();
    this.sender.stop();
  }

  private readonly retry = () => {
    this.connection.retryNow();
    void this.sender.flush();
  };

  private ended() {
    saveDrafts();
    endSession(this.notices.me());
    this.connection.stop();
  }
}

export function forgetSession(client: QueryClient) {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.demo[0] });
  useSessionEnded.setState({ ended: null });
}
