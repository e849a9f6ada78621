import { useTranslation } from 'react-i18next';
import type { Message } from '../../api/types';
import { useThread } from './context';
import css from './thread.module.css';

export function Reactions({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { react, mayReply } = useThread();
  return (
    <div className={css.reactions}>
      {message.reactions.map((reaction) =>
        reaction.from === 'business' && mayReply ? (
          <button
            key={`business-${reaction.emoji}`}
            type="button"
            className={css.reaction}
            aria-label={t('message.takeBack', { emoji: reaction.emoji })}
            onClick={() => react(message, null)}
          >
            {reaction.emoji}
          </button>
        ) : (
          <span
            key={`${reaction.from}-${reaction.emoji}`}
            className={css.reaction}
            role="img"
            aria-label={t(`message.reactedBy.${reaction.from}`, { emoji: reaction.emoji })}
          >
            {reaction.emoji}
          </span>
        ),
      )}
    </div>
  );
}
