import { Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { readValue } from '../fields';
import type { FieldDefinition } from '../types';

const TEXT_MAX = 500;

type Props = { definition: FieldDefinition; value: string; onChange: (value: string) => void };

/** One custom field in a form, by its kind. */
export function FieldInput({ definition: { name, kind }, value, onChange }: Props) {
  const { t } = useTranslation();
  if (kind === 'yes_no')
    return (
      <Select
        label={<bdi>{name}</bdi>}
        clearable
        placeholder={t('contacts.unknown')}
        value={value || null}
        data={(['yes', 'no'] as const).map((one) => ({ value: one, label: t(`contacts.${one}`) }))}
        onChange={(next) => onChange(next ?? '')}
      />
    );
  const wrong = value.trim() !== '' && readValue(kind, value) === null;
  return (
    <TextInput
      label={<bdi>{name}</bdi>}
      dir={kind === 'text' ? 'auto' : undefined}
      type={kind === 'date' ? 'date' : 'text'}
      inputMode={kind === 'number' ? 'decimal' : undefined}
      maxLength={TEXT_MAX}
      value={value}
      error={wrong && t('contacts.notNumber')}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
