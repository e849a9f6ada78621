import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { settingsQuery } from '../api';
import type { Condition } from '../types';
import {
  choicesOf,
  type How,
  howOf,
  howsOf,
  needsValue,
  testOf,
  turned,
  typed,
  unturned,
} from './fieldTests';
import css from './segment.module.css';

type Props = {
  condition: Extract<Condition, { on: 'field' }>;
  not: boolean;
  onChange: (condition: Condition, not: boolean) => void;
};

const TEXT_MAX = 100;

export function FieldTestFields({ condition, not, onChange }: Props) {
  const { t } = useTranslation();
  const { data } = useQuery(settingsQuery);
  const definition = data?.fields.find(({ key }) => key === condition.key);
  if (!definition) return <p className={css.faint}>{t('segment.kept')}</p>;
  const { kind, name } = definition;
  const how = howOf(condition.test);
  const text = typed(condition.test);
  const change = (next: How, value: string, isNot: boolean) =>
    onChange({ ...condition, test: testOf(next, kind, value) }, isNot);
  const choices = choicesOf(kind);
  // Saved by a program, and not offered.
  const own = turned(how, not);
  return (
    <div className={css.when}>
      <Select
        aria-label={t('segment.how', { what: name })}
        allowDeselect={false}
        value={own}
        data={[...choices, ...(choices.includes(own) ? [] : [own])].map((value) => ({
          value,
          label: t(`segment.test.${kind}.${value}`),
        }))}
        onChange={(value) => {
          const [next, isNot] = unturned(howsOf(kind), value);
          change(next ?? how, text, isNot);
        }}
      />
      {needsValue(how) && (
        <TextInput
          aria-label={t('segment.valueOf', { what: name })}
          type={kind === 'date' ? 'date' : kind === 'number' ? 'number' : 'text'}
          step="any"
          dir={kind === 'text' ? 'auto' : undefined}
          maxLength={TEXT_MAX}
          value={text}
          onChange={(event) => change(how, event.currentTarget.value, not)}
        />
      )}
    </div>
  );
}
