import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { ContactDetail } from '../../api/types';
import { Section } from '../../inbox/panel/Section';
import { readablePhone } from '../../people/phone';
import { Refused } from '../../settings/parts';
import { useChange } from '../../settings/useChange';
import { useWhen } from '../../settings/when';
import { showToast } from '../../shell/toast';
import { useNow } from '../../state/clock';
import { useRights } from '../../state/permissions';
import { settingsQuery } from '../api';
import type { Merge } from '../types';
import { merges } from './api';
import { isUndoable, leftWords } from './left';
import css from './merge.module.css';

/** Who turned out to be the same person, and how to take that back. */
export function MergedSection({ contact }: { contact: ContactDetail }) {
  const { t } = useTranslation();
  const { merged = [] } = contact;
  if (merged.length === 0) return null;
  return (
    <Section name="merged" title={t('contacts.merged')}>
      <ul className={css.merged} aria-label={t('contacts.merged')}>
        {merged.map((merge) => (
          <MergedLine key={merge.contact} keptId={contact.id} merge={merge} />
        ))}
      </ul>
    </Section>
  );
}

function MergedLine({ keptId, merge }: { keptId: string; merge: Merge }) {
  const { t } = useTranslation();
  const when = useWhen();
  const now = useNow();
  const rights = useRights();
  const { data: settings } = useQuery(settingsQuery);
  const part = useChange(() => merges.part(keptId, merge.contact), {
    stale: [['contacts'], ['conversations'], ['segments', 'count']],
    onDone: ({ left }) => {
      const stays = leftWords(left, settings?.fields ?? [], t).join(', ');
      const text = stays ? t('contacts.partedLeft', { what: stays }) : t('contacts.partedText');
      showToast({ tone: 'ac', title: t('contacts.parted'), text });
    },
  });
  const name = merge.name ?? '';
  return (
    <li>
      <p>
        <bdi dir="auto">{name || (merge.phone ? readablePhone(merge.phone) : (merge.bsuid ?? ''))}</bdi>
      </p>
      {name && (merge.phone || merge.bsuid) && (
        <p className={css.faint}>
          <bdi dir="ltr">{merge.phone ? readablePhone(merge.phone) : merge.bsuid}</bdi>
        </p>
      )}
      <p className={css.faint}>
        {merge.by.name
          ? t('contacts.mergedBy', { name: merge.by.name, when: when(merge.at) })
          : t('contacts.mergedByItself', { when: when(merge.at) })}
      </p>
      <Refused text={part.text} />
      {rights.deleteContacts && isUndoable(merge.at, now) && (
        <Button variant="light" loading={part.busy} onClick={() => part.run()}>
          {t('contacts.part')}
        </Button>
      )}
    </li>
  );
}
