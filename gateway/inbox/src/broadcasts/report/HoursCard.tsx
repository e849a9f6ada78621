import { Button } from '@mantine/core';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Card } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useWhen } from '../../settings/when';
import run from '../run/run.module.css';
import type { HourPoint } from '../types';
import { LINES, lines, rows } from './hours';
import css from './report.module.css';

const HoursChart = lazy(() => import('./HoursChart'));

type Props = { hours: HourPoint[]; startedAt: number };

export function HoursCard({ hours, startedAt }: Props) {
  const { t } = useTranslation();
  const [asTable, setAsTable] = useState(false);
  const data = useMemo(() => lines(hours, startedAt), [hours, startedAt]);
  const hour = useCallback((count: number) => t('broadcasts.hours.hour', { hour: number(count) }), [t]);
  return (
    <Card
      title={t('broadcasts.hours.title')}
      aside={
        <span className={run.legend}>
          {LINES.map((key) => (
            <span key={key} data-line={key}>
              {t(`broadcasts.report.${key}`)}
            </span>
          ))}
          <Button variant="light" onClick={() => setAsTable(!asTable)}>
            {t(asTable ? 'broadcasts.rate.asChart' : 'broadcasts.rate.asTable')}
          </Button>
        </span>
      }
      flush
    >
      {asTable ? (
        <HoursTable hours={hours} startedAt={startedAt} />
      ) : (
        <Suspense fallback={<div className={css.hours} />}>
          <HoursChart data={data} label={t('broadcasts.hours.label')} hour={hour} />
        </Suspense>
      )}
    </Card>
  );
}

function HoursTable({ hours, startedAt }: Props) {
  const { t } = useTranslation();
  const when = useWhen();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
    <section className={`${run.tableBox} ${css.hours}`} tabIndex={0} aria-label={t('broadcasts.hours.title')}>
      <table className={settings.table}>
        <thead>
          <tr>
            <th scope="col">{t('broadcasts.hours.until')}</th>
            {LINES.map((key) => (
              <th key={key} scope="col" className={settings.num}>
                {t(`broadcasts.report.${key}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows(hours, startedAt).map((row) => (
            <tr key={row.until}>
              <td>{when(row.until)}</td>
              {LINES.map((key) => (
                <td key={key} className={settings.num}>
                  {number(row[key])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
