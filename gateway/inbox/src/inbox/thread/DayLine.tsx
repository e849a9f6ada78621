import { useTranslation } from 'react-i18next';
import { daysBetween, longDay } from '../../i18n/format';
import css from './thread.module.css';

export function DayLine({ at }: { at: number }) {
  const { t } = useTranslation();
  const now = Date.now();
  const days = daysBetween(at, now);
  const text = days === 0 ? t('day.today') : days === 1 ? t('day.yesterday') : longDay(at, now);
  return (
    <div className={css.day}>
      <span>{text}</span>
    </div>
  );
}
