import type { Words } from '../i18n';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A window is never longer; where it seems so, this device's time is behind the server's. */
const LONGEST = 24 * HOUR - 1;
const SOON = 2 * HOUR;
const SHOW_MINUTES_BELOW = 4 * HOUR;
const SHOW_SECONDS_BELOW = 5 * MINUTE;

/** What the customer-service window of a conversation allows at one moment. */
export type WindowState =
  | { kind: 'open'; hours: number; minutes: number; fine: boolean }
  | { kind: 'soon'; hours: number; minutes: number; seconds: number | null }
  | { kind: 'closed'; at: number | null };

export function windowState(until: number | null | undefined, now: number): WindowState {
  if (!until || until <= now) return { kind: 'closed', at: until ?? null };
  const left = Math.min(until - now, LONGEST);
  const hours = Math.floor(left / HOUR);
  const minutes = Math.floor((left % HOUR) / MINUTE);
  if (left >= SOON) return { kind: 'open', hours, minutes, fine: left <= SHOW_MINUTES_BELOW };
  const seconds = left < SHOW_SECONDS_BELOW ? Math.floor((left % MINUTE) / 1000) : null;
  return { kind: 'soon', hours, minutes, seconds };
}

/** How often the words can change: each second in the last five minutes, else each minute. */
export function windowTick(until: number | null | undefined, now: number): number {
  const left = (until ?? 0) - now;
  return left > 0 && left < SHOW_SECONDS_BELOW + MINUTE ? 1_000 : 30_000;
}

const two = (value: number) => String(value).padStart(2, '0');

export function rowWindowText(state: WindowState, t: Words): string {
  switch (state.kind) {
    case 'closed':
      return t('window.closedShort');
    case 'open':
      return state.fine && state.minutes > 0
        ? t('window.hoursMinutesShort', { hours: state.hours, minutes: two(state.minutes) })
        : t('window.hours', { hours: state.hours });
    case 'soon':
      if (state.seconds !== null)
        return t('window.countdown', { minutes: state.minutes, seconds: two(state.seconds) });
      if (state.hours > 0)
        return t('window.hoursMinutesShort', { hours: state.hours, minutes: two(state.minutes) });
      return t('window.minutes', { minutes: state.minutes });
  }
}

export function composerWindowText(state: WindowState, t: Words): string {
  switch (state.kind) {
    case 'closed':
      return t('window.closed');
    case 'open':
      return t('window.hoursMinutesLeft', { hours: state.hours, minutes: state.minutes });
    case 'soon':
      if (state.seconds !== null)
        return t('window.minutesSecondsLeft', { minutes: state.minutes, seconds: state.seconds });
      if (state.hours > 0)
        return t('window.hoursMinutesLeft', { hours: state.hours, minutes: state.minutes });
      return t('window.minutesLeft', { minutes: state.minutes });
  }
}
