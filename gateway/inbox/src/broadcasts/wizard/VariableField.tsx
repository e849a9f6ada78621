import { Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Template } from '../../api/types';
import { addressOf, FIELDS, isEmpty, VALUE_MAX } from '../plan';
import type { ContactField, VariableSource } from '../types';
import css from './wizard.module.css';

type Props = {
  slot: Template['variables'][number];
  variable: VariableSource;
  /** Whether what is missing is to be said. */
  told: boolean;
  /** Whether values can come along with people. */
  given: boolean;
  onChange: (variable: VariableSource) => void;
};

export function VariableField({ slot, variable, told, given, onChange }: Props) {
  const { t } = useTranslation();
  const hole = `{{${slot.name}}}`;
  const Value = variable.source.kind === 'value' ? FixedValue : Line;
  return (
    <fieldset className={css.variable} aria-label={hole}>
      <legend>
        <bdi dir="ltr" className="mono">
          {hole}
        </bdi>
        <span>{t(`picker.place.${slot.place}`)}</span>
      </legend>
      <Value slot={slot} variable={variable} told={told} given={given} onChange={onChange} />
    </fieldset>
  );
}

/** A file by its address; places, products and countdowns stay as a program has set them. */
function FixedValue({ variable, told, onChange }: Props) {
  const { t } = useTranslation();
  const address = addressOf(variable.source);
  if (address === null) return <p className={css.faint}>{t('broadcasts.message.kept')}</p>;
  return (
    <TextInput
      label={t('broadcasts.message.file')}
      description={t('broadcasts.message.fileText')}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      value={address}
      dir="ltr"
      inputMode="url"
      placeholder="https://"
      error={told && isEmpty(variable) ? t('picker.addressVariable') : undefined}
      onChange={(event) =>
        onChange({
          ...variable,
          source: { kind: 'value', value: { link: event.currentTarget.value.trim() } },
        })
      }
    />
  );
}

/** The same text for everybody, or what is known of each. */
function Line({ slot, variable, told, given, onChange }: Props) {
  const { t } = useTranslation();
  const { source, fallback } = variable;
  return (
    <>
      <Select
        label={t('broadcasts.message.from')}
        allowDeselect={false}
        value={source.kind === 'contact' ? source.field : source.kind}
        data={[
          { value: 'text', label: t('broadcasts.message.sameText') },
          ...(given ? [{ value: 'given', label: t('broadcasts.message.given') }] : []),
          ...FIELDS.map((field) => ({ value: field, label: t(`broadcasts.field.${field}`) })),
        ]}
        onChange={(value) =>
          onChange({
            ...variable,
            source: sourceOf(value ?? 'text'),
            fallback: value === 'text' ? null : fallback,
          })
        }
      />
      {source.kind === 'text' ? (
        <TextInput
          label={t('broadcasts.message.text')}
          value={source.text}
          dir="auto"
          maxLength={VALUE_MAX}
          placeholder={slot.example ? t('picker.example', { example: slot.example }) : undefined}
          error={told && isEmpty(variable) ? t('picker.emptyVariable') : undefined}
          onChange={(event) =>
            onChange({ ...variable, source: { kind: 'text', text: event.currentTarget.value } })
          }
        />
      ) : (
        <TextInput
          label={t('broadcasts.message.fallback')}
          description={t(`broadcasts.message.${source.kind === 'given' ? 'givenText' : 'fallbackText'}`)}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          value={fallback ?? ''}
          dir="auto"
          maxLength={VALUE_MAX}
          onChange={(event) =>
            onChange({
              ...variable,
              fallback: event.currentTarget.value.trim() === '' ? null : event.currentTarget.value,
            })
          }
        />
      )}
    </>
  );
}

function sourceOf(chosen: string): VariableSource['source'] {
  if (chosen === 'text') return { kind: 'text', text: '' };
  return chosen === 'given' ? { kind: 'given' } : { kind: 'contact', field: chosen as ContactField };
}
