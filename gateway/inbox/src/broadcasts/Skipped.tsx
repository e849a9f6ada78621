import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { number } from '../i18n/format';
import { Card } from '../settings/parts';
import css from './broadcasts.module.css';
import type { Step } from './steps';
import { ranked, skipName, total } from './words';

type Props = { skipped: Record<string, number>; onGo?: (step: Step) => void };

const TONES = ['d3', 'd4'];

/** Who is left out and why; a way to change it where these pages have one. */
export function Skipped({ skipped, onGo }: Props) {
  const { t } = useTranslation();
  const rows = ranked(skipped);
  return (
    <Card
      title={t('broadcasts.skippedByReason')}
      aside={
        <span className={css.faint}>
          {t('broadcasts.people', { count: total(skipped), people: number(total(skipped)) })}
        </span>
      }
      flush
    >
      {rows.length === 0 ? (
        <p className={css.nothing}>{t('broadcasts.nobodySkipped')}</p>
      ) : (
        <ul className={css.rows}>
          {rows.map(([reason, people], index) => (
            <li key={reason}>
              <span className={css.square} data-tone={TONES[index] ?? 'd6'} aria-hidden />
              <span className={css.grow}>{skipName(reason, t)}</span>
              <strong>{number(people)}</strong>
              {onGo && (
                <span className={css.rowAction}>
                  {reason.startsWith('variable') && (
                    <Button variant="light" onClick={() => onGo('message')}>
                      {t('broadcasts.setFallback')}
                    </Button>
                  )}
                  {(reason === 'no_consent' || reason === 'other_language') && (
                    <Button variant="light" onClick={() => onGo('audience')}>
                      {t('broadcasts.changeAudience')}
                    </Button>
                  )}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
