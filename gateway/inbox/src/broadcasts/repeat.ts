import type { Words } from '../i18n';
import { i18next } from '../i18n';
import type { Repeat } from './types';
import { toTime } from './wizard/moment';

/** Monday to Sunday, as the server counts them. */
export const WEEK = [1, 2, 3, 4, 5, 6, 7] as const;

/** A Monday. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

export const weekdayName = (day: number) =>
  new Intl.DateTimeFormat(i18next.language || 'en', { weekday: 'short', timeZone: 'UTC' }).format(
    MONDAY + (day - 1) * DAY_MS,
  );

/** In one line: on which days, and when. */
export function repeatWords({ on, at }: Repeat, t: Words): string {
  const time = toTime(at);
  switch (on.kind) {
    case 'every_day':
      return t('broadcasts.repeat.saidDaily', { time });
    case 'weekdays':
      return t('broadcasts.repeat.saidWeekly', { days: on.days.map(weekdayName).join(', '), time });
    case 'month_day':
      return t('broadcasts.repeat.saidMonthly', { day: on.day, time });
  }
}
