import { Link, useLocation, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Me } from '../api/types';
import { MeMenu } from './MeMenu';
import { barItems } from './navigation';
import { useMineUnread } from './Rail';
import css from './shell.module.css';

/** Phones only (CSS decides). An open conversation needs the height, so the bar leaves. */
export function BottomBar({ me, onHelp }: { me: Me; onHelp: () => void }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const { conversationId } = useParams({ strict: false });
  const items = barItems(me);
  const unread = useMineUnread(items.some((item) => item.at === '/inbox'));
  if (conversationId) return null;
  return (
    <nav className={css.bar} aria-label={t('nav.label')}>
      {items.map((item) => {
        const active = pathname.startsWith(item.at);
        return (
          <Link
            key={item.to}
            to={item.to}
            className={css.barItem}
            data-active={active || undefined}
            aria-current={active ? 'page' : undefined}
          >
            <item.Icon size={22} stroke={1.6} />
            {item.at === '/inbox' && unread > 0 && <span className={css.badge}>{unread}</span>}
            <span>{t(item.label)}</span>
          </Link>
        );
      })}
      <MeMenu me={me} onHelp={onHelp} position="top-end" bar />
    </nav>
  );
}
