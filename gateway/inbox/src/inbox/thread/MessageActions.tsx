import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { IconArrowBackUp, IconCopy, IconDots, IconMoodSmile } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Message } from '../../api/types';
import { useThread } from './context';
import { messageText } from './messageText';
import css from './thread.module.css';

export const QUICK_REACTIONS = ['👍', '❤️', '😂', '😮', '😢', '🙏'] as const;

/** Appears beside a bubble under the pointer or the focus; on touch one button stays. */
export function MessageActions({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { mayReply, reply, react } = useThread();
  // Without an id of WhatsApp there is nothing yet that a reply or a reaction could point at.
  const reachable = mayReply && Boolean(message.wamid) && !message.revoked;
  const copy = () => void navigator.clipboard?.writeText(messageText(message, t));
  return (
    <div className={css.actions}>
      {reachable && (
        <Tooltip label={t('message.reply')}>
          <ActionIcon
            className={css.onlyPointer}
            aria-label={t('message.reply')}
            onClick={() => reply(message)}
          >
            <IconArrowBackUp size={16} className={css.mirrored} />
          </ActionIcon>
        </Tooltip>
      )}
      <Menu position="top">
        <Menu.Target>
          <ActionIcon aria-label={t('message.more')}>
            {reachable ? <IconMoodSmile size={16} className={css.onlyPointer} /> : null}
            <IconDots size={16} className={reachable ? css.onlyTouch : undefined} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {reachable && (
            <fieldset className={css.emojiRow} aria-label={t('message.react')}>
              {QUICK_REACTIONS.map((emoji) => (
                <Menu.Item
                  key={emoji}
                  className={css.emoji}
                  aria-label={t('message.reactWith', { emoji })}
                  onClick={() => react(message, emoji)}
                >
                  {emoji}
                </Menu.Item>
              ))}
            </fieldset>
          )}
          {reachable && (
            <Menu.Item leftSection={<IconArrowBackUp size={16} />} onClick={() => reply(message)}>
              {t('message.reply')}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconCopy size={16} />} onClick={copy}>
            {t('message.copy')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
