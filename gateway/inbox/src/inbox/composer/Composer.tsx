import type { Ref } from 'react';
import type { Conversation } from '../../api/types';
import { useRights } from '../../state/permissions';
import type { ThreadItem } from '../thread/grouping';
import { ClosedWindow, ReadOnly } from './ClosedWindow';
import { ReplyBox } from './ReplyBox';
import { useWindow } from './WindowChip';

export type ComposerProps = {
  ref: Ref<HTMLTextAreaElement>;
  conversation: Conversation;
  autoFocus: boolean;
  items: ThreadItem[];
};

/** WhatsApp lets a business write freely only within 24 h of the customer's last message. */
export function Composer(props: ComposerProps) {
  const rights = useRights();
  const state = useWindow(props.conversation.window_until);
  if (!rights.reply) return <ReadOnly />;
  if (state.kind === 'closed') return <ClosedWindow closedAt={state.at} />;
  return <ReplyBox key={props.conversation.id} {...props} />;
}
