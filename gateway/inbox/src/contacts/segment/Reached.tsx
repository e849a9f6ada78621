import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { number } from '../../i18n/format';
import { Refused } from '../../settings/parts';
import type { SegmentCount } from '../types';
import css from './segment.module.css';

const PARTS = ['can_get_marketing', 'no_consent', 'opted_out', 'other'] as const;

type Props = { count: SegmentCount | null; error: unknown; busy: boolean };

export function Reached({ count, error, busy }: Props) {
  const { t } = useTranslation();
  if (error) return <Refused text={asProblem(error).detail || t('error.noAnswer')} />;
  if (!count) return <p className={css.faint}>{t('segment.counting')}</p>;
  const { reach } = count;
  return (
    <div className={css.reached} aria-busy={busy}>
      <p role="status">
        <strong>{number(reach.people)}</strong>
        <span>{t('segment.people', { count: reach.people, ms: number(count.took_ms) })}</span>
      </p>
      <span className={css.bar} aria-hidden>
        {PARTS.filter((part) => reach[part] > 0).map((part) => (
          <span key={part} data-part={part} style={{ flexGrow: reach[part] }} />
        ))}
      </span>
      <ul>
        {PARTS.map((part) => (
          <li key={part}>
            <span className={css.square} data-part={part} aria-hidden />
            {t(`segment.reach.${part}`, { people: number(reach[part]) })}
          </li>
        ))}
      </ul>
    </div>
  );
}
