import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { countryName } from '../../i18n/format';
import { Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useChange } from '../../settings/useChange';
import { settingsQuery } from '../api';
import { TagsField } from '../TagsField';
import type { Column, Import, Uploaded } from '../types';
import { imports } from './api';
import { COUNTRIES, columnOf, columnProblem, columnValue, KINDS } from './columns';
import css from './import.module.css';

const TAGS_MAX = 50;

type Props = { uploaded: Uploaded; onMapped: (mapped: Import) => void };

export function Columns({ uploaded, onMapped }: Props) {
  const { t } = useTranslation();
  const { headings, rows } = uploaded;
  const known = uploaded.import.mapping;
  const [columns, setColumns] = useState<Column[]>(headings.map((_, at) => known.columns[at] ?? 'skip'));
  const [country, setCountry] = useState(known.country);
  const [tags, setTags] = useState(known.tags);
  const { data } = useQuery(settingsQuery);
  const map = useChange(() => imports.map(uploaded.import.id, { columns, country, tags }), {
    onDone: onMapped,
  });
  const problem = columnProblem(columns);
  const fields = data?.fields ?? [];
  const choices = [
    ...KINDS.map((kind) => ({ value: kind, label: t(`contactImport.column.${kind}`) })),
    ...fields.map(({ key, name }) => ({ value: columnValue({ field: key }), label: name })),
  ];
  return (
    <div className={settings.ask}>
      <p>{t('contactImport.columnsText')}</p>
      <div className={css.tableBox}>
        <table className={settings.table}>
          <thead>
            <tr>
              <th scope="col">{t('contactImport.heading')}</th>
              <th scope="col">{t('contactImport.example')}</th>
              <th scope="col">{t('contactImport.is')}</th>
            </tr>
          </thead>
          <tbody>
            {headings.map((heading, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one heading, and they never change places.
              <tr key={at}>
                <td>
                  <bdi>{heading}</bdi>
                </td>
                <td className={css.example}>
                  <bdi dir="auto">{rows[0]?.[at] || '–'}</bdi>
                </td>
                <td>
                  <Select
                    aria-label={t('contactImport.columnOf', { heading })}
                    allowDeselect={false}
                    data={choices}
                    value={columnValue(columns[at] ?? 'skip')}
                    onChange={(value) =>
                      setColumns(columns.map((one, place) => (place === at ? columnOf(value ?? '') : one)))
                    }
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Select
        className={css.short}
        label={t('contactImport.country')}
        description={t('contactImport.countryText')}
        searchable
        clearable
        value={country}
        data={COUNTRIES.map((value) => ({ value, label: countryName(value) }))}
        onChange={setCountry}
      />
      <TagsField
        className={css.short}
        label={t('contactImport.tags')}
        description={t('contactImport.tagsText')}
        maxTags={TAGS_MAX}
        value={tags}
        onChange={setTags}
      />
      <Refused text={problem ? t(`contactImport.problem.${problem}`) : map.text} />
      <div className={settings.row}>
        <Button disabled={problem !== null} loading={map.busy} onClick={() => map.run()}>
          {t('contactImport.look')}
        </Button>
      </div>
    </div>
  );
}
