import { Button } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { contactQuery, keys } from '../../api/queries';
import type { ContactDetail } from '../../api/types';
import { languageName } from '../../i18n/format';
import { Section } from '../../inbox/panel/Section';
import { useDay } from '../../settings/when';
import { useRights } from '../../state/permissions';
import { settingsQuery } from '../api';
import { atMidnight, fieldText } from '../fields';
import { MergedSection } from '../merge/MergedSection';
import { NotesSection } from '../notes/NotesSection';
import type { Consent } from '../types';
import { EditDialog } from './EditDialog';
import css from './facts.module.css';
import { MarketingSection } from './MarketingSection';

type Props = {
  id: string;
  /** The newest that is known of it, where that comes by the live line. */
  said?: Consent | undefined;
};

/** What the organization keeps of somebody: what they said of marketing, tags, fields. */
export default function ContactFacts({ id, said }: Props) {
  const client = useQueryClient();
  const own = useQuery(contactQuery(id));
  // A conversation keeps the contact that it began with, also where that was merged into another.
  const keptId = own.data?.id ?? id;
  const { data: contact } = useQuery({ ...contactQuery(keptId), enabled: own.data !== undefined });
  const known = contact && momentOf(contact.marketing);
  const newest = momentOf(said);
  useEffect(() => {
    if (known !== undefined && newest > known) void client.invalidateQueries({ queryKey: keys.contact(id) });
  }, [client, id, known, newest]);
  if (!contact) return null;
  return (
    <>
      <MarketingSection contact={contact} />
      <NotesSection contactId={contact.id} />
      <Kept contact={contact} />
      <MergedSection contact={contact} />
    </>
  );
}

const momentOf = (consent: Consent | undefined) => (consent && 'at' in consent ? consent.at : 0);

function Kept({ contact }: { contact: ContactDetail }) {
  const { t } = useTranslation();
  const day = useDay();
  const rights = useRights();
  const [editing, setEditing] = useState(false);
  const { data: settings } = useQuery(settingsQuery);
  const { tags = [], fields = {} } = contact;
  const rows: [key: string, name: string, value: string][] = [
    ...(contact.language
      ? [['language', t('contacts.language'), languageName(contact.language)] as [string, string, string]]
      : []),
    ...(contact.last_message_on
      ? [
          ['last', t('contacts.lastMessage'), day(atMidnight(contact.last_message_on))] as [
            string,
            string,
            string,
          ],
        ]
      : []),
    ...(settings?.fields ?? []).flatMap(({ key, name }): [string, string, string][] => {
      const value = fields[key];
      return value ? [[`field-${key}`, name, fieldText(value, t)]] : [];
    }),
  ];
  return (
    <Section name="kept" title={t('contacts.kept')}>
      {contact.undeliverable_since && <p className={css.warn}>{t('contacts.undeliverable')}</p>}
      {tags.length > 0 && (
        <ul className={css.tags} aria-label={t('contacts.tags')}>
          {tags.map((tag) => (
            <li key={tag}>
              <bdi>{tag}</bdi>
            </li>
          ))}
        </ul>
      )}
      {rows.length > 0 && (
        <dl className={css.rows}>
          {rows.map(([key, name, value]) => (
            <div key={key}>
              <dt>
                <bdi>{name}</bdi>
              </dt>
              <dd>
                <bdi dir="auto">{value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {tags.length + rows.length === 0 && <p className={css.faint}>{t('contacts.nothingKept')}</p>}
      {rights.writeContacts && settings && (
        <Button variant="light" leftSection={<IconPencil size={14} />} onClick={() => setEditing(true)}>
          {t('contacts.edit')}
        </Button>
      )}
      {editing && settings && (
        <EditDialog contact={contact} fields={settings.fields} onClose={() => setEditing(false)} />
      )}
    </Section>
  );
}
