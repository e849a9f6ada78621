import { IconAlertTriangle, IconPlayerPause } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import settings from '../../settings/settings.module.css';
import { amounts } from '../cost/money';
import type { PauseReason } from '../types';

export function Paused({ reason }: { reason: PauseReason }) {
  const Icon = reason.kind === 'person' ? IconPlayerPause : IconAlertTriangle;
  return (
    <p role="status" className={settings.box}>
      <Icon size={16} aria-hidden />
      <span>
        <Why reason={reason} />
      </span>
    </p>
  );
}

/** Who or what stopped it, and what to do. */
export function Why({ reason }: { reason: PauseReason }) {
  const { t } = useTranslation();
  switch (reason.kind) {
    case 'person':
      return t('broadcasts.pausedBy', { name: reason.by.name });
    case 'refused':
      return (
        <>
          <bdi dir="auto">{reason.text}</bdi>
          {reason.code ? ` (${reason.code})` : ''} {t('broadcasts.pausedItself')}
        </>
      );
    case 'template':
      return t('broadcasts.pausedTemplate', {
        status: t(`broadcasts.templateState.${reason.status.toLowerCase()}`),
      });
    case 'category':
      return t('broadcasts.pausedCategory');
    case 'spent':
      return t('broadcasts.limit.reached', { max: amounts([reason.max]) });
    case 'grown':
      return t('broadcasts.pausedGrown', {
        people: number(reason.people),
        confirmed: number(reason.confirmed),
      });
    case 'failures':
      return t('broadcasts.pausedFailures', { failed: number(reason.failed), of: number(reason.of) });
  }
}
