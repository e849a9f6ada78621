import { Button } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem';
import { contactsQuery } from '../api/queries';
import { StateCard } from '../shell/StateCard';
import { useScreen } from '../shell/useScreen';
import { ContactDetail } from './ContactDetail';
import { ContactRow } from './ContactRow';
import css from './contacts.module.css';

const ROW_PX = 48;

export function ContactsPage() {
  const { t } = useTranslation();
  const { contactId = null } = useParams({ strict: false });
  const { listBeside } = useScreen();
  const navigate = useNavigate();
  const showList = listBeside || contactId === null;
  return (
    <>
      {showList && (
        <main className={css.page}>
          <header className={css.head}>
            <h1>{t('nav.contacts')}</h1>
          </header>
          <ContactTable openId={contactId} />
        </main>
      )}
      {contactId && (
        <ContactDetail key={contactId} id={contactId} onClose={() => void navigate({ to: '/contacts' })} />
      )}
    </>
  );
}

function ContactTable({ openId }: { openId: string | null }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(contactsQuery);
  const contacts = query.data?.pages.flatMap((page) => page.items) ?? [];
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: contacts.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= contacts.length - 10) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, contacts.length]);

  if (query.isError) {
    return (
      <div className={css.middle}>
        <StateCard
          Icon={IconUsers}
          title={t('contacts.failed')}
          text={asProblem(query.error).detail || t('error.safe')}
        >
          <Button onClick={() => void query.refetch()}>{t('error.tryAgain')}</Button>
        </StateCard>
      </div>
    );
  }
  if (query.data && contacts.length === 0) {
    return (
      <div className={css.middle}>
        <StateCard Icon={IconUsers} title={t('contacts.emptyTitle')} text={t('contacts.emptyText')} />
      </div>
    );
  }
  return (
    <section
      ref={scroller}
      className={css.scroll}
      data-pane
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
      tabIndex={0}
      aria-label={t('nav.contacts')}
    >
      <div className={css.columns} aria-hidden>
        <span>{t('contacts.name')}</span>
        <span>{t('contacts.reachedBy')}</span>
        <span>{t('panel.country')}</span>
      </div>
      <ul className={css.canvas} style={{ height: virtual.getTotalSize() }}>
        {shown.map((item) => {
          const contact = contacts[item.index];
          return (
            contact && (
              <ContactRow
                key={contact.id}
                contact={contact}
                offset={item.start}
                open={contact.id === openId}
              />
            )
          );
        })}
      </ul>
    </section>
  );
}
