import { Checkbox, NumberInput, Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Card, Refused } from '../../settings/parts';
import { type Problems, REPEAT_FIRST, TIMES_MAX } from '../plan';
import { WEEK, weekdayName } from '../repeat';
import type { Plan, Repeat } from '../types';
import { fromField, fromTime, ownZone, toField, toTime } from './moment';
import css from './wizard.module.css';

type Props = { plan: Plan; onChange: (plan: Plan) => void; problems: Problems };

const WEEK_MS = 7 * 86_400_000;

/** Each of its times is a broadcast of its own, to whoever is meant then. */
export function RepeatCard({ plan, onChange, problems }: Props) {
  const { t } = useTranslation();
  const zone = plan.zone ?? ownZone();
  const repeat = plan.repeat ?? REPEAT_FIRST;
  const put = (next: Repeat | null) => onChange({ ...plan, zone, start_is_local: false, repeat: next });
  const set = (change: Partial<Repeat>) => put({ ...repeat, ...change });
  return (
    <Card title={t('broadcasts.repeat.title')} text={t('broadcasts.repeat.text')}>
      <Checkbox
        label={t('broadcasts.repeat.keep')}
        checked={plan.repeat != null}
        onChange={(event) => put(event.currentTarget.checked ? REPEAT_FIRST : null)}
      />
      {plan.repeat != null && (
        <>
          <Days on={repeat.on} onChange={(on) => set({ on })} />
          <Refused text={problems.repeat ? t(`broadcasts.problem.${problems.repeat}`) : null} />
          <TextInput
            className={css.short}
            type="time"
            label={t('broadcasts.repeat.at')}
            description={t('broadcasts.repeat.zone', { zone })}
            value={toTime(repeat.at)}
            onChange={(event) => set({ at: fromTime(event.currentTarget.value) ?? repeat.at })}
          />
          <End repeat={repeat} onChange={set} />
        </>
      )}
    </Card>
  );
}

function Days({ on, onChange }: { on: Repeat['on']; onChange: (on: Repeat['on']) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <Select
        className={css.short}
        label={t('broadcasts.repeat.on')}
        allowDeselect={false}
        value={on.kind}
        data={[
          { value: 'every_day', label: t('broadcasts.repeat.everyDay') },
          { value: 'weekdays', label: t('broadcasts.repeat.weekdays') },
          { value: 'month_day', label: t('broadcasts.repeat.monthDay') },
        ]}
        onChange={(kind) => {
          if (kind === 'weekdays') onChange({ kind, days: [1] });
          else if (kind === 'month_day') onChange({ kind, day: 1 });
          else onChange({ kind: 'every_day' });
        }}
      />
      {on.kind === 'weekdays' && (
        <fieldset className={css.weekdays} aria-label={t('broadcasts.repeat.weekdays')}>
          {WEEK.map((day) => (
            <Checkbox
              key={day}
              label={weekdayName(day)}
              checked={on.days.includes(day)}
              onChange={(event) => {
                const days = on.days.filter((one) => one !== day);
                const next = event.currentTarget.checked ? [...days, day] : days;
                onChange({ kind: 'weekdays', days: next.sort((a, b) => a - b) });
              }}
            />
          ))}
        </fieldset>
      )}
      {on.kind === 'month_day' && (
        <NumberInput
          className={css.short}
          label={t('broadcasts.repeat.day')}
          description={t('broadcasts.repeat.dayText')}
          value={on.day}
          min={1}
          max={31}
          allowDecimal={false}
          allowNegative={false}
          onChange={(value) => onChange({ kind: 'month_day', day: Number(value) })}
        />
      )}
    </>
  );
}

function End({ repeat, onChange }: { repeat: Repeat; onChange: (change: Partial<Repeat>) => void }) {
  const { t } = useTranslation();
  const kind = repeat.times != null ? 'times' : repeat.until != null ? 'until' : 'never';
  return (
    <>
      <Select
        className={css.short}
        label={t('broadcasts.repeat.end')}
        allowDeselect={false}
        value={kind}
        data={['never', 'times', 'until'].map((value) => ({ value, label: t(`broadcasts.repeat.${value}`) }))}
        onChange={(value) =>
          onChange({
            times: value === 'times' ? 10 : null,
            until: value === 'until' ? Date.now() + 4 * WEEK_MS : null,
          })
        }
      />
      {repeat.times != null && (
        <NumberInput
          className={css.short}
          label={t('broadcasts.repeat.howOften')}
          value={repeat.times}
          min={1}
          max={TIMES_MAX}
          allowDecimal={false}
          allowNegative={false}
          onChange={(value) => onChange({ times: Number(value) })}
        />
      )}
      {repeat.until != null && (
        <TextInput
          className={css.short}
          type="datetime-local"
          label={t('broadcasts.repeat.notAfter')}
          value={toField(repeat.until)}
          onChange={(event) => onChange({ until: fromField(event.currentTarget.value) ?? repeat.until })}
        />
      )}
    </>
  );
}
