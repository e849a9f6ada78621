import { useTranslation } from 'react-i18next';
import { clockTime, daysBetween, shortDay } from '../i18n/format';
import { useNow } from '../state/clock';

/** A moment, so exactly as it matters: `10:42`, `yesterday 10:42`, `14 Nov 10:42`. */
export function useWhen() {
  const { t } = useTranslation();
  const now = useNow();
  return (at: number) => {
    const days = daysBetween(at, now);
    if (days === 0) return clockTime(at);
    if (days === 1) return t('when.yesterday', { time: clockTime(at) });
    return t('when.day', { day: shortDay(at, now), time: clockTime(at) });
  };
}

/** A day that is to come or past, without its hour. */
export function useDay() {
  const now = useNow();
  return (at: number) => shortDay(at, now);
}
