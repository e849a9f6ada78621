import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../api/queries';
import { Ask, Refused } from '../settings/parts';
import settings from '../settings/settings.module.css';
import { useChange } from '../settings/useChange';
import { contacts, settingsQuery } from './api';
import { PersonFields } from './facts/EditDialog';
import { FieldInput } from './facts/FieldInput';
import { changeOf, type Form, formOf, readValue } from './fields';

const PHONE_MAX = 40;

export function NewContactDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data } = useQuery(settingsQuery);
  const definitions = data?.fields ?? [];
  const [phone, setPhone] = useState('');
  const [form, setForm] = useState<Form>(() => formOf({}));
  const create = useChange(
    () => {
      const { name = null, language = null, add_tags, fields } = changeOf({}, form, definitions);
      return contacts.create({ phone: phone.trim(), name, language, tags: add_tags, fields });
    },
    {
      stale: [keys.contacts, ['segments', 'count']],
      onDone: ({ id }) => {
        onClose();
        void navigate({ to: '/contacts/$contactId', params: { contactId: id } });
      },
    },
  );
  const wrong = definitions.some(({ key, kind }) => {
    const text = form.fields[key]?.trim();
    return text && readValue(kind, text) === null;
  });
  return (
    <Ask title={t('contacts.new')} onClose={onClose}>
      <form
        className={settings.ask}
        onSubmit={(event) => {
          event.preventDefault();
          if (phone.trim() && !wrong) create.run();
        }}
      >
        <TextInput
          label={t('panel.phone')}
          description={t('contacts.phoneText')}
          type="tel"
          dir="ltr"
          maxLength={PHONE_MAX}
          value={phone}
          onChange={(event) => setPhone(event.currentTarget.value)}
        />
        <PersonFields form={form} onChange={setForm} />
        {definitions.map((definition) => (
          <FieldInput
            key={definition.key}
            definition={definition}
            value={form.fields[definition.key] ?? ''}
            onChange={(value) => setForm({ ...form, fields: { ...form.fields, [definition.key]: value } })}
          />
        ))}
        <Refused text={create.text} />
        <div className={settings.row}>
          <Button type="submit" loading={create.busy} disabled={phone.trim() === '' || wrong}>
            {t('contacts.create')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}
