import { type Icon, IconAlertTriangle, IconCheck, IconClock, IconCopy } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { WebhookOutcome } from '../api/types';
import css from './log.module.css';

const ICONS: Record<WebhookOutcome, Icon> = {
  processed: IconCheck,
  stored: IconClock,
  duplicate: IconCopy,
  quarantined: IconAlertTriangle,
};

export function OutcomeChip({ outcome }: { outcome: WebhookOutcome }) {
  const { t } = useTranslation();
  const OutcomeIcon = ICONS[outcome];
  return (
    <span className={css.outcome} data-outcome={outcome}>
      <OutcomeIcon size={13} aria-hidden />
      {t(`outcome.${outcome}`)}
    </span>
  );
}
