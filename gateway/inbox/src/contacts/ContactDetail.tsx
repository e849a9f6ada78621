import { ActionIcon, Button, Menu, Tabs } from '@mantine/core';
import { IconArrowMerge, IconDots, IconTrash, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem';
import { contactQuery, keys } from '../api/queries';
import type { Contact } from '../api/types';
import { Identity } from '../inbox/panel/ContactPanel';
import { EarlierConversations } from '../inbox/panel/EarlierConversations';
import { useShortcuts } from '../keyboard/shortcuts';
import { contactName } from '../people/names';
import { Ask, Refused } from '../settings/parts';
import settings from '../settings/settings.module.css';
import { useChange } from '../settings/useChange';
import { showToast } from '../shell/toast';
import { useRights } from '../state/permissions';
import { contacts } from './api';
import css from './contacts.module.css';
import ContactFacts from './facts/ContactFacts';

const MergeDialog = lazy(() => import('./merge/MergeDialog'));
const Timeline = lazy(() => import('./timeline/Timeline'));

export function ContactDetail({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const rights = useRights();
  const { data: contact, error, refetch } = useQuery(contactQuery(id));
  const [deleting, setDeleting] = useState(false);
  const [merging, setMerging] = useState(false);
  useShortcuts({ escape: onClose });
  return (
    <aside className={css.detail} aria-label={t('contacts.detail')} data-pane tabIndex={-1}>
      <header className={css.head}>
        <h2>{t('contacts.detail')}</h2>
        <span className={css.spring} />
        {contact && rights.deleteContacts && (
          <Menu>
            <Menu.Target>
              <ActionIcon aria-label={t('contacts.more')}>
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconArrowMerge size={16} />} onClick={() => setMerging(true)}>
                {t('contacts.merge')}
              </Menu.Item>
              <Menu.Item leftSection={<IconTrash size={16} />} onClick={() => setDeleting(true)}>
                {t('contacts.delete')}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
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
          <Tabs defaultValue="details" keepMounted={false}>
            <Tabs.List>
              <Tabs.Tab value="details">{t('contacts.details')}</Tabs.Tab>
              <Tabs.Tab value="timeline">{t('contacts.timeline')}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="details">
              <ContactFacts id={id} />
              <section className={css.conversations}>
                <h3>{t('contacts.conversations')}</h3>
                <EarlierConversations
                  conversations={contact.conversations}
                  failed={false}
                  none={t('contacts.noConversations')}
                />
              </section>
            </Tabs.Panel>
            <Tabs.Panel value="timeline">
              <Suspense>
                <Timeline contactId={contact.id} />
              </Suspense>
            </Tabs.Panel>
          </Tabs>
          <Suspense>
            {merging && <MergeDialog contact={contact} onClose={() => setMerging(false)} />}
          </Suspense>
          {deleting && <Remove contact={contact} onClose={() => setDeleting(false)} onGone={onClose} />}
        </>
      )}
    </aside>
  );
}

type RemoveProps = { contact: Contact; onClose: () => void; onGone: () => void };

function Remove({ contact, onClose, onGone }: RemoveProps) {
  const { t } = useTranslation();
  const name = contactName(contact, t('contact.unnamed'));
  const remove = useChange(() => contacts.remove(contact.id), {
    stale: [keys.contacts, ['segments', 'count']],
    onDone: () => {
      showToast({ tone: 'ac', title: t('contacts.deleted', { name }) });
      onGone();
    },
  });
  return (
    <Ask title={t('contacts.deleteTitle', { name })} onClose={onClose}>
      <p>{t('contacts.deleteText')}</p>
      <Refused text={remove.text} />
      <div className={settings.row}>
        <Button variant="outline" loading={remove.busy} onClick={() => remove.run()}>
          {t('contacts.deleteSure')}
        </Button>
      </div>
    </Ask>
  );
}
