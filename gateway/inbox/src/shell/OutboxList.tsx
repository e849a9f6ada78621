import { ActionIcon } from '@mantine/core';
import { IconClock, IconPencil, IconSend, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { clockTime } from '../i18n/format';
import { type OutboxEntry, useOutbox, waiting, withdraw } from '../live/outbox';
import { setDraft, useDrafts } from '../state/drafts';
import css from './shell.module.css';

/** Back into the composer: what was written goes in front of what is being written there now. */
function editAgain(entry: OutboxEntry) {
  if (entry.content.type !== 'text') return;
  const draft = useDrafts.getState().drafts[entry.conversation_id];
  const text = draft?.text ? `${entry.content.body}\n${draft.text}` : entry.content.body;
  withdraw(entry.key);
  setDraft(entry.conversation_id, text, entry.reply_to);
}

export function OutboxList() {
  const { t } = useTranslation();
  const entries = waiting(useOutbox((store) => store.entries));
  return (
    <section aria-label={t('outbox.title')}>
      <header className={css.outboxHead}>
        <IconSend size={16} aria-hidden />
        <strong>{t('outbox.title')}</strong>
        <span>{t('outbox.order')}</span>
      </header>
      {entries.map((entry) => (
        <div key={entry.key} className={css.outboxRow}>
          <IconClock size={14} aria-hidden />
          <div className={css.outboxText}>
            <span>
              <bdi>{entry.to}</bdi> <time>{clockTime(entry.at)}</time>
            </span>
            <bdi className="clip">{entry.shown}</bdi>
          </div>
          {entry.content.type === 'text' && (
            <ActionIcon aria-label={t('outbox.edit')} onClick={() => editAgain(entry)}>
              <IconPencil size={16} />
            </ActionIcon>
          )}
          <ActionIcon aria-label={t('outbox.remove')} onClick={() => withdraw(entry.key)}>
            <IconTrash size={16} />
          </ActionIcon>
        </div>
      ))}
    </section>
  );
}
