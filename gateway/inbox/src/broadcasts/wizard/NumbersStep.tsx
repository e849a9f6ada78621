import { Checkbox, NumberInput, Radio, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Card, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useMe } from '../../state/permissions';
import type { Offer } from '../../templates/useTemplates';
import { SpendCard } from '../cost/SpendCard';
import { canRepeat, type Problems, RATE_MAX } from '../plan';
import type { Plan } from '../types';
import { fromField, ownZone, toField } from './moment';
import { RepeatCard } from './RepeatCard';
import { Rules } from './Rules';
import css from './wizard.module.css';

type Props = { plan: Plan; offer: Offer | null; onChange: (plan: Plan) => void; problems: Problems };

const FIRST_RATE = 20;

export function NumbersStep({ plan, offer, onChange, problems }: Props) {
  const { t } = useTranslation();
  return (
    <div className={settings.scroll}>
      <div className={settings.column}>
        <Numbers plan={plan} offer={offer} onChange={onChange} problems={problems} />
        <Card title={t('broadcasts.pace.title')} text={t('broadcasts.pace.text')}>
          <Radio.Group
            aria-label={t('broadcasts.pace.title')}
            value={plan.per_second == null ? 'most' : 'limit'}
            onChange={(value) => onChange({ ...plan, per_second: value === 'most' ? null : FIRST_RATE })}
          >
            <div className={css.choices}>
              <Radio
                value="most"
                label={t('broadcasts.pace.most')}
                description={t('broadcasts.pace.mostText')}
              />
              <Radio value="limit" label={t('broadcasts.pace.limit')} />
            </div>
          </Radio.Group>
          {plan.per_second != null && (
            <NumberInput
              className={css.short}
              label={t('broadcasts.pace.perSecond')}
              value={plan.per_second}
              min={1}
              max={RATE_MAX}
              allowDecimal={false}
              allowNegative={false}
              error={problems.rate && t(`broadcasts.problem.${problems.rate}`)}
              onChange={(value) => onChange({ ...plan, per_second: Number(value) })}
            />
          )}
        </Card>
        <Start plan={plan} onChange={onChange} />
        {canRepeat(plan) && <RepeatCard plan={plan} onChange={onChange} problems={problems} />}
        <Rules plan={plan} onChange={onChange} problems={problems} />
        <SpendCard plan={plan} onChange={onChange} />
      </div>
    </div>
  );
}

function Numbers({ plan, offer, onChange, problems }: Props) {
  const { t } = useTranslation();
  const { numbers } = useMe();
  const can = offer?.numbers ?? numbers;
  const toggle = (id: string) => {
    const chosen = new Set(plan.numbers);
    if (!chosen.delete(id)) chosen.add(id);
    // In the order of the list, so that two ways to the same choice are the same plan.
    onChange({
      ...plan,
      numbers: numbers.map((one) => one.phone_number_id).filter((one) => chosen.has(one)),
    });
  };
  return (
    <Card title={t('broadcasts.numbers.title')} text={t('broadcasts.numbers.text')}>
      <fieldset className={css.choices} aria-label={t('broadcasts.numbers.title')}>
        {numbers.map((one) => {
          const has = can.some((other) => other.phone_number_id === one.phone_number_id);
          return (
            <Checkbox
              key={one.phone_number_id}
              checked={plan.numbers.includes(one.phone_number_id)}
              disabled={!has}
              onChange={() => toggle(one.phone_number_id)}
              label={
                <span className={css.number}>
                  <bdi>{one.name}</bdi> <bdi dir="ltr">{one.display}</bdi>
                </span>
              }
              description={has ? undefined : t('broadcasts.numbers.otherAccount')}
            />
          );
        })}
      </fieldset>
      <Refused text={problems.numbers ? t(`broadcasts.problem.${problems.numbers}`) : null} />
    </Card>
  );
}

const HOUR_MS = 3_600_000;
const nextHour = () => Math.ceil(Date.now() / HOUR_MS) * HOUR_MS;

function Start({ plan, onChange }: Pick<Props, 'plan' | 'onChange'>) {
  const { t } = useTranslation();
  const { start_at: startAt } = plan;
  return (
    <Card title={t('broadcasts.start.title')}>
      <Radio.Group
        aria-label={t('broadcasts.start.title')}
        value={startAt == null ? 'now' : 'later'}
        onChange={(value) =>
          onChange(
            value === 'now'
              ? { ...plan, start_at: null, start_is_local: false }
              : { ...plan, start_at: nextHour() },
          )
        }
      >
        <div className={css.choices}>
          <Radio value="now" label={t('broadcasts.start.now')} />
          <Radio value="later" label={t('broadcasts.start.later')} />
        </div>
      </Radio.Group>
      {startAt != null && (
        <>
          <TextInput
            className={css.short}
            type="datetime-local"
            label={t('broadcasts.start.at')}
            description={t('broadcasts.start.zone', {
              zone: ownZone(),
            })}
            value={toField(startAt)}
            // While it is no whole moment the last one stays: an emptied field may not mean “at once”.
            onChange={(event) =>
              onChange({ ...plan, start_at: fromField(event.currentTarget.value) ?? startAt })
            }
          />
          {plan.repeat == null && (
            <Checkbox
              label={t('broadcasts.start.local')}
              description={t('broadcasts.start.localText')}
              checked={plan.start_is_local ?? false}
              onChange={(event) =>
                onChange({ ...plan, start_is_local: event.currentTarget.checked, zone: ownZone() })
              }
            />
          )}
        </>
      )}
    </Card>
  );
}
