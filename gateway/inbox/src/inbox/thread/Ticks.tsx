import {
  type Icon,
  IconAlertCircle,
  IconCheck,
  IconChecks,
  IconClock,
  IconHelpCircle,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { DeliveryState } from '../../api/types';

/** Shape and colour both tell the state; `label` tells it to a screen reader. */
const MARKS: Record<DeliveryState, { Icon: Icon; colour: string }> = {
  queued: { Icon: IconClock, colour: 'var(--t3)' },
  sent: { Icon: IconCheck, colour: 'var(--t3)' },
  delivered: { Icon: IconChecks, colour: 'var(--t3)' },
  read: { Icon: IconChecks, colour: 'var(--ac)' },
  played: { Icon: IconChecks, colour: 'var(--ac)' },
  failed: { Icon: IconAlertCircle, colour: 'var(--red)' },
  unknown: { Icon: IconHelpCircle, colour: 'var(--amb)' },
};

export function Ticks({ state, size = 14 }: { state: DeliveryState; size?: number }) {
  const { t } = useTranslation();
  const { Icon, colour } = MARKS[state];
  return <Icon size={size} color={colour} role="img" aria-label={t(`state.${state}`)} data-state={state} />;
}
