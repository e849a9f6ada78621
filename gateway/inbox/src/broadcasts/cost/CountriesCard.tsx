import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Card } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { percent } from '../counts';
import type { CountryFigures } from '../types';
import css from './cost.module.css';
import { amounts, placeName } from './money';
import { split, sums } from './rows';

const COLUMNS = ['sent', 'delivered', 'read', 'replied', 'opted_out', 'cost'] as const;

export function CountriesCard({ countries }: { countries: CountryFigures[] }) {
  const { t } = useTranslation();
  const { shown, rest } = split(countries);
  return (
    <Card title={t('broadcasts.countries.title')} flush>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
      <section className={settings.tableBox} tabIndex={0} aria-label={t('broadcasts.countries.title')}>
        <table className={`${settings.table} ${css.table}`}>
          <thead>
            <tr>
              <th scope="col">{t('panel.country')}</th>
              {COLUMNS.map((one) => (
                <th key={one} scope="col" className={settings.num}>
                  {t(`broadcasts.countries.${one}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((one) => (
              <Line key={one.country ?? ''} name={placeName(one.country, t)} figures={one} />
            ))}
            {rest.length > 0 && (
              <Line name={t('broadcasts.cost.others', { count: rest.length })} figures={together(rest)} />
            )}
          </tbody>
        </table>
      </section>
    </Card>
  );
}

/** Shares are of what they follow from: delivered of sent, the others of delivered. */
function Line({ name, figures }: { name: string; figures: Omit<CountryFigures, 'country'> }) {
  const { sent, delivered, read, replied, opted_out, cost } = figures;
  return (
    <tr>
      <td>{name}</td>
      <td className={settings.num}>{number(sent)}</td>
      <td className={settings.num}>{percent(delivered, sent)}</td>
      <td className={settings.num}>{percent(read, delivered)}</td>
      <td className={settings.num}>{percent(replied, delivered)}</td>
      <td className={settings.num}>{percent(opted_out, delivered, 2)}</td>
      <td className={settings.num}>
        <bdi>{cost.length > 0 ? amounts(cost) : '–'}</bdi>
      </td>
    </tr>
  );
}

function together(all: CountryFigures[]): Omit<CountryFigures, 'country'> {
  const sum = (key: Exclude<keyof CountryFigures, 'country' | 'cost'>) =>
    all.reduce((total, one) => total + one[key], 0);
  return {
    people: sum('people'),
    sent: sum('sent'),
    delivered: sum('delivered'),
    read: sum('read'),
    replied: sum('replied'),
    clicked: sum('clicked'),
    opted_out: sum('opted_out'),
    failed: sum('failed'),
    cost: sums(all.flatMap((one) => one.cost)),
  };
}
