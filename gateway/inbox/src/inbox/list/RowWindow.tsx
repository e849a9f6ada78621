import { IconClock, IconLock } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { rowWindowText, windowState } from '../window';
import css from './list.module.css';

/** How long the window is open, as short as a row has room for. */
export function RowWindow({ until, now }: { until: number | null | undefined; now: number }) {
  const { t } = useTranslation();
  const state = windowState(until, now);
  const closed = state.kind === 'closed';
  return (
    <span className={css.window} data-soon={state.kind === 'soon' || undefined}>
      {closed ? <IconLock size={13} aria-hidden /> : <IconClock size={13} aria-hidden />}
      <span>{rowWindowText(state, t)}</span>
    </span>
  );
}
