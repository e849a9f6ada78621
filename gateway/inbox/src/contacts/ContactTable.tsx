import { Button } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem';
import type { ListedContact, Page } from '../api/types';
import { StateCard } from '../shell/StateCard';
import { ContactRow } from './ContactRow';
import css from './contacts.module.css';

const ROW_PX = 48;
/** Rows before the end at which the next page is asked for. */
const AHEAD = 10;

type Props = {
  query: UseInfiniteQueryResult<InfiniteData<Page<ListedContact>>>;
  openId: string | null;
  emptyTitle: string;
  emptyText: string;
};

export function ContactTable({ query, openId, emptyTitle, emptyText }: Props) {
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
  // A page of a search may be empty and not the last: the server looks at so many at a time.
  const pages = query.data?.pages.length ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another empty page changes nothing but their number.
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= contacts.length - AHEAD) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, contacts.length, pages]);

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
      <div className={css.middle} role="status">
        {hasNextPage ? (
          <p>{t('contacts.searching')}</p>
        ) : (
          <StateCard Icon={IconUsers} title={emptyTitle} text={emptyText} />
        )}
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
      aria-busy={query.isPlaceholderData}
    >
      <div className={css.columns} aria-hidden>
        <span>{t('contacts.name')}</span>
        <span>{t('contacts.reachedBy')}</span>
        <span data-from="wide">{t('panel.country')}</span>
        <span>{t('contacts.marketing')}</span>
        <span data-from="wider">{t('contacts.tags')}</span>
        <span data-from="widest">{t('contacts.window')}</span>
        <span data-from="wide">{t('contacts.lastMessage')}</span>
        <span data-from="widest" className={css.end}>
          {t('contacts.owner')}
        </span>
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
