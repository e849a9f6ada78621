import { IconClock, IconLock } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../state/clock';
import { composerWindowText, windowState, windowTick } from '../window';
import css from './composer.module.css';

export function useWindow(until: number | null | undefined) {
  const now = useNow(windowTick(until, Date.now()));
  return windowState(until, now);
}

/** `plain` drops the ground where the strip around it is tinted already. */
export function WindowChip({ until, plain = false }: { until: number | null | undefined; plain?: boolean }) {
  const { t } = useTranslation();
  const state = useWindow(until);
  const ChipIcon = state.kind === 'closed' ? IconLock : IconClock;
  return (
    <span className={css.chip} data-kind={state.kind} data-plain={plain || undefined}>
      <ChipIcon size={15} aria-hidden />
      {composerWindowText(state, t)}
    </span>
  );
}
