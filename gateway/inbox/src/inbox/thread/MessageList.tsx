import { Button, UnstyledButton } from '@mantine/core';
import { IconArrowDown } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DayLine } from './DayLine';
import { messageAt, type ThreadItem } from './grouping';
import { MessageRow } from './MessageRow';
import css from './thread.module.css';
import { WaitingRow } from './WaitingRow';

export type MessageListHandle = { jumpTo: (messageId: string) => void };

const END_PX = 40;
const OLDER_WITHIN_ROWS = 8;
const MARK_MS = 1_600;
const GUESS = { day: 34, message: 44 };

type Props = {
  ref: Ref<MessageListHandle>;
  items: ThreadItem[];
  loading: boolean;
  failed: boolean;
  onRetry: () => void;
  older: (() => void) | null;
  onAtEnd: (atEnd: boolean) => void;
};

export function MessageList({ ref, items, loading, failed, onRetry, older, onAtEnd }: Props) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const [marked, setMarked] = useState<string | null>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (items[index]?.kind === 'day' ? GUESS.day : GUESS.message),
    getItemKey: (index) => items[index]?.key ?? index,
    overscan: 8,
    paddingStart: 8,
    paddingEnd: 12,
    // Older pages come in at the top: what is being read must not move.
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_PX,
  });
  const shown = virtual.getVirtualItems();
  const atEnd = items.length === 0 || virtual.isAtEnd(END_PX);
  const unseen = useUnseen(items, atEnd);
  const stuck = useRef(true);
  stuck.current = atEnd;
  useEffect(() => onAtEnd(atEnd), [atEnd, onAtEnd]);

  const ready = !loading && items.length > 0;
  const [started, setStarted] = useState(false);
  useEffect(() => {
    if (!ready || started) return;
    virtual.scrollToEnd();
    setStarted(true);
  }, [ready, started, virtual]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    // A growing composer or a banner takes height away: whoever reads the end stays at the end.
    const observer = new ResizeObserver(() => {
      if (stuck.current) virtual.scrollToEnd();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [virtual]);

  const last = items.at(-1);
  const ownLast = last?.kind === 'waiting' ? last.key : null;
  useEffect(() => {
    if (ownLast) virtual.scrollToEnd();
  }, [ownLast, virtual]);

  const first = shown[0]?.index ?? 0;
  useEffect(() => {
    if (started && older && first < OLDER_WITHIN_ROWS) older();
  }, [started, older, first]);

  useImperativeHandle(ref, () => ({
    jumpTo: (messageId) => {
      const index = messageAt(items, messageId);
      if (index < 0) return;
      virtual.scrollToIndex(index, { align: 'center' });
      setMarked(items[index]?.key ?? null);
      setTimeout(() => setMarked(null), MARK_MS);
    },
  }));

  return (
    <div className={css.logWrap}>
      <div
        ref={scroller}
        className={css.log}
        role="log"
        aria-label={t('thread.messages')}
        aria-busy={loading}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        tabIndex={0}
        data-pane-focus
        onKeyDown={moveBetweenMessages}
      >
        {failed && (
          <div className={css.loadFailed}>
            <p>{t('error.messages')}</p>
            <Button onClick={onRetry}>{t('error.tryAgain')}</Button>
          </div>
        )}
        <div className={css.canvas} style={{ height: virtual.getTotalSize() }}>
          {shown.map((row) => {
            const item = items[row.index];
            if (!item) return null;
            return (
              <div
                key={row.key}
                ref={virtual.measureElement}
                data-index={row.index}
                className={css.item}
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <Item item={item} marked={item.key === marked} />
              </div>
            );
          })}
        </div>
      </div>
      {!atEnd && (
        <UnstyledButton className={css.pill} onClick={() => virtual.scrollToEnd()}>
          <IconArrowDown size={16} aria-hidden />
          {unseen > 0 ? t('thread.newCount', { count: unseen }) : t('thread.toEnd')}
        </UnstyledButton>
      )}
    </div>
  );
}

function Item({ item, marked }: { item: ThreadItem; marked: boolean }) {
  switch (item.kind) {
    case 'day':
      return <DayLine at={item.at} />;
    case 'waiting':
      return <WaitingRow entry={item.entry} first={item.first} />;
    case 'message':
      return (
        <MessageRow
          message={item.message}
          broadcast={item.broadcast}
          first={item.first}
          last={item.last}
          marked={marked}
        />
      );
  }
}

/** How many messages came from the customer since the end was last on the screen. */
function useUnseen(items: ThreadItem[], atEnd: boolean): number {
  const seen = useRef<string | undefined>(undefined);
  const newest = items.findLast((item) => item.kind === 'message');
  if (atEnd && newest) seen.current = newest.message.id;
  if (atEnd || seen.current === undefined) return 0;
  return items
    .slice(messageAt(items, seen.current) + 1)
    .filter((item) => item.kind === 'message' && item.message.direction === 'in').length;
}

function moveBetweenMessages(event: React.KeyboardEvent<HTMLDivElement>) {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const articles = [...event.currentTarget.querySelectorAll<HTMLElement>('article')];
  const focused = document.activeElement?.closest('article') as HTMLElement | null;
  const at = focused ? articles.indexOf(focused) : articles.length;
  const next = articles[at + (event.key === 'ArrowDown' ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
