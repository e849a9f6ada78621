import { Button } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import type { ContactDetail } from '../../api/types';
import { Section } from '../../inbox/panel/Section';
import { Refused } from '../../settings/parts';
import { useWhen } from '../../settings/when';
import { useRights } from '../../state/permissions';
import { consentsQuery } from '../api';
import type { ConsentEntry } from '../types';
import { ConsentDialog } from './ConsentDialog';
import css from './facts.module.css';
import { MarketingChip } from './MarketingChip';

export function MarketingSection({ contact }: { contact: ContactDetail }) {
  const { t } = useTranslation();
  const when = useWhen();
  const rights = useRights();
  const [recording, setRecording] = useState(false);
  const [ledger, setLedger] = useState(false);
  const { marketing } = contact;
  const said = marketing && 'at' in marketing ? marketing : null;
  return (
    <Section name="marketing" title={t('contacts.marketing')}>
      <div className={css.said}>
        <MarketingChip consent={marketing} />
        {said && (
          <span>
            {t('contacts.said', { when: when(said.at), source: t(`contacts.source.${said.source}`) })}
          </span>
        )}
      </div>
      {ledger && <Ledger id={contact.id} />}
      <div className={css.actions}>
        {said && (
          <Button variant="light" aria-expanded={ledger} onClick={() => setLedger(!ledger)}>
            {t(ledger ? 'contacts.hideLedger' : 'contacts.ledger')}
          </Button>
        )}
        {rights.manageConsent && (
          <Button variant="light" leftSection={<IconPencil size={14} />} onClick={() => setRecording(true)}>
            {t('contacts.record')}
          </Button>
        )}
      </div>
      {recording && <ConsentDialog contact={contact} onClose={() => setRecording(false)} />}
    </Section>
  );
}

/** Every word of theirs, the newest first; nothing in it is ever changed. */
function Ledger({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data: entries, error } = useQuery(consentsQuery(id));
  if (error) return <Refused text={asProblem(error).detail || t('error.noAnswer')} />;
  return (
    <ol className={css.ledger} aria-label={t('contacts.ledger')}>
      {entries?.map((entry) => (
        <LedgerLine key={entry.id} entry={entry} />
      ))}
    </ol>
  );
}

function LedgerLine({ entry }: { entry: ConsentEntry }) {
  const { t } = useTranslation();
  const when = useWhen();
  return (
    <li data-opted={entry.opted}>
      <strong>{t(`contacts.opted.${entry.opted}`)}</strong>
      <span>
        {entry.by
          ? t('contacts.recordedBy', { when: when(entry.at), name: entry.by.name })
          : t('contacts.said', { when: when(entry.at), source: t(`contacts.source.${entry.source}`) })}
      </span>
      {entry.text && (
        <q>
          <bdi dir="auto">{entry.text}</bdi>
        </q>
      )}
    </li>
  );
}
