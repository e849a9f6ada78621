import { Button, UnstyledButton } from '@mantine/core';
import { IconArrowUp } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { listQuery } from '../../api/queries';
import type { Conversation, ViewName } from '../../api/types';
import { useShortcuts } from '../../keyboard/shortcuts';
import { announce } from '../../shell/announce';
import { useScreen } from '../../shell/useScreen';
import { useNow } from '../../state/clock';
import { useMe } from '../../state/permissions';
import type { OpenBy } from '../InboxPage';
import { useListNeighbours } from '../neighbours';
import { ConversationRow } from './ConversationRow';
import { EmptyList, LoadingRows } from './ListStates';
import css from './list.module.css';
import { arrange, type Settled, settle } from './order';
import { useHeld } from './useHeld';

const ROW = { wide: 67, phone: 74 };
const LOAD_AHEAD_ROWS = 10;

type Props = {
  view: ViewName;
  unread: boolean;
  openId: string | null;
  onOpen: (id: string, by: OpenBy) => void;
};

export function ConversationList({ view, unread, openId, onOpen }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const query = useInfiniteQuery(listQuery(view, unread));
  const latest = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const { held, pointer } = useHeld();
  const { rows, newer, release } = useSettledOrder(latest, held);
  const { listBeside } = useScreen();
  const scroller = useRef<HTMLDivElement>(null);
  const height = listBeside ? ROW.wide : ROW.phone;
  const now = useNow();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 6,
  });
  const shown = virtual.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    const near = rows.length > 0 && lastShown >= rows.length - LOAD_AHEAD_ROWS;
    if (near && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [rows.length, lastShown, hasNextPage, isFetchingNextPage, fetchNextPage]);

  const cursor = useCursor(rows, openId, onOpen, (index) => virtual.scrollToIndex(index));
  useListNeighbours(rows);

  if (query.isPending) return <LoadingRows />;
  if (query.isError && latest.length === 0) {
    return (
      <div className={css.message}>
        <p>{t('error.list', { detail: asProblem(query.error).detail }).trim()}</p>
        <Button onClick={() => void query.refetch()}>{t('error.tryAgain')}</Button>
      </div>
    );
  }
  if (rows.length === 0) return <EmptyList view={view} unread={unread} />;
  return (
    <div className={css.listWrap}>
      {newer > 0 && (
        <UnstyledButton
          className={css.newerBar}
          onClick={() => {
            release();
            scroller.current?.scrollTo({ top: 0 });
          }}
        >
          <IconArrowUp size={14} aria-hidden />
          {t('list.newer', { count: newer })}
        </UnstyledButton>
      )}
      <div
        ref={scroller}
        className={css.rows}
        role="listbox"
        tabIndex={0}
        aria-label={t('list.inView', { view: t(`views.${view}`) })}
        aria-activedescendant={cursor ? `row-${cursor}` : undefined}
        data-rows
        data-pane-focus
        {...pointer}
      >
        <div className={css.canvas} style={{ height: virtual.getTotalSize() }} role="presentation">
          {shown.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <ConversationRow
                key={row.id}
                row={row}
                me={me.member.id}
                now={now}
                offset={item.start}
                position={item.index + 1}
                total={query.hasNextPage ? -1 : rows.length}
                selected={row.id === openId}
                cursor={row.id === cursor}
                onOpen={onOpen}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function useSettledOrder(latest: Conversation[], held: boolean) {
  const { t } = useTranslation();
  const settled = useRef<Settled | null>(null);
  const [, setReleased] = useState(0);
  if (!held || !settled.current) settled.current = settle(latest);
  const { rows, newer } = arrange(latest, settled.current, held);
  useEffect(() => {
    if (newer > 0) announce(t('list.newer', { count: newer }));
  }, [newer, t]);
  const release = () => {
    settled.current = settle(latest);
    setReleased((count) => count + 1);
  };
  return { rows, newer, release };
}

/** J and K move a mark; Enter opens what it stands on. */
function useCursor(
  rows: Conversation[],
  openId: string | null,
  onOpen: Props['onOpen'],
  scrollTo: (index: number) => void,
): string | null {
  const [cursor, setCursor] = useState<string | null>(null);
  const current = cursor ?? openId;
  const move = (by: 1 | -1) => {
    const at = rows.findIndex((row) => row.id === current);
    const next = Math.min(rows.length - 1, Math.max(0, at + by));
    const row = rows[next];
    if (!row) return;
    setCursor(row.id);
    scrollTo(next);
  };
  useEffect(() => setCursor(openId), [openId]);
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    arrowdown: () => move(1),
    arrowup: () => move(-1),
    enter: () => current && onOpen(current, 'key'),
  });
  return cursor;
}
