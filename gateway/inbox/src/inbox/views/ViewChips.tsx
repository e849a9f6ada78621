import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ViewName } from '../../api/types';
import { number } from '../../i18n/format';
import { useCounts, VIEW_ITEMS } from './views';
import css from './views.module.css';

/** Phones: the views as scrolling chips. */
export function ViewChips({ view }: { view: ViewName }) {
  const { t } = useTranslation();
  const counts = useCounts();
  return (
    <nav className={css.chips} aria-label={t('views.label')}>
      {VIEW_ITEMS.map((item) => (
        <Link
          key={item.view}
          to="/inbox/$view"
          params={{ view: item.view }}
          className={css.chip}
          data-active={item.view === view || undefined}
          aria-current={item.view === view ? 'page' : undefined}
        >
          {t(`views.${item.view}`)} {counts && <span>{number(counts[item.view])}</span>}
        </Link>
      ))}
    </nav>
  );
}
