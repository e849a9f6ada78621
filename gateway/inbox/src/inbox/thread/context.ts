import { createContext, use } from 'react';
import type { Conversation, Message } from '../../api/types';

export type ThreadActions = {
  conversation: Conversation;
  mayReply: boolean;
  reply: (message: Message) => void;
  react: (message: Message, emoji: string | null) => void;
  resolve: (message: Message, action: 'resend' | 'dismiss') => void;
  edit: (text: string) => void;
  chooseTemplate: (() => void) | null;
  jumpTo: (messageId: string) => void;
  /** Among what is loaded. */
  find: (messageId: string) => Message | undefined;
};

export const ThreadContext = createContext<ThreadActions | null>(null);

export function useThread(): ThreadActions {
  const actions = use(ThreadContext);
  if (!actions) throw new Error('useThread outside a thread');
  return actions;
}
