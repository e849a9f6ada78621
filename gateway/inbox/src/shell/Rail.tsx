import { Kbd, Tooltip, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconMoon, IconSun } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { countsQuery } from '../api/queries';
import type { Me } from '../api/types';
import { carry } from '../state/account';
import { rightsOf } from '../state/permissions';
import { LiveDot } from './LiveDot';
import { Mark } from './Mark';
import { MeMenu } from './MeMenu';
import { type NavItem, navItems, SETTINGS } from './navigation';
import css from './shell.module.css';

type Props = { me: Me; onHelp: () => void };

export function Rail({ me, onHelp }: Props) {
  const { t } = useTranslation();
  return (
    <nav className={css.rail} aria-label={t('nav.label')} data-pane tabIndex={-1}>
      <span className={css.mark}>
        <Mark />
      </span>
      {navItems(me).map((item) => (
        <RailItem key={item.to} item={item} me={me} />
      ))}
      <span className={css.spring} />
      <ThemeToggle />
      <RailItem item={SETTINGS} me={me} />
      {rightsOf(me.permissions).readInbox && <LiveDot />}
      <MeMenu me={me} onHelp={onHelp} position="right-end" />
    </nav>
  );
}

function RailItem({ item, me }: { item: NavItem; me: Me }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const unread = useMineUnread(item.at === '/inbox');
  const active = isActive(item, pathname, rightsOf(me.permissions).roles);
  const label = t(item.label);
  return (
    <Tooltip label={<TipWithKeys label={label} keys={item.keys} />} position="right">
      <Link
        to={item.to}
        className={css.railItem}
        data-active={active || undefined}
        aria-current={active ? 'page' : undefined}
        aria-label={unread > 0 ? t('nav.withUnread', { place: label, count: unread }) : label}
      >
        <item.Icon size={20} stroke={1.6} aria-hidden />
        {unread > 0 && (
          <span className={css.badge} aria-hidden>
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </Link>
    </Tooltip>
  );
}

/** The roles have a place of their own in the rail for those who change them. */
function isActive(item: NavItem, pathname: string, rolesApart: boolean): boolean {
  if (item === SETTINGS && rolesApart && pathname.startsWith('/settings/roles')) return false;
  return pathname.startsWith(item.at);
}

export function useMineUnread(wanted: boolean): number {
  const { data } = useQuery({ ...countsQuery, enabled: wanted });
  return wanted ? (data?.mine_unread ?? 0) : 0;
}

export function TipWithKeys({ label, keys }: { label: string; keys: string }) {
  return (
    <span className={css.tip}>
      {label}
      <span>
        {keys.split(' ').map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </span>
    </span>
  );
}

function ThemeToggle() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const next = scheme === 'light' ? 'dark' : 'light';
  const label = t(next === 'dark' ? 'nav.toDark' : 'nav.toLight');
  return (
    <Tooltip label={label} position="right">
      <UnstyledButton
        className={css.railItem}
        aria-label={label}
        onClick={() => {
          setColorScheme(next);
          carry({ theme: next });
        }}
      >
        {next === 'dark' ? (
          <IconMoon size={20} stroke={1.6} aria-hidden />
        ) : (
          <IconSun size={20} stroke={1.6} aria-hidden />
        )}
      </UnstyledButton>
    </Tooltip>
  );
}
