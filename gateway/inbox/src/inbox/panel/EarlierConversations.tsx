import { IconMessage2 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '../../api/types';
import { listTime } from '../../i18n/format';
import { useNow } from '../../state/clock';
import css from './panel.module.css';

type Props = {
  conversations: Conversation[] | undefined;
  failed: boolean;
  /** What is said where there are none. */
  none: string;
};

export function EarlierConversations({ conversations, failed, none }: Props) {
  const { t } = useTranslation();
  const now = useNow();
  if (failed) return <p className={css.faint}>{t('panel.earlierFailed')}</p>;
  if (conversations?.length === 0) return <p className={css.faint}>{none}</p>;
  return (
    <ul className={css.earlier}>
      {conversations?.map((row) => (
        <li key={row.id}>
          <Link
            to="/inbox/$view/$conversationId"
            params={{ view: row.status === 'closed' ? 'closed' : 'all', conversationId: row.id }}
          >
            <IconMessage2 size={14} aria-hidden />
            <bdi className="clip">{row.preview?.snippet || t('list.noMessages')}</bdi>
            <time>{listTime(row.last_activity_at, now, t('day.yesterday'))}</time>
          </Link>
        </li>
      ))}
    </ul>
  );
}
