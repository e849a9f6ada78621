import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Card } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import broadcasts from '../broadcasts.module.css';
import type { Cost } from '../types';
import { CategoryName } from './CategoryName';
import css from './cost.module.css';
import { amounts } from './money';
import { byKind, isFree, type KindLine } from './rows';

/** What WhatsApp said that it charges so far. */
export function CostCard({ cost, aside }: { cost: Cost; aside?: ReactNode }) {
  const { t } = useTranslation();
  const lines = byKind(cost.rows);
  return (
    <Card title={t('broadcasts.spent.title')} aside={aside} flush>
      {lines.length === 0 ? (
        <p className={broadcasts.nothing}>{t('broadcasts.spent.nothing')}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        <section className={settings.tableBox} tabIndex={0} aria-label={t('broadcasts.spent.title')}>
          <table className={`${settings.table} ${css.table}`}>
            <thead>
              <tr>
                <th scope="col">{t('broadcasts.spent.as')}</th>
                <th scope="col" className={settings.num}>
                  {t('broadcasts.spent.people')}
                </th>
                <th scope="col" className={settings.num}>
                  {t('broadcasts.cost.cost')}
                </th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <tr key={`${line.category} ${line.kind}`}>
                  <td>
                    <CategoryName category={line.category} />
                    {line.kind !== 'regular' && line.category !== 'referral_conversion' && (
                      <span className={broadcasts.faint}> · {t(`broadcasts.spent.kind.${line.kind}`)}</span>
                    )}
                  </td>
                  <td className={settings.num}>{number(line.people)}</td>
                  <td className={settings.num}>
                    <LineCost line={line} />
                  </td>
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">{t('broadcasts.spent.billed')}</th>
                <td />
                <td className={settings.num}>
                  <bdi>{cost.billed.length > 0 ? amounts(cost.billed) : '–'}</bdi>
                </td>
              </tr>
            </tfoot>
          </table>
        </section>
      )}
      <div className={css.notes}>
        {cost.expected.length > 0 && (
          <p>{t('broadcasts.spent.expected', { cost: amounts(cost.expected) })}</p>
        )}
        {cost.per_reply.length > 0 && (
          <p>{t('broadcasts.spent.perReply', { cost: amounts(cost.per_reply) })}</p>
        )}
        {cost.unpriced > 0 && (
          <p>{t('broadcasts.cost.unpriced', { count: cost.unpriced, people: number(cost.unpriced) })}</p>
        )}
      </div>
    </Card>
  );
}

function LineCost({ line }: { line: KindLine }) {
  const { t } = useTranslation();
  if (isFree(line.kind)) return t('broadcasts.spent.free');
  if (line.cost.length === 0) return <span className={broadcasts.faint}>{t('broadcasts.cost.unknown')}</span>;
  return (
    <strong>
      <bdi>{amounts(line.cost)}</bdi>
    </strong>
  );
}
