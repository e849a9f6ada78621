import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ViewName } from '../../api/types';
import { number } from '../../i18n/format';
import { LiveWords } from '../../shell/LiveDot';
import { useCounts, VIEW_ITEMS } from './views';
import css from './views.module.css';

export function ViewsNav({ view }: { view: ViewName }) {
  const { t } = useTranslation();
  const counts = useCounts();
  return (
    <nav className={css.views} aria-label={t('views.label')} data-pane tabIndex={-1}>
      <h1 className={css.head}>{t('nav.inbox')}</h1>
      <div className={css.items}>
        {VIEW_ITEMS.map((item) => (
          <Link
            key={item.view}
            to="/inbox/$view"
            params={{ view: item.view }}
            className={css.item}
            data-active={item.view === view || undefined}
            aria-current={item.view === view ? 'page' : undefined}
          >
            <item.Icon size={18} stroke={1.6} aria-hidden />
            <span>{t(`views.${item.view}`)}</span>
            {counts && <span className={css.count}>{number(counts[item.view])}</span>}
          </Link>
        ))}
      </div>
      <LiveWords />
    </nav>
  );
}
