import { MultiSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useDay } from '../../settings/when';
import { useRights } from '../../state/permissions';
import { importsQuery } from '../import/api';
import type { Condition } from '../types';
import css from './segment.module.css';

type Props = {
  condition: Extract<Condition, { on: 'import' }>;
  onChange: (condition: Condition) => void;
};

/** Who may not see the files keeps the condition as it is. */
export function ImportFields({ condition, onChange }: Props) {
  const { t } = useTranslation();
  const day = useDay();
  const { importContacts } = useRights();
  const { data } = useQuery({ ...importsQuery, enabled: importContacts });
  if (!importContacts) return <p className={css.faint}>{t('segment.kept')}</p>;
  const files = data?.filter(({ stage }) => stage !== 'uploaded') ?? [];
  return (
    <MultiSelect
      aria-label={t('segment.on.import')}
      placeholder={condition.any_of.length === 0 ? t('segment.chooseSome') : undefined}
      value={condition.any_of}
      data={files.map(({ id, file_name, uploaded_at }) => ({
        value: id,
        label: `${file_name}, ${day(uploaded_at)}`,
      }))}
      onChange={(any_of) => onChange({ ...condition, any_of })}
    />
  );
}
