import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/queries';
import type { Contact } from '../../api/types';
import { contactName } from '../../people/names';
import { Ask, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useChange } from '../../settings/useChange';
import { contacts } from '../api';
import { changeOf, type Form, formOf, readValue } from '../fields';
import { TagsField } from '../TagsField';
import type { FieldDefinition } from '../types';
import { FieldInput } from './FieldInput';

export const NAME_MAX = 256;
export const TAGS_MAX = 50;

type Props = { contact: Contact; fields: FieldDefinition[]; onClose: () => void };

export function EditDialog({ contact, fields, onClose }: Props) {
  const { t } = useTranslation();
  const [form, setForm] = useState<Form>(() => formOf(contact));
  const save = useChange(() => contacts.change(contact.id, changeOf(contact, form, fields)), {
    // The copies in their conversations say the name, too.
    stale: [keys.contact(contact.id), keys.contacts, ['conversations']],
    onDone: onClose,
  });
  const wrong = fields.some(({ key, kind }) => {
    const text = form.fields[key]?.trim();
    return text && readValue(kind, text) === null;
  });
  const name = contactName(contact, t('contact.unnamed'));
  return (
    <Ask title={t('contacts.editTitle', { name })} onClose={onClose}>
      <form
        className={settings.ask}
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong) save.run();
        }}
      >
        <PersonFields form={form} onChange={setForm} />
        {fields.map((definition) => (
          <FieldInput
            key={definition.key}
            definition={definition}
            value={form.fields[definition.key] ?? ''}
            onChange={(value) => setForm({ ...form, fields: { ...form.fields, [definition.key]: value } })}
          />
        ))}
        <Refused text={save.text} />
        <div className={settings.row}>
          <Button type="submit" loading={save.busy} disabled={wrong}>
            {t('settings.save')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}

/** What everybody has. */
export function PersonFields({ form, onChange }: { form: Form; onChange: (form: Form) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        label={t('contacts.name')}
        dir="auto"
        maxLength={NAME_MAX}
        value={form.name}
        onChange={(event) => onChange({ ...form, name: event.currentTarget.value })}
      />
      <TextInput
        label={t('contacts.language')}
        description={t('contacts.languageText')}
        dir="ltr"
        maxLength={8}
        value={form.language}
        onChange={(event) => onChange({ ...form, language: event.currentTarget.value })}
      />
      <TagsField
        label={t('contacts.tags')}
        description={t('contacts.tagsText')}
        maxTags={TAGS_MAX}
        value={form.tags}
        onChange={(tags) => onChange({ ...form, tags })}
      />
    </>
  );
}
