import { useTranslation } from 'react-i18next';
import { number, shortDay } from '../../i18n/format';
import { categoryName } from '../../inbox/thread/contents/TemplateContent';
import { Card } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useNow } from '../../state/clock';
import broadcasts from '../broadcasts.module.css';
import type { Cost } from '../types';
import { money, placeName } from '../words';
import { byCountry, categories, peopleIn } from './cost';

export function CostCard({ cost }: { cost: Cost }) {
  const { t } = useTranslation();
  const now = useNow();
  const columns = categories(cost.rows);
  const day = new Date(cost.as_of).getTime();
  return (
    <Card
      title={t('broadcasts.cost.title')}
      aside={
        <span className={broadcasts.faint}>
          {t('broadcasts.cost.asOf', {
            day: Number.isNaN(day) ? String(cost.as_of) : shortDay(day, now),
            currency: cost.currency,
          })}
        </span>
      }
      flush
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
      <section className={settings.tableBox} tabIndex={0} aria-label={t('broadcasts.cost.title')}>
        <table className={settings.table}>
          <thead>
            <tr>
              <th scope="col">{t('panel.country')}</th>
              {columns.map((one) => (
                <th key={one} scope="col" className={settings.num}>
                  {categoryName(one, t)}
                </th>
              ))}
              <th scope="col" className={settings.num}>
                {t('broadcasts.cost.rate')}
              </th>
              <th scope="col" className={settings.num}>
                {t('broadcasts.cost.cost')}
              </th>
            </tr>
          </thead>
          <tbody>
            {byCountry(cost.rows).map((line) => (
              <tr key={line.country}>
                <td>{placeName(line.country, t)}</td>
                {columns.map((one) => (
                  <td key={one} className={settings.num}>
                    {number(line.people[one] ?? 0)}
                  </td>
                ))}
                <td className={settings.num}>
                  {line.rate === null ? t('broadcasts.cost.mixed') : line.rate.toFixed(4)}
                </td>
                <td className={settings.num}>
                  <strong>{money(line.cost, cost.currency)}</strong>
                </td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">{t('broadcasts.cost.total')}</th>
              {columns.map((one) => (
                <td key={one} className={settings.num}>
                  {number(peopleIn(cost.rows, one))}
                </td>
              ))}
              <td />
              <td className={settings.num}>
                {cost.total == null ? t('broadcasts.cost.unknown') : money(cost.total, cost.currency)}
              </td>
            </tr>
          </tfoot>
        </table>
      </section>
    </Card>
  );
}
