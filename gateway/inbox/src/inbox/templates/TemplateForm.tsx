import { Button, Kbd, TextInput } from '@mantine/core';
import { IconSend2 } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, Template, TemplateVariable } from '../../api/types';
import { languageName } from '../../i18n/format';
import { categoryName } from '../thread/contents/TemplateContent';
import css from './picker.module.css';
import { asked, emptyVariables, isFile, type Values, variableKey } from './templateText';

type Props = {
  template: Template;
  values: Values;
  number: Conversation['number'];
  onChange: (values: Values) => void;
  onSend: () => void;
};

const LONGEST = 1024;

export function TemplateForm({ template, values, number, onChange, onSend }: Props) {
  const { t } = useTranslation();
  const [touched, setTouched] = useState<string[]>([]);
  const missingKeys = emptyVariables(template, values).map(variableKey);
  const missing = missingKeys.length;
  const placeholder = (variable: TemplateVariable) => {
    if (isFile(variable)) return 'https://';
    return variable.example ? t('picker.example', { example: variable.example }) : undefined;
  };
  const complaint = (variable: TemplateVariable) =>
    t(isFile(variable) ? 'picker.addressVariable' : 'picker.emptyVariable');
  const touch = (key: string) => setTouched((keys) => [...keys, key]);
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    if (missing === 0) onSend();
    else setTouched(asked(template).map(variableKey));
  };
  return (
    <form
      className={css.form}
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event);
      }}
    >
      <div className={css.fields}>
        <h3>
          <bdi>{template.name}</bdi>
        </h3>
        <p className={css.about}>
          {categoryName(template.category, t)} · {languageName(template.language)}
        </p>
        {asked(template).map((variable) => {
          const key = variableKey(variable);
          const value = values[key] ?? '';
          return (
            <TextInput
              key={key}
              label={<FieldLabel variable={variable} length={value.length} />}
              labelProps={{ className: css.fieldLabel }}
              dir="auto"
              maxLength={LONGEST}
              value={value}
              placeholder={placeholder(variable)}
              error={touched.includes(key) && missingKeys.includes(key) ? complaint(variable) : undefined}
              onChange={(event) => onChange({ ...values, [key]: event.currentTarget.value })}
              onBlur={() => touch(key)}
            />
          );
        })}
        {asked(template).length === 0 && <p className={css.about}>{t('picker.noVariables')}</p>}
        <div className={css.from}>
          <strong>{t('picker.from')}</strong>
          <span>
            <bdi>{number.name}</bdi> · <bdi dir="ltr">{number.display}</bdi>
          </span>
          <span className={css.about}>{t('picker.reopens')}</span>
        </div>
      </div>
      <footer className={css.send}>
        <span className={css.byKey}>
          <Kbd>Ctrl</Kbd>
          <Kbd>Enter</Kbd>
          {t('picker.toSend')}
        </span>
        <span className={css.spring} />
        {missing > 0 && <span>{t('picker.missing', { count: missing })}</span>}
        <Button
          type="submit"
          disabled={missing > 0}
          leftSection={<IconSend2 size={16} className={css.mirrored} />}
        >
          {t('picker.send')}
        </Button>
      </footer>
    </form>
  );
}

function FieldLabel({ variable, length }: { variable: TemplateVariable; length: number }) {
  const { t } = useTranslation();
  const numbered = /^\d+$/.test(variable.name);
  return (
    <>
      <bdi dir="ltr" className={css.hole}>{`{{${variable.name}}}`}</bdi>
      {!numbered && <span>{variable.name.replaceAll('_', ' ')}</span>}
      <span className={css.spring} />
      <span className={css.source}>
        {length > 0 ? `${length} / ${LONGEST}` : t(`picker.place.${variable.place}`)}
      </span>
    </>
  );
}
