import { IconArrowRight, IconInfoCircle, IconMoodSmile, IconPhone } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Message } from '../../../api/types';
import { clockTime } from '../../../i18n/format';
import css from './contents.module.css';

export function SystemLine({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { content } = message;
  const text =
    content.type === 'system'
      ? content.body
      : content.type === 'reaction'
        ? t(content.emoji ? 'message.reactionToOlder' : 'message.reactionRemoved', { emoji: content.emoji })
        : '';
  return (
    <article className={css.system} aria-label={`${text}, ${clockTime(message.at)}`} tabIndex={-1}>
      <SystemIcon message={message} />
      <bdi>{text}</bdi> · <time>{clockTime(message.at)}</time>
    </article>
  );
}

function SystemIcon({ message: { content } }: { message: Message }) {
  const kind = content.type === 'system' ? content.kind : 'reaction';
  if (kind.includes('assign')) return <IconArrowRight size={14} className={css.mirrored} aria-hidden />;
  if (kind.includes('call')) return <IconPhone size={14} aria-hidden />;
  if (kind === 'reaction') return <IconMoodSmile size={14} aria-hidden />;
  return <IconInfoCircle size={14} aria-hidden />;
}
