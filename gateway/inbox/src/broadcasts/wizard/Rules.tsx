import { Checkbox, NumberInput, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Card } from '../../settings/parts';
import { useMe } from '../../state/permissions';
import { NIGHT, PER_DAY_FIRST, PER_DAY_MAX, type Problems, perDayOf, STOP_FIRST } from '../plan';
import type { Plan } from '../types';
import { fromTime, ownZone, toTime } from './moment';
import css from './wizard.module.css';

type Props = { plan: Plan; onChange: (plan: Plan) => void; problems: Problems };

/** What it keeps to while it runs: each can be left out. */
export function Rules(props: Props) {
  return (
    <>
      <Quiet {...props} />
      <PerDay {...props} />
      <Stop {...props} />
    </>
  );
}

function Rule(props: {
  title: string;
  text: string;
  keep: string;
  on: boolean;
  onSwitch: (on: boolean) => void;
  children: ReactNode;
}) {
  return (
    <Card title={props.title} text={props.text}>
      <Checkbox
        label={props.keep}
        checked={props.on}
        onChange={(event) => props.onSwitch(event.currentTarget.checked)}
      />
      {props.on && props.children}
    </Card>
  );
}

function Quiet({ plan, onChange, problems }: Props) {
  const { t } = useTranslation();
  const quiet = plan.quiet ?? NIGHT;
  const zone = plan.zone ?? ownZone();
  const set = (change: Partial<typeof quiet>) => onChange({ ...plan, zone, quiet: { ...quiet, ...change } });
  const error = problems.quiet && t(`broadcasts.problem.${problems.quiet}`);
  return (
    <Rule
      title={t('broadcasts.quiet.title')}
      text={t('broadcasts.quiet.text')}
      keep={t('broadcasts.quiet.keep')}
      on={plan.quiet != null}
      onSwitch={(on) => onChange({ ...plan, zone, quiet: on ? NIGHT : null })}
    >
      <div className={css.pair}>
        <TextInput
          type="time"
          label={t('broadcasts.quiet.from')}
          value={toTime(quiet.from)}
          error={error}
          // While it is no whole time the last one stays.
          onChange={(event) => set({ from: fromTime(event.currentTarget.value) ?? quiet.from })}
        />
        <TextInput
          type="time"
          label={t('broadcasts.quiet.to')}
          value={toTime(quiet.to)}
          onChange={(event) => set({ to: fromTime(event.currentTarget.value) ?? quiet.to })}
        />
      </div>
      <p className={css.faint}>{t('broadcasts.quiet.zone', { zone })}</p>
    </Rule>
  );
}

function PerDay({ plan, onChange, problems }: Props) {
  const { t } = useTranslation();
  const { numbers } = useMe();
  const allowed = perDayOf(numbers, plan.numbers);
  return (
    <Rule
      title={t('broadcasts.perDay.title')}
      text={t('broadcasts.perDay.text')}
      keep={t('broadcasts.perDay.keep')}
      on={plan.per_day != null}
      onSwitch={(on) => onChange({ ...plan, per_day: on ? (allowed ?? PER_DAY_FIRST) : null })}
    >
      <NumberInput
        className={css.short}
        label={t('broadcasts.perDay.people')}
        placeholder={number(allowed ?? PER_DAY_FIRST)}
        // An emptied field is 0, which no broadcast has.
        value={plan.per_day || ''}
        min={1}
        max={PER_DAY_MAX}
        allowDecimal={false}
        allowNegative={false}
        error={problems.perDay && t(`broadcasts.problem.${problems.perDay}`)}
        onChange={(value) => onChange({ ...plan, per_day: Number(value) })}
      />
    </Rule>
  );
}

function Stop({ plan, onChange, problems }: Props) {
  const { t } = useTranslation();
  const stop = plan.stop ?? STOP_FIRST;
  const set = (change: Partial<typeof stop>) => onChange({ ...plan, stop: { ...stop, ...change } });
  return (
    <Rule
      title={t('broadcasts.stop.title')}
      text={t('broadcasts.stop.text')}
      keep={t('broadcasts.stop.keep')}
      on={plan.stop != null}
      onSwitch={(on) => onChange({ ...plan, stop: on ? STOP_FIRST : null })}
    >
      <div className={css.pair}>
        <NumberInput
          label={t('broadcasts.stop.percent')}
          value={stop.failed_percent}
          min={1}
          max={100}
          allowDecimal={false}
          allowNegative={false}
          error={problems.stop && t(`broadcasts.problem.${problems.stop}`)}
          onChange={(value) => set({ failed_percent: Number(value) })}
        />
        <NumberInput
          label={t('broadcasts.stop.after')}
          value={stop.after}
          min={1}
          max={PER_DAY_MAX}
          allowDecimal={false}
          allowNegative={false}
          onChange={(value) => set({ after: Number(value) })}
        />
      </div>
    </Rule>
  );
}
