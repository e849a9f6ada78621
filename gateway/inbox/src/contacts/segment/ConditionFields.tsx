import { MultiSelect, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { countryName } from '../../i18n/format';
import { COUNTRIES } from '../import/columns';
import css from './segment.module.css';
import type { Condition, IdentityKind, MarketingState, When } from './types';

type Props = { condition: Condition; onChange: (condition: Condition) => void };

const MARKETING: MarketingState[] = ['opted_in', 'opted_out', 'not_asked'];
const IDENTITIES: IdentityKind[] = ['phone', 'username', 'bsuid'];
const TEXT_MAX = 100;
const DAYS_MAX = 36_500;

/** The value of one condition, after its kind. */
export function ConditionFields({ condition, onChange }: Props) {
  const { t } = useTranslation();
  const label = t(`segment.on.${condition.on}`);
  switch (condition.on) {
    case 'country':
      return (
        <MultiSelect
          aria-label={label}
          placeholder={condition.any_of.length === 0 ? t('segment.anyOf') : undefined}
          searchable
          value={condition.any_of}
          data={COUNTRIES.map((value) => ({ value, label: countryName(value) }))}
          onChange={(any_of) => onChange({ ...condition, any_of })}
        />
      );
    case 'marketing':
      return (
        <MultiSelect
          aria-label={label}
          placeholder={condition.any_of.length === 0 ? t('segment.anyOf') : undefined}
          value={condition.any_of}
          data={MARKETING.map((value) => ({ value, label: t(`segment.marketing.${value}`) }))}
          onChange={(any_of) => onChange({ ...condition, any_of: any_of as MarketingState[] })}
        />
      );
    case 'identity':
      return (
        <MultiSelect
          aria-label={label}
          placeholder={condition.any_of.length === 0 ? t('segment.anyOf') : undefined}
          value={condition.any_of}
          data={IDENTITIES.map((value) => ({ value, label: t(`segment.identity.${value}`) }))}
          onChange={(any_of) => onChange({ ...condition, any_of: any_of as IdentityKind[] })}
        />
      );
    case 'tag':
    case 'language':
      return (
        <TagsInput
          aria-label={label}
          placeholder={condition.any_of.length === 0 ? t(`segment.type.${condition.on}`) : undefined}
          value={condition.any_of}
          onChange={(any_of) => onChange({ ...condition, any_of })}
        />
      );
    case 'name':
      return (
        <TextInput
          aria-label={label}
          placeholder={t('segment.contains')}
          dir="auto"
          maxLength={TEXT_MAX}
          value={condition.contains}
          onChange={(event) => onChange({ ...condition, contains: event.currentTarget.value })}
        />
      );
    case 'last_message':
    case 'created':
      return (
        <WhenFields
          label={label}
          when={condition.when}
          onChange={(when) => onChange({ ...condition, when })}
        />
      );
    case 'undeliverable':
      return <p className={css.faint}>{t('segment.undeliverable')}</p>;
    case 'field':
    case 'import':
      return <p className={css.faint}>{t('segment.kept')}</p>;
  }
}

type WhenProps = { label: string; when: When; onChange: (when: When) => void };
const FIRST = 90;

function WhenFields({ label, when, onChange }: WhenProps) {
  const { t } = useTranslation();
  const kind = when === 'never' ? 'never' : 'within_days' in when ? 'within_days' : 'before_days';
  const days = when === 'never' ? FIRST : (Object.values(when)[0] ?? FIRST);
  const of = (next: string, count: number): When =>
    next === 'never' ? 'never' : next === 'within_days' ? { within_days: count } : { before_days: count };
  return (
    <div className={css.when}>
      <Select
        aria-label={t('segment.how', { what: label })}
        allowDeselect={false}
        value={kind}
        data={(['within_days', 'before_days', 'never'] as const).map((value) => ({
          value,
          label: t(`segment.when.${value}`),
        }))}
        onChange={(value) => onChange(of(value ?? kind, days))}
      />
      {kind !== 'never' && (
        <NumberInput
          aria-label={t('segment.days', { what: label })}
          value={days}
          min={1}
          max={DAYS_MAX}
          allowDecimal={false}
          allowNegative={false}
          suffix={t('segment.daysSuffix')}
          onChange={(value) => onChange(of(kind, Number(value)))}
        />
      )}
    </div>
  );
}
