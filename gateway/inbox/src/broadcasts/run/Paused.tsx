import { IconAlertTriangle, IconPlayerPause } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import settings from '../../settings/settings.module.css';
import type { PauseReason } from '../types';

export function Paused({ reason }: { reason: PauseReason }) {
  const { t } = useTranslation();
  return (
    <p role="status" className={settings.box}>
      {reason.kind === 'person' ? (
        <>
          <IconPlayerPause size={16} aria-hidden />
          <span>{t('broadcasts.pausedBy', { name: reason.by.name })}</span>
        </>
      ) : (
        <>
          <IconAlertTriangle size={16} aria-hidden />
          <span>
            <bdi dir="auto">{reason.text}</bdi>
            {reason.code ? ` (${reason.code})` : ''} {t('broadcasts.pausedItself')}
          </span>
        </>
      )}
    </p>
  );
}
