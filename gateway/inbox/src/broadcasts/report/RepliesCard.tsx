import { IconBellOff, IconHandClick, IconMessage } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Card } from '../../settings/parts';
import type { Progress } from '../types';
import css from './report.module.css';

const KINDS = [
  ['tapped', IconHandClick],
  ['wrote', IconMessage],
  ['stopped', IconBellOff],
] as const;

/** Whoever answered is in one of them. */
export function RepliesCard({ replies }: { replies: Progress['replies'] }) {
  const { t } = useTranslation();
  return (
    <Card title={t('broadcasts.replies.title')} flush>
      <ul className={css.kinds}>
        {KINDS.map(([kind, Icon]) => (
          <li key={kind}>
            <Icon size={16} aria-hidden />
            <span>{t(`broadcasts.replies.${kind}`)}</span>
            <strong>{number(replies[kind])}</strong>
          </li>
        ))}
      </ul>
    </Card>
  );
}
