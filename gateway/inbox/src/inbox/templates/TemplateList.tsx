import { TextInput, UnstyledButton } from '@mantine/core';
import { IconInfoCircle, IconSearch } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Template } from '../../api/types';
import { categoryName } from '../thread/contents/TemplateContent';
import css from './picker.module.css';

type Props = {
  templates: Template[];
  total: number;
  hidden: Template[];
  chosen: Template | null;
  search: string;
  onSearch: (text: string) => void;
  onChoose: (template: Template) => void;
};

const QUALITIES = ['high', 'medium', 'low'] as const;

export function qualityOf(template: Template): (typeof QUALITIES)[number] | null {
  const word = template.quality.toLowerCase();
  const colours: Record<string, (typeof QUALITIES)[number]> = { green: 'high', yellow: 'medium', red: 'low' };
  return QUALITIES.find((quality) => quality === word) ?? colours[word] ?? null;
}

export function TemplateList({ templates, total, hidden, chosen, search, onSearch, onChoose }: Props) {
  const { t } = useTranslation();
  return (
    <div className={css.list}>
      <div className={css.search}>
        <TextInput
          data-autofocus
          leftSection={<IconSearch size={16} />}
          aria-label={t('picker.search', { count: total })}
          placeholder={t('picker.search', { count: total })}
          value={search}
          onChange={(event) => onSearch(event.currentTarget.value)}
        />
      </div>
      <ul className={css.rows}>
        {templates.map((template) => {
          const quality = qualityOf(template);
          return (
            <li key={`${template.name}/${template.language}`}>
              <UnstyledButton
                className={css.row}
                aria-current={template === chosen || undefined}
                onClick={() => onChoose(template)}
              >
                <span className={css.rowLine}>
                  <bdi className={css.rowName}>{template.name}</bdi>
                  {quality && (
                    <span className={css.quality} data-quality={quality}>
                      {t(`quality.${quality}`)}
                    </span>
                  )}
                </span>
                <span className={css.rowLine}>
                  <bdi className={css.rowBody} dir="auto">
                    {template.body}
                  </bdi>
                  <span>
                    {categoryName(template.category, t)} · <bdi dir="ltr">{template.language}</bdi>
                  </span>
                </span>
              </UnstyledButton>
            </li>
          );
        })}
        {templates.length === 0 && search && (
          <li className={css.noMatch}>{t('picker.noMatch', { search })}</li>
        )}
      </ul>
      {hidden.length > 0 && (
        <p
          className={css.foot}
          title={hidden
            .map((one) => `${one.name}: ${one.unsendable_reason ?? t('picker.byProgram')}`)
            .join('\n')}
        >
          <IconInfoCircle size={14} aria-hidden />
          {t('picker.hidden', { count: hidden.length })}
        </p>
      )}
    </div>
  );
}
