import { Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { clockTime } from '../i18n/format';
import { type Health, health, useLive } from '../live/store';
import { useNow } from '../state/clock';
import css from './shell.module.css';

export function useHealth(): { health: Health; since: number | null } {
  const state = useLive((store) => store.state);
  const now = useNow(state.phase === 'live' ? 30_000 : 1_000);
  return { health: health(state, now), since: state.downSince };
}

export function LiveDot() {
  const { t } = useTranslation();
  const { health: now } = useHealth();
  const label = t(`live.${now}`);
  return (
    <Tooltip label={label} position="right">
      <span className={css.dotCell} role="img" aria-label={label}>
        <span className={css.dot} data-health={now} />
      </span>
    </Tooltip>
  );
}

/** What is asked for each few seconds instead of told: it follows as long as the answers come. */
export function PollDot({ answering }: { answering: boolean }) {
  return <span className={css.dot} data-health={answering ? 'live' : 'reconnecting'} aria-hidden />;
}

/** The views' foot: the same state in words, with the time of the last event. */
export function LiveWords() {
  const { t } = useTranslation();
  const { health: current, since } = useHealth();
  const lastEventAt = useLive((store) => store.state.lastEventAt);
  const now = useNow(1_000);
  return (
    <div className={css.liveWords}>
      <span className={css.dot} data-health={current} aria-hidden />
      <span>{t(`live.${current}`)}</span>
      <span className={css.liveDetail}>
        {current === 'live'
          ? lastEventAt !== null && t('live.lastEvent', { ago: ago(now - lastEventAt, t) })
          : since !== null && t('live.since', { time: clockTime(since) })}
      </span>
    </div>
  );
}

function ago(ms: number, t: (key: string, values: { count: number }) => string): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return t('live.secondsAgo', { count: seconds });
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? t('live.minutesAgo', { count: minutes })
    : t('live.hoursAgo', { count: Math.floor(minutes / 60) });
}
