import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import settings from '../settings/settings.module.css';
import css from './broadcasts.module.css';

type Props = { name: string; chip?: ReactNode; children?: ReactNode };

export function BroadcastHead({ name, chip, children }: Props) {
  const { t } = useTranslation();
  return (
    <header className={`${settings.head} ${css.head}`}>
      <p className={settings.crumbs}>
        <Link to="/broadcasts">{t('nav.broadcasts')}</Link>
        <span aria-hidden>/</span>
      </p>
      <h1 className={css.name}>
        <bdi>{name}</bdi>
      </h1>
      {chip}
      <span className={settings.spring} />
      {children}
    </header>
  );
}
