import { ActionIcon, Button } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem';
import { contactQuery } from '../api/queries';
import { Identity } from '../inbox/panel/ContactPanel';
import { EarlierConversations } from '../inbox/panel/EarlierConversations';
import { useShortcuts } from '../keyboard/shortcuts';
import css from './contacts.module.css';

export function ContactDetail({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { data: contact, error, refetch } = useQuery(contactQuery(id));
  useShortcuts({ escape: onClose });
  return (
    <aside className={css.detail} aria-label={t('contacts.detail')} data-pane tabIndex={-1}>
      <header className={css.head}>
        <h2>{t('contacts.detail')}</h2>
        <ActionIcon aria-label={t('common.close')} onClick={onClose}>
          <IconX size={18} />
        </ActionIcon>
      </header>
      {error && (
        <div className={css.problem}>
          <p>{asProblem(error).detail || t('error.safe')}</p>
          <Button onClick={() => void refetch()}>{t('error.tryAgain')}</Button>
        </div>
      )}
      {contact && (
        <>
          <Identity contact={contact} />
          <section className={css.conversations}>
            <h3>{t('contacts.conversations')}</h3>
            <EarlierConversations conversations={contact.conversations} failed={false} />
          </section>
        </>
      )}
    </aside>
  );
}
