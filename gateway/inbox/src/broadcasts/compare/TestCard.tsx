import { Checkbox, NumberInput, Select, Slider } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Words } from '../../i18n';
import { Card, Refused } from '../../settings/parts';
import type { Problems } from '../plan';
import type { Plan, VariantTest, WinnerRule } from '../types';
import { HOLD_OUT_FIRST, HOLD_OUT_MAX, WAITS, winnerRule, wordings } from '../variants';
import { span } from '../words';
import css from './compare.module.css';

type Props = { plan: Plan; onChange: (plan: Plan) => void; problems: Problems };

/** How the best of several messages is found, and who gets none to compare with. */
export function TestCard({ plan, onChange, problems }: Props) {
  const { t } = useTranslation();
  const told = problems.test;
  return (
    <Card title={t('broadcasts.test.title')} text={t('broadcasts.test.text')}>
      <Refused text={told ? t(`broadcasts.problem.${told}`) : null} />
      {plan.test && (
        <Rules
          test={plan.test}
          messages={wordings(plan).length}
          onChange={(test) => onChange({ ...plan, test })}
        />
      )}
      <Checkbox
        label={t('broadcasts.test.holdOut')}
        description={t('broadcasts.test.holdOutText')}
        checked={plan.hold_out != null}
        onChange={(event) =>
          onChange({ ...plan, hold_out: event.currentTarget.checked ? HOLD_OUT_FIRST : null })
        }
      />
      {plan.hold_out != null && (
        <NumberInput
          className={css.short}
          label={t('broadcasts.test.holdOutPercent')}
          value={plan.hold_out}
          min={1}
          max={HOLD_OUT_MAX}
          allowDecimal={false}
          allowNegative={false}
          onChange={(value) => onChange({ ...plan, hold_out: Number(value) })}
        />
      )}
    </Card>
  );
}

type RulesProps = { test: VariantTest; messages: number; onChange: (test: VariantTest) => void };

function Rules({ test, messages, onChange }: RulesProps) {
  const { t } = useTranslation();
  const { sample, winner } = test;
  const set = (change: WinnerRule) => onChange({ ...test, winner: change });
  const rest = 100 - sample;
  return (
    <>
      <div className={css.slider}>
        <span id="test-sample">{t('broadcasts.test.sample')}</span>
        <Slider
          thumbProps={{ 'aria-labelledby': 'test-sample' }}
          min={1}
          max={100}
          value={sample}
          label={null}
          onChange={(value) => onChange({ ...test, sample: value })}
        />
        <p className={css.faint} role="status">
          {rest > 0
            ? t('broadcasts.test.sampleText', { sample, messages, rest })
            : t('broadcasts.test.everybody', { messages })}
        </p>
      </div>
      {rest > 0 && (
        <Select
          label={t('broadcasts.test.winner')}
          allowDeselect={false}
          value={winner.kind === 'best' ? winner.by : 'person'}
          data={(['read', 'replied', 'person'] as const).map((value) => ({
            value,
            label: t(`broadcasts.test.by.${value}`),
          }))}
          onChange={(value) => set(ruleOf(value, winner))}
        />
      )}
      {rest > 0 && winner.kind === 'best' && (
        <Select
          label={t('broadcasts.test.after')}
          description={t('broadcasts.test.afterText')}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          allowDeselect={false}
          value={String(winner.after_minutes)}
          data={waits(winner.after_minutes, t)}
          onChange={(value) => set({ ...winner, after_minutes: Number(value) })}
        />
      )}
    </>
  );
}

function ruleOf(value: string | null, known: WinnerRule): WinnerRule {
  const rule = winnerRule(value === 'person' ? 'person' : 'best', known);
  return rule.kind === 'best' ? { ...rule, by: value === 'replied' ? 'replied' : 'read' } : rule;
}

/** With the one that a program has set. */
const waits = (known: number, t: Words) =>
  [...new Set([...WAITS, known])]
    .sort((a, b) => a - b)
    .map((minutes) => ({ value: String(minutes), label: span(minutes * 60, t) }));
