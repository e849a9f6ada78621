import { useParams } from '@tanstack/react-router';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '../api/types';
import { announce } from './announce';

/** Only the open thread is read aloud; the rest is told by counts. A failed send interrupts. */
export function useMessageAnnouncements() {
  const { t } = useTranslation();
  const { conversationId } = useParams({ strict: false });
  const onMessage = useRef((_: Message) => {});
  onMessage.current = (message) => {
    if (message.conversation_id !== conversationId || message.direction === 'out') return;
    const text = message.content.type === 'text' ? message.content.body : t(`kind.${message.content.type}`);
    announce(t('thread.newMessage', { text }));
  };
  return onMessage;
}
