import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ViewName } from '../../api/types';
import { useScreen } from '../../shell/useScreen';
import { useMe, useRights } from '../../state/permissions';
import css from './list.module.css';

const WIDTHS = [
  [44, 76],
  [35, 65],
  [50, 82],
  [40, 61],
  [33, 72],
] as const;

/** A still hint of rows, fading out; no shimmer. */
function Hint() {
  return (
    <div aria-hidden>
      {WIDTHS.map(([name, text], index) => (
        <div key={name} className={css.hint} style={{ opacity: 1 - index * 0.2 }}>
          <span className={css.hintFace} />
          <span className={css.hintLines}>
            <span style={{ width: `${name}%` }} />
            <span style={{ width: `${text}%` }} />
          </span>
        </div>
      ))}
    </div>
  );
}

export function LoadingRows() {
  const { t } = useTranslation();
  return (
    <div className={css.listWrap} role="status" aria-label={t('list.loading')}>
      <Hint />
    </div>
  );
}

export function EmptyList({ view, unread }: { view: ViewName; unread: boolean }) {
  const { t } = useTranslation();
  const me = useMe();
  const rights = useRights();
  const { listBeside } = useScreen();
  // Where the list is alone on the screen nobody sees the first steps beside it.
  const begins = !listBeside && rights.channels && me.numbers.length === 0;
  return (
    <div className={css.listWrap}>
      <Hint />
      <p className={css.emptyText}>{unread ? t('empty.unread') : t(`empty.${view}.list`)}</p>
      {begins && (
        <p className={css.emptyText}>
          <Link to="/numbers" className="link">
            {t('first.number.action')}
          </Link>
        </p>
      )}
    </div>
  );
}
