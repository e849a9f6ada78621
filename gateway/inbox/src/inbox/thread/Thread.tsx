import { Button } from '@mantine/core';
import { IconCloudOff, IconLock } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { campaignMessagesQuery, conversationQuery, messagesQuery } from '../../api/queries';
import type { Conversation } from '../../api/types';
import { useShortcuts } from '../../keyboard/shortcuts';
import { useOutbox } from '../../live/outbox';
import { StateCard } from '../../shell/StateCard';
import { Composer } from '../composer/Composer';
import { ThreadContext } from './context';
import { messageAt, threadItems } from './grouping';
import { MessageList, type MessageListHandle } from './MessageList';
import { ThreadHead } from './ThreadHead';
import css from './thread.module.css';
import { useReadReceipts } from './useReadReceipts';
import { useThreadActions } from './useThreadActions';

const TemplatePicker = lazy(() => import('../templates/TemplatePicker'));

type Props = {
  id: string;
  focusComposer: boolean;
  onBack: (() => void) | null;
  onTogglePanel: () => void;
  panelShown: boolean;
  onClosed: (next: string | null) => void;
};

export function Thread(props: Props) {
  const { t } = useTranslation();
  const { data: conversation, error, refetch } = useQuery(conversationQuery(props.id));
  if (conversation) return <OpenThread {...props} conversation={conversation} />;
  if (!error) return <div className={css.thread} role="status" aria-label={t('thread.loading')} />;
  const problem = asProblem(error);
  const hidden = problem.status === 404 || problem.status === 403;
  return (
    <div className={css.middle}>
      <StateCard
        Icon={hidden ? IconLock : IconCloudOff}
        title={hidden ? t('error.hiddenTitle') : t('error.threadTitle')}
        text={problem.detail || t('error.threadText')}
      >
        {hidden ? (
          props.onBack && <Button onClick={props.onBack}>{t('thread.back')}</Button>
        ) : (
          <Button onClick={() => void refetch()}>{t('error.tryAgain')}</Button>
        )}
      </StateCard>
    </div>
  );
}

function OpenThread({ conversation, ...props }: Props & { conversation: Conversation }) {
  const { id } = conversation;
  const messages = useInfiniteQuery(messagesQuery(id));
  const sent = useQuery(campaignMessagesQuery(id));
  const entries = useOutbox((store) => store.entries);
  const whole = messages.data !== undefined && !messages.hasNextPage;
  const items = useMemo(() => {
    const loaded = messages.data?.pages.flatMap((page) => page.items).reverse() ?? [];
    return threadItems(
      loaded,
      entries.filter((entry) => entry.conversation_id === id),
      { messages: sent.data ?? [], whole },
    );
  }, [messages.data, entries, id, sent.data, whole]);

  const composer = useRef<HTMLTextAreaElement>(null);
  const list = useRef<MessageListHandle>(null);
  const [picking, setPicking] = useState(false);
  const [atEnd, setAtEnd] = useState(true);
  useReadReceipts(conversation, items, atEnd);
  const actions = useThreadActions(conversation, {
    focusComposer: () => composer.current?.focus(),
    chooseTemplate: () => setPicking(true),
    jumpTo: (messageId) => list.current?.jumpTo(messageId),
    find: (messageId) => {
      const item = items[messageAt(items, messageId)];
      return item?.kind === 'message' ? item.message : undefined;
    },
  });
  useShortcuts({
    ...(actions.mayReply && { r: () => composer.current?.focus() }),
    ...(actions.chooseTemplate && { t: actions.chooseTemplate }),
  });

  return (
    <ThreadContext value={actions}>
      <div className={css.thread} data-pane tabIndex={-1}>
        <ThreadHead {...props} conversation={conversation} />
        <MessageList
          ref={list}
          items={items}
          loading={messages.isPending}
          failed={messages.isError && !messages.data}
          onRetry={() => void messages.refetch()}
          older={
            messages.hasNextPage && !messages.isFetchingNextPage ? () => void messages.fetchNextPage() : null
          }
          onAtEnd={setAtEnd}
        />
        <Composer ref={composer} conversation={conversation} autoFocus={props.focusComposer} items={items} />
      </div>
      <Suspense>
        {picking && <TemplatePicker conversation={conversation} onClose={() => setPicking(false)} />}
      </Suspense>
    </ThreadContext>
  );
}
