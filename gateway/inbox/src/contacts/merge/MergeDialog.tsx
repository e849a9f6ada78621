import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Contact } from '../../api/types';
import { contactName } from '../../people/names';
import { Ask } from '../../settings/parts';
import { Choose } from './Choose';
import { Compare } from './Compare';

/** Two contacts that are one person: first which, then what would become of both. */
export default function MergeDialog({ contact, onClose }: { contact: Contact; onClose: () => void }) {
  const { t } = useTranslation();
  const [other, setOther] = useState<string | null>(null);
  const name = contactName(contact, t('contact.unnamed'));
  return (
    <Ask title={t('contacts.mergeTitle', { name })} size={640} onClose={onClose}>
      {other === null ? (
        <Choose contact={contact} onChoose={setOther} />
      ) : (
        <Compare keptId={contact.id} otherId={other} onBack={() => setOther(null)} onDone={onClose} />
      )}
    </Ask>
  );
}
