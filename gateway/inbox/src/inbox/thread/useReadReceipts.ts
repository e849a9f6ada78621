import { useEffect, useState } from 'react';
import { api } from '../../api/client';
import { asProblem } from '../../api/problem';
import type { Conversation } from '../../api/types';
import { useRights } from '../../state/permissions';
import type { ThreadItem } from './grouping';

const attentive = () => document.visibilityState === 'visible' && document.hasFocus();

function useAttention(): boolean {
  const [present, setPresent] = useState(attentive);
  useEffect(() => {
    const look = () => setPresent(attentive());
    window.addEventListener('focus', look);
    window.addEventListener('blur', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      window.removeEventListener('focus', look);
      window.removeEventListener('blur', look);
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
  return present;
}

/** The customer sees blue ticks: they are given only when somebody really looks at the newest message. */
export function useReadReceipts(conversation: Conversation, items: ThreadItem[], atEnd: boolean) {
  const rights = useRights();
  const present = useAttention();
  const newest = items.findLast((item) => item.kind === 'message' && item.message.direction === 'in');
  const upto = newest?.kind === 'message' ? newest.message.id : null;
  const due = rights.reply && present && atEnd && conversation.unread > 0;
  useEffect(() => {
    if (!due || upto === null) return;
    api.post<void>(`/conversations/${conversation.id}/read`, { upto }).catch((error) => {
      // Nothing to tell: the row stays unread and the next look tries again.
      console.warn('read receipt', asProblem(error).code);
    });
  }, [due, upto, conversation.id]);
}
