import { useTranslation } from 'react-i18next';
import type { CheckedTest } from '../../api/schema';
import { number } from '../../i18n/format';
import { Card } from '../../settings/parts';
import broadcasts from '../broadcasts.module.css';
import type { Plan } from '../types';
import { span } from '../words';

/** How many people get which message, and how many wait for the best. */
export function TestCheck({ test, plan }: { test: CheckedTest; plan: Plan }) {
  const { t } = useTranslation();
  const rule = plan.test?.winner;
  return (
    <Card title={t('broadcasts.test.whoGets')} flush>
      <ul className={broadcasts.rows}>
        {test.variants.map(({ variant, template, people }) => (
          <li key={variant}>
            <span className={broadcasts.grow}>
              {t('broadcasts.test.message', { variant })} · <bdi>{template}</bdi>
            </span>
            <strong>{number(people)}</strong>
          </li>
        ))}
        {test.waiting > 0 && (
          <li>
            <span className={broadcasts.grow}>
              {rule?.kind === 'best'
                ? t('broadcasts.test.waitFor', { span: span(rule.after_minutes * 60, t) })
                : t('broadcasts.test.waitForPerson')}
            </span>
            <strong>{number(test.waiting)}</strong>
          </li>
        )}
      </ul>
    </Card>
  );
}
