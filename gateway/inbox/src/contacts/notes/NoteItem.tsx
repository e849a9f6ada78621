import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Refused } from '../../settings/parts';
import { useChange } from '../../settings/useChange';
import { useWhen } from '../../settings/when';
import { useMe, useRights } from '../../state/permissions';
import type { Note } from '../types';
import { notes, notesKey } from './api';
import { doings } from './mine';
import { NoteForm } from './NoteForm';
import css from './notes.module.css';

export function NoteItem({ contactId, note }: { contactId: string; note: Note }) {
  const { t } = useTranslation();
  const when = useWhen();
  const [mode, setMode] = useState<'read' | 'rewrite' | 'remove'>('read');
  const may = doings(note, useMe().member.id, useRights());
  const read = () => setMode('read');
  const remove = useChange(() => notes.remove(note), { stale: [notesKey(contactId)] });
  if (mode === 'rewrite')
    return (
      <li>
        <NoteForm
          contactId={contactId}
          text={note.text}
          save={(text) => notes.rewrite(note, text)}
          onClose={read}
        />
      </li>
    );
  return (
    <li>
      <p className={css.text}>
        <bdi dir="auto">{note.text}</bdi>
      </p>
      <p className={css.by}>
        {t(note.edited_at ? 'contacts.noteEditedBy' : 'contacts.noteBy', {
          name: note.by.name,
          when: when(note.at),
        })}
      </p>
      <Refused text={remove.text} />
      <div className={css.actions}>
        {mode === 'remove' ? (
          <>
            <Button variant="light" color="red" loading={remove.busy} onClick={() => remove.run()}>
              {t('contacts.deleteNoteSure')}
            </Button>
            <Button variant="light" onClick={read}>
              {t('contacts.cancelNote')}
            </Button>
          </>
        ) : (
          <>
            {may.rewrite && (
              <Button variant="light" onClick={() => setMode('rewrite')}>
                {t('contacts.rewriteNote')}
              </Button>
            )}
            {may.remove && (
              <Button variant="light" onClick={() => setMode('remove')}>
                {t('contacts.deleteNote')}
              </Button>
            )}
          </>
        )}
      </div>
    </li>
  );
}
