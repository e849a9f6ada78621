import { ActionIcon, Button, Select, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keyFor } from '../../contacts/fields';
import type { FieldDefinition, FieldKind } from '../../contacts/types';
import { useRights } from '../../state/permissions';
import { Card, Chip, Refused } from '../parts';
import css from '../settings.module.css';
import shape from './contacts.module.css';
import { useSave } from './useSave';

const FIELDS_MAX = 50;
const NAME_MAX = 60;
const KINDS: FieldKind[] = ['text', 'number', 'date', 'yes_no'];

/** The list is saved as a whole; the kind of a field stays, because values of it are kept. */
export function FieldsCard({ known }: { known: FieldDefinition[] }) {
  const { t } = useTranslation();
  const { defineFields } = useRights();
  const [fields, setFields] = useState(known);
  const save = useSave((saved) => setFields(saved.fields));
  const unchanged = JSON.stringify(fields) === JSON.stringify(known);
  const whole = fields.every(({ name }) => name.trim() !== '');
  const rename = (key: string, name: string) =>
    setFields(fields.map((one) => (one.key === key ? { ...one, name } : one)));
  return (
    <Card title={t('contactSettings.fields')} text={t('contactSettings.fieldsText')} flush>
      {fields.length === 0 && <p className={shape.nothing}>{t('contactSettings.noFields')}</p>}
      <ul className={css.list}>
        {fields.map(({ key, name, kind }) => (
          <li key={key}>
            <TextInput
              className={shape.name}
              aria-label={t('contactSettings.nameOf', { key })}
              dir="auto"
              maxLength={NAME_MAX}
              readOnly={!defineFields}
              value={name}
              onChange={(event) => rename(key, event.currentTarget.value)}
            />
            <bdi className={`mono ${shape.key}`}>{key}</bdi>
            <span className={shape.kind}>
              <Chip>{t(`contactSettings.kind.${kind}`)}</Chip>
            </span>
            {defineFields && (
              <ActionIcon
                aria-label={t('contactSettings.remove', { name: name || key })}
                onClick={() => setFields(fields.filter((one) => one.key !== key))}
              >
                <IconTrash size={16} />
              </ActionIcon>
            )}
          </li>
        ))}
      </ul>
      {defineFields && (
        <div className={shape.foot}>
          {fields.length < FIELDS_MAX && (
            <NewField
              taken={[...known, ...fields].map(({ key }) => key)}
              onAdd={(field) => setFields([...fields, field])}
            />
          )}
          <p className={css.faint}>{t('contactSettings.removeText')}</p>
          <Refused text={save.text} />
          <div className={css.row}>
            <Button disabled={unchanged || !whole} loading={save.busy} onClick={() => save.run({ fields })}>
              {t('settings.save')}
            </Button>
            {!unchanged && (
              <Button
                variant="subtle"
                onClick={() => {
                  setFields(known);
                  save.reset();
                }}
              >
                {t('contactSettings.discard')}
              </Button>
            )}
          </div>
        </div>
      )}
    </Card>
  );
}

type NewProps = { taken: string[]; onAdd: (field: FieldDefinition) => void };

function NewField({ taken, onAdd }: NewProps) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<FieldKind>('text');
  return (
    <form
      className={shape.add}
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() === '') return;
        onAdd({ key: keyFor(name, taken), name: name.trim(), kind });
        setName('');
      }}
    >
      <TextInput
        className={shape.name}
        label={t('contactSettings.newField')}
        placeholder={t('contactSettings.newFieldExample')}
        dir="auto"
        maxLength={NAME_MAX}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label={t('contactSettings.holds')}
        allowDeselect={false}
        value={kind}
        data={KINDS.map((value) => ({ value, label: t(`contactSettings.kind.${value}`) }))}
        onChange={(value) => setKind((value as FieldKind | null) ?? kind)}
      />
      <Button
        type="submit"
        variant="default"
        leftSection={<IconPlus size={16} />}
        disabled={name.trim() === ''}
      >
        {t('contactSettings.add')}
      </Button>
    </form>
  );
}
