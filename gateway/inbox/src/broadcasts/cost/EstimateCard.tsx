import { useTranslation } from 'react-i18next';
import { number, shortDay } from '../../i18n/format';
import { Card } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useNow } from '../../state/clock';
import broadcasts from '../broadcasts.module.css';
import type { Estimate, EstimateRow } from '../types';
import { CategoryName } from './CategoryName';
import css from './cost.module.css';
import { amounts, placeName, rateText } from './money';
import { costOf, newest, split } from './rows';

const people = (rows: EstimateRow[]) => rows.reduce((sum, row) => sum + row.people, 0);

/** If everybody gets it and nobody's is free. */
export function EstimateCard({ cost }: { cost: Estimate }) {
  const { t } = useTranslation();
  const now = useNow();
  const since = newest(cost.rows);
  const { shown, rest } = split(cost.rows);
  const category = cost.rows[0]?.category;
  // Nobody would get it: the findings say why.
  if (!category) return null;
  return (
    <Card
      title={t('broadcasts.cost.title')}
      aside={
        since && (
          <span className={broadcasts.faint}>
            {t('broadcasts.cost.asOf', { day: shortDay(new Date(since).getTime(), now) })}
          </span>
        )
      }
      flush
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
      <section className={settings.tableBox} tabIndex={0} aria-label={t('broadcasts.cost.title')}>
        <table className={`${settings.table} ${css.table}`}>
          <thead>
            <tr>
              <th scope="col">{t('panel.country')}</th>
              <th scope="col" className={settings.num}>
                <CategoryName category={category} />
              </th>
              <th scope="col" className={settings.num}>
                {t('broadcasts.cost.rate')}
              </th>
              <th scope="col" className={settings.num}>
                {t('broadcasts.cost.cost')}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.country ?? ''}>
                <td>{placeName(row.country, t)}</td>
                <td className={settings.num}>{number(row.people)}</td>
                <td className={settings.num}>{row.price ? <bdi>{rateText(row.price)}</bdi> : '–'}</td>
                <td className={settings.num}>
                  <Amount rows={[row]} />
                </td>
              </tr>
            ))}
            {rest.length > 0 && (
              <tr>
                <td>{t('broadcasts.cost.others', { count: rest.length })}</td>
                <td className={settings.num}>{number(people(rest))}</td>
                <td className={settings.num}>{t('broadcasts.cost.mixed')}</td>
                <td className={settings.num}>
                  <Amount rows={rest} />
                </td>
              </tr>
            )}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">{t('broadcasts.cost.total')}</th>
              <td className={settings.num}>{number(people(cost.rows))}</td>
              <td />
              <td className={settings.num}>
                <Amount rows={cost.rows} />
              </td>
            </tr>
          </tfoot>
        </table>
      </section>
      <Notes cost={cost} />
    </Card>
  );
}

function Amount({ rows }: { rows: EstimateRow[] }) {
  const { t } = useTranslation();
  const cost = costOf(rows);
  if (cost.length === 0) return <span className={broadcasts.faint}>{t('broadcasts.cost.unknown')}</span>;
  return (
    <strong>
      <bdi>{amounts(cost)}</bdi>
    </strong>
  );
}

function Notes({ cost }: { cost: Estimate }) {
  const { t } = useTranslation();
  return (
    <div className={css.notes}>
      {cost.unpriced > 0 && (
        <p>{t('broadcasts.cost.unpriced', { count: cost.unpriced, people: number(cost.unpriced) })}</p>
      )}
      {cost.free_when.map((when) => (
        <p key={when}>{t(`broadcasts.cost.free.${when}`)}</p>
      ))}
    </div>
  );
}
