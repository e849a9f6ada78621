import {
  type Icon,
  IconAddressBook,
  IconBuilding,
  IconHistory,
  IconKey,
  IconLock,
  IconShieldLock,
  IconUser,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { type Rights, useRights } from '../state/permissions';
import css from './nav.module.css';

type Place = { to: string; label: string; Icon: Icon; right?: keyof Rights };

const MINE: Place[] = [
  { to: '/settings/profile', label: 'settings.profile', Icon: IconUser },
  { to: '/settings/security', label: 'settings.security', Icon: IconLock },
];

const OURS: Place[] = [
  { to: '/settings/organization', label: 'settings.organization', Icon: IconBuilding },
  {
    to: '/settings/contacts',
    label: 'settings.contacts',
    Icon: IconAddressBook,
    right: 'contactSettings',
  },
  { to: '/settings/members', label: 'settings.members', Icon: IconUsers, right: 'members' },
  { to: '/settings/teams', label: 'settings.teams', Icon: IconUsersGroup },
  { to: '/settings/roles', label: 'settings.roles', Icon: IconShieldLock },
  { to: '/settings/api-keys', label: 'settings.apiKeys', Icon: IconKey, right: 'apiKeys' },
  { to: '/settings/audit', label: 'settings.audit', Icon: IconHistory, right: 'audit' },
];

export function SettingsPage() {
  const { t } = useTranslation();
  const rights = useRights();
  const { pathname } = useLocation();
  // The matrix needs the whole width; its head leads back here.
  if (pathname.startsWith('/settings/roles')) return <Outlet />;
  const open = (place: Place) => !place.right || rights[place.right];
  return (
    <div className={css.layout}>
      <nav className={css.nav} aria-label={t('nav.settings')} data-pane tabIndex={-1}>
        <p className={css.navTitle}>{t('settings.mine')}</p>
        {MINE.map((place) => (
          <NavLink key={place.to} place={place} />
        ))}
        <p className={css.navTitle}>{t('settings.ours')}</p>
        {OURS.filter(open).map((place) => (
          <NavLink key={place.to} place={place} />
        ))}
      </nav>
      <Outlet />
    </div>
  );
}

function NavLink({ place }: { place: Place }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const active = pathname.startsWith(place.to);
  const link = useRef<HTMLAnchorElement>(null);
  // On a phone the places stand in one line, and the open one may be beyond its end.
  useEffect(() => {
    const line = link.current?.parentElement;
    if (!active || !link.current || !line) return;
    const [own, whole] = [link.current.getBoundingClientRect(), line.getBoundingClientRect()];
    line.scrollBy({ left: own.x + own.width / 2 - whole.x - whole.width / 2 });
  }, [active]);
  return (
    <Link
      ref={link}
      to={place.to as '/settings'}
      className={css.navItem}
      data-active={active || undefined}
      aria-current={active ? 'page' : undefined}
    >
      <place.Icon size={16} aria-hidden />
      {t(place.label)}
    </Link>
  );
}
