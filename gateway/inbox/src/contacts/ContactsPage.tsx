import { Button } from '@mantine/core';
import { IconFilter, IconUsers } from '@tabler/icons-react';
import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem';
import { contactsQuery } from '../api/queries';
import type { Contact, Page } from '../api/types';
import { withWords } from '../i18n';
import { StateCard } from '../shell/StateCard';
import { useScreen } from '../shell/useScreen';
import { useRights } from '../state/permissions';
import { ContactDetail } from './ContactDetail';
import { ContactRow } from './ContactRow';
import css from './contacts.module.css';
import { ImportButton } from './ImportButton';
import { peopleQuery } from './segment/api';
import type { Node } from './segment/types';

const ROW_PX = 48;

const SegmentPanel = lazy(withWords(() => import('./segment/SegmentPanel'), 'contacts'));

export function ContactsPage() {
  const { t } = useTranslation();
  const { contactId = null } = useParams({ strict: false });
  const { listBeside, viewsBeside } = useScreen();
  const [segment, setSegment] = useState(false);
  const [tree, setTree] = useState<Node | null>(null);
  const { importContacts } = useRights();
  const navigate = useNavigate();
  // Beside the segment there is room for the list and one more only on a large screen.
  const showList = (listBeside || contactId === null) && (!segment || viewsBeside);
  const close = () => {
    setSegment(false);
    setTree(null);
  };
  return (
    <>
      <Suspense>{segment && <SegmentPanel onTree={setTree} onClose={close} />}</Suspense>
      {showList && (
        <main className={css.page}>
          <header className={css.head}>
            <h1>{t('nav.contacts')}</h1>
            <span className={css.actions}>
              {!segment && (
                <Button
                  variant="default"
                  leftSection={<IconFilter size={16} />}
                  onClick={() => setSegment(true)}
                >
                  {t('contacts.segments')}
                </Button>
              )}
              {importContacts && <ImportButton />}
            </span>
          </header>
          {tree ? <SegmentTable tree={tree} openId={contactId} /> : <AllTable openId={contactId} />}
        </main>
      )}
      {contactId && (
        <ContactDetail key={contactId} id={contactId} onClose={() => void navigate({ to: '/contacts' })} />
      )}
    </>
  );
}

function AllTable({ openId }: { openId: string | null }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(contactsQuery);
  return (
    <ContactTable
      query={query}
      openId={openId}
      emptyTitle={t('contacts.emptyTitle')}
      emptyText={t('contacts.emptyText')}
    />
  );
}

function SegmentTable({ tree, openId }: { tree: Node; openId: string | null }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(peopleQuery(tree));
  return (
    <ContactTable
      query={query}
      openId={openId}
      emptyTitle={t('contacts.nobody')}
      emptyText={t('contacts.nobodyText')}
    />
  );
}

type TableProps = {
  query: UseInfiniteQueryResult<InfiniteData<Page<Contact>>>;
  openId: string | null;
  emptyTitle: string;
  emptyText: string;
};

function ContactTable({ query, openId, emptyTitle, emptyText }: TableProps) {
  const { t } = useTranslation();
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
        <StateCard Icon={IconUsers} title={emptyTitle} text={emptyText} />
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
