import { Button } from '@mantine/core';
import { IconGauge } from '@tabler/icons-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Card } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { lastSlowdown, latest, sampled, series } from '../rate';
import type { Moment } from '../types';
import { rate } from '../words';
import { secondTime } from './clock';
import css from './run.module.css';

const RateChart = lazy(() => import('./RateChart'));

type Props = { history: Moment[]; live: boolean };

export function RateCard({ history, live }: Props) {
  const { t } = useTranslation();
  const [asTable, setAsTable] = useState(false);
  const data = useMemo(() => series(history), [history]);
  const now = latest(history);
  const slowdown = lastSlowdown(data);
  return (
    <Card
      title={t('broadcasts.rate.title')}
      aside={
        <span className={css.legend}>
          {now && (
            <>
              <span data-line="sent">
                {live ? t('broadcasts.rate.sentNow', { rate: rate(now.sent) }) : t('broadcasts.rate.sent')}
              </span>
              <span data-line="allowed">
                {live
                  ? t('broadcasts.rate.allowedNow', { rate: rate(now.allowed) })
                  : t('broadcasts.rate.allowed')}
              </span>
              <Button variant="light" onClick={() => setAsTable(!asTable)}>
                {t(asTable ? 'broadcasts.rate.asChart' : 'broadcasts.rate.asTable')}
              </Button>
            </>
          )}
        </span>
      }
      flush
    >
      {!now && <p className={css.nothing}>{t('broadcasts.rate.nothing')}</p>}
      {now && asTable && <RateTable rows={sampled(data)} />}
      {now && !asTable && (
        <>
          <Suspense fallback={<div className={css.chart} />}>
            <RateChart data={data} label={t('broadcasts.rate.label', { rate: rate(now.sent) })} />
          </Suspense>
          {slowdown && (
            <p className={css.event}>
              <IconGauge size={14} aria-hidden />
              {t('broadcasts.rate.slowdown', {
                time: secondTime(slowdown.at),
                from: rate(slowdown.from),
                to: rate(slowdown.to),
              })}
            </p>
          )}
        </>
      )}
    </Card>
  );
}

function RateTable({ rows }: { rows: ReturnType<typeof sampled> }) {
  const { t } = useTranslation();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
    <section className={css.tableBox} tabIndex={0} aria-label={t('broadcasts.rate.title')}>
      <table className={settings.table}>
        <thead>
          <tr>
            <th scope="col">{t('broadcasts.rate.time')}</th>
            <th scope="col" className={settings.num}>
              {t('broadcasts.rate.sent')}
            </th>
            <th scope="col" className={settings.num}>
              {t('broadcasts.rate.allowed')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.at}>
              <td>{secondTime(row.at)}</td>
              <td className={settings.num}>
                {row.sent === null ? t('broadcasts.rate.gap') : rate(row.sent)}
              </td>
              <td className={settings.num}>
                {row.allowed === null ? t('broadcasts.rate.gap') : rate(row.allowed)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
