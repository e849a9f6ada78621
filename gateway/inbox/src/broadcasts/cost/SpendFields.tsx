import { NumberInput, Radio, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Money } from '../types';
import wizard from '../wizard/wizard.module.css';
import css from './cost.module.css';
import { FIRST_LIMIT, limitProblem } from './limit';

type Props = { limit: Money | null; onChange: (limit: Money | null) => void };

const MILLION = 1_000_000;

/** No limit, or so much of a currency. */
export function SpendFields({ limit, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <Radio.Group
        aria-label={t('broadcasts.limit.title')}
        value={limit ? 'limit' : 'none'}
        onChange={(value) => onChange(value === 'limit' ? FIRST_LIMIT : null)}
      >
        <div className={wizard.choices}>
          <Radio value="none" label={t('broadcasts.limit.none')} />
          <Radio value="limit" label={t('broadcasts.limit.upTo')} />
        </div>
      </Radio.Group>
      {limit && (
        <div className={css.limit}>
          <NumberInput
            label={t('broadcasts.limit.amount')}
            value={limit.micros / MILLION}
            decimalScale={2}
            allowNegative={false}
            error={limitProblem(limit) === 'badLimit' && t('broadcasts.problem.badLimit')}
            onChange={(value) => onChange({ ...limit, micros: Math.round(Number(value) * MILLION) })}
          />
          <TextInput
            label={t('broadcasts.limit.currency')}
            value={limit.currency}
            maxLength={3}
            dir="ltr"
            error={limitProblem(limit) === 'badCurrency' && t('broadcasts.problem.badCurrency')}
            onChange={(event) => onChange({ ...limit, currency: event.currentTarget.value.toUpperCase() })}
          />
        </div>
      )}
    </>
  );
}
