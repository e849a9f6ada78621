import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { contactName } from '../../people/names';
import { useThread } from '../thread/context';
import { messageAt, type ThreadItem } from '../thread/grouping';
import { messageText } from '../thread/messageText';
import css from './composer.module.css';

type Props = { messageId: string; items: ThreadItem[]; onDrop: () => void };

export function ReplyTo({ messageId, items, onDrop }: Props) {
  const { t } = useTranslation();
  const { conversation } = useThread();
  const item = items[messageAt(items, messageId)];
  const message = item?.kind === 'message' ? item.message : null;
  const author =
    message?.direction === 'out'
      ? (message.author?.name ?? t('thread.business'))
      : contactName(conversation.contact, t('contact.unnamed'));
  return (
    <div className={css.replyTo}>
      <span className={css.replyText}>
        <bdi>{author}</bdi>
        <bdi className="clip">{message ? messageText(message, t) : t('message.earlier')}</bdi>
      </span>
      <ActionIcon aria-label={t('composer.dropReply')} onClick={onDrop}>
        <IconX size={16} />
      </ActionIcon>
    </div>
  );
}
