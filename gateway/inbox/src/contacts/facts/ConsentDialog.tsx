import { Button, Radio, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/queries';
import type { Contact } from '../../api/types';
import { contactName } from '../../people/names';
import { Ask, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useChange } from '../../settings/useChange';
import { contacts } from '../api';
import type { Opted } from '../types';

const EVIDENCE_MAX = 300;

/** By hand, and only with the evidence: an entry of the ledger stays for good. */
export function ConsentDialog({ contact, onClose }: { contact: Contact; onClose: () => void }) {
  const { t } = useTranslation();
  const [opted, setOpted] = useState<Opted>(contact.marketing?.state === 'opted_in' ? 'out' : 'in');
  const [evidence, setEvidence] = useState('');
  const record = useChange(() => contacts.consent(contact.id, opted, evidence.trim()), {
    stale: [keys.contact(contact.id), keys.contacts],
    onDone: onClose,
  });
  const name = contactName(contact, t('contact.unnamed'));
  return (
    <Ask title={t('contacts.recordTitle', { name })} onClose={onClose}>
      <form
        className={settings.ask}
        onSubmit={(event) => {
          event.preventDefault();
          if (evidence.trim()) record.run();
        }}
      >
        <Radio.Group
          aria-label={t('contacts.marketing')}
          value={opted}
          onChange={(value) => setOpted(value as Opted)}
        >
          <div className={settings.ask}>
            {(['in', 'out'] as const).map((value) => (
              <Radio
                key={value}
                value={value}
                label={t(`contacts.opted.${value}`)}
                description={t(`contacts.optedText.${value}`)}
              />
            ))}
          </div>
        </Radio.Group>
        <Textarea
          label={t('contacts.evidence')}
          description={t('contacts.evidenceText')}
          dir="auto"
          autosize
          minRows={2}
          maxLength={EVIDENCE_MAX}
          value={evidence}
          onChange={(event) => setEvidence(event.currentTarget.value)}
        />
        <Refused text={record.text} />
        <div className={settings.row}>
          <Button type="submit" loading={record.busy} disabled={evidence.trim() === ''}>
            {t('contacts.recordSure')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}
