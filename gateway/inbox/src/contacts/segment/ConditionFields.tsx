import { MultiSelect, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { countryName } from '../../i18n/format';
import { COUNTRIES } from '../import/columns';
import { TagsField } from '../TagsField';
import type { Condition, IdentityKind, MarketingState, When } from '../types';
import { FieldTestFields } from './FieldTestFields';
import { bothWays, turned, unturned } from './fieldTests';
import { ImportFields } from './ImportFields';
import { daysOf } from './rules';
import css from './segment.module.css';

type Props = {
  condition: Condition;
  /** Whether it is turned around. */
  not: boolean;
  onChange: (condition: Condition, not: boolean) => void;
};

const MARKETING: MarketingState[] = ['opted_in', 'opted_out', 'not_asked'];
const IDENTITIES: IdentityKind[] = ['phone', 'username', 'bsuid'];
const TEXT_MAX = 100;
const DAYS_MAX = 36_500;

/** The value of one condition, after its kind. */
export function ConditionFields({ condition, not, onChange: change }: Props) {
  const { t } = useTranslation();
  const onChange = (next: Condition) => change(next, not);
  const label = t(`segment.on.${condition.on}`);
  switch (condition.on) {
    case 'country':
      return (
        <MultiSelect
          aria-label={label}
          placeholder={condition.any_of.length === 0 ? t('segment.chooseSome') : undefined}
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
          placeholder={condition.any_of.length === 0 ? t('segment.chooseSome') : undefined}
          value={condition.any_of}
          data={MARKETING.map((value) => ({ value, label: t(`segment.marketing.${value}`) }))}
          onChange={(any_of) => onChange({ ...condition, any_of: any_of as MarketingState[] })}
        />
      );
    case 'identity':
      return (
        <MultiSelect
          aria-label={label}
          placeholder={condition.any_of.length === 0 ? t('segment.chooseSome') : undefined}
          value={condition.any_of}
          data={IDENTITIES.map((value) => ({ value, label: t(`segment.identity.${value}`) }))}
          onChange={(any_of) => onChange({ ...condition, any_of: any_of as IdentityKind[] })}
        />
      );
    case 'tag':
      return (
        <TagsField
          aria-label={label}
          placeholder={condition.any_of.length === 0 ? t('segment.type.tag') : undefined}
          value={condition.any_of}
          onChange={(any_of) => onChange({ ...condition, any_of })}
        />
      );
    case 'language':
      return (
        <TagsInput
          aria-label={label}
          placeholder={condition.any_of.length === 0 ? t('segment.type.language') : undefined}
          value={condition.any_of}
          onChange={(any_of) => onChange({ ...condition, any_of })}
        />
      );
    case 'name':
      return (
        <TextInput
          aria-label={label}
          placeholder={t('segment.namePart')}
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
          not={not}
          onChange={(when, turned) => change({ ...condition, when }, turned)}
        />
      );
    case 'undeliverable':
      return <p className={css.faint}>{t('segment.undeliverable')}</p>;
    case 'field':
      return <FieldTestFields condition={condition} not={not} onChange={change} />;
    case 'import':
      return <ImportFields condition={condition} onChange={onChange} />;
  }
}

type WhenProps = {
  label: string;
  when: When;
  not: boolean;
  onChange: (when: When, not: boolean) => void;
};
type WhenKind = 'within_days' | 'before_days' | 'never';
const FIRST = 90;
const WHENS: readonly WhenKind[] = ['within_days', 'before_days', 'never'];

function WhenFields({ label, when, not, onChange }: WhenProps) {
  const { t } = useTranslation();
  const kind: WhenKind = when === 'never' ? 'never' : 'within_days' in when ? 'within_days' : 'before_days';
  const days = daysOf(when) ?? FIRST;
  const of = (next: WhenKind, count: number): When => {
    if (next === 'never') return 'never';
    return next === 'within_days' ? { within_days: count } : { before_days: count };
  };
  return (
    <div className={css.when}>
      <Select
        aria-label={t('segment.how', { what: label })}
        allowDeselect={false}
        value={turned(kind, not)}
        data={bothWays(WHENS).map((value) => ({ value, label: t(`segment.when.${value}`) }))}
        onChange={(value) => {
          const [next, isNot] = unturned(WHENS, value);
          onChange(of(next ?? kind, days), isNot);
        }}
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
          onChange={(value) => onChange(of(kind, Number(value)), not)}
        />
      )}
    </div>
  );
}
