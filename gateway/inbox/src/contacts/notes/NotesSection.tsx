import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { Section } from '../../inbox/panel/Section';
import { Refused } from '../../settings/parts';
import { useRights } from '../../state/permissions';
import { notes, notesQuery } from './api';
import { NoteForm } from './NoteForm';
import { NoteItem } from './NoteItem';
import css from './notes.module.css';

/** What members write about somebody for each other, the newest first. */
export function NotesSection({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  const rights = useRights();
  const [writing, setWriting] = useState(false);
  const query = useInfiniteQuery(notesQuery(contactId));
  const all = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section name="notes" title={t('contacts.notes')}>
      {query.error && <Refused text={asProblem(query.error).detail || t('error.noAnswer')} />}
      {writing && (
        <NoteForm
          contactId={contactId}
          save={(text) => notes.add(contactId, text)}
          onClose={() => setWriting(false)}
        />
      )}
      {all.length > 0 && (
        <ol className={css.notes} aria-label={t('contacts.notes')}>
          {all.map((note) => (
            <NoteItem key={note.id} contactId={contactId} note={note} />
          ))}
        </ol>
      )}
      {query.data && all.length === 0 && !writing && <p className={css.faint}>{t('contacts.noNotes')}</p>}
      <div className={css.actions}>
        {rights.writeNotes && !writing && (
          <Button variant="light" leftSection={<IconPlus size={14} />} onClick={() => setWriting(true)}>
            {t('contacts.writeNote')}
          </Button>
        )}
        {query.hasNextPage && (
          <Button
            variant="light"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t('contacts.olderNotes')}
          </Button>
        )}
      </div>
    </Section>
  );
}
