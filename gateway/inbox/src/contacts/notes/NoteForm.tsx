import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Refused } from '../../settings/parts';
import { useChange } from '../../settings/useChange';
import type { Note } from '../types';
import { notesKey } from './api';
import css from './notes.module.css';

/** As many as the server keeps. */
const TEXT_MAX = 4_096;

type Props = {
  contactId: string;
  text?: string;
  save: (text: string) => Promise<Note>;
  onClose: () => void;
};

export function NoteForm({ contactId, text: before = '', save, onClose }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState(before);
  const change = useChange(() => save(text.trim()), { stale: [notesKey(contactId)], onDone: onClose });
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) change.run();
      }}
    >
      <Textarea
        aria-label={t('contacts.note')}
        description={t('contacts.noteText')}
        dir="auto"
        autosize
        minRows={2}
        maxRows={10}
        maxLength={TEXT_MAX}
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Refused text={change.text} />
      <div className={css.actions}>
        <Button type="submit" loading={change.busy} disabled={text.trim() === '' || text.trim() === before}>
          {t('contacts.saveNote')}
        </Button>
        <Button variant="subtle" onClick={onClose}>
          {t('contacts.cancelNote')}
        </Button>
      </div>
    </form>
  );
}
