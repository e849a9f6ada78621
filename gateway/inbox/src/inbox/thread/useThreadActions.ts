import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import { asProblem } from '../../api/problem';
import type { Conversation, Message } from '../../api/types';
import { applyThreadMessage } from '../../live/apply';
import { showToast } from '../../shell/toast';
import { setDraft, useDrafts } from '../../state/drafts';
import { newKey } from '../../state/local';
import { useRights } from '../../state/permissions';
import { windowState } from '../window';
import type { ThreadActions } from './context';

type Ports = {
  focusComposer: () => void;
  chooseTemplate: () => void;
  jumpTo: (id: string) => void;
  find: ThreadActions['find'];
};

export function useThreadActions(conversation: Conversation, ports: Ports): ThreadActions {
  const { t } = useTranslation();
  const client = useQueryClient();
  const rights = useRights();
  const open = windowState(conversation.window_until, Date.now()).kind !== 'closed';

  const change = async (request: Promise<Message>, title: string) => {
    try {
      applyThreadMessage(client, await request);
    } catch (error) {
      showToast({ tone: 'red', title, text: asProblem(error).detail || t('error.noAnswer') });
    }
  };
  const draftText = () => useDrafts.getState().drafts[conversation.id]?.text ?? '';

  return {
    conversation,
    mayReply: rights.reply && open,
    reply: (message) => {
      setDraft(conversation.id, draftText(), message.id);
      ports.focusComposer();
    },
    react: (message, emoji) =>
      void change(
        api.post<Message>(
          `/conversations/${conversation.id}/messages`,
          { content: { type: 'reaction', message_id: message.id, emoji } },
          { 'Idempotency-Key': newKey() },
        ),
        t('error.reaction'),
      ),
    resolve: (message, action) =>
      void change(
        api.post<Message>(`/messages/${conversation.id}/${message.id}/resolve`, { action }),
        t('error.resolve'),
      ),
    edit: (text) => {
      setDraft(conversation.id, [draftText(), text].filter(Boolean).join('\n'), null);
      ports.focusComposer();
    },
    chooseTemplate: rights.sendTemplate ? ports.chooseTemplate : null,
    jumpTo: ports.jumpTo,
    find: ports.find,
  };
}
