import { ActionIcon, Button } from '@mantine/core';
import { IconAlertTriangle, IconChevronDown, IconChevronUp, IconRefresh, IconX } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api } from '../api/client';
import { asProblem } from '../api/problem';
import { keys, logEntryQuery } from '../api/queries';
import type { WebhookDetail, WebhookEntry } from '../api/types';
import { exactTime } from '../i18n/format';
import { useShortcuts } from '../keyboard/shortcuts';
import { showToast } from '../shell/toast';
import { useRights } from '../state/permissions';
import css from './log.module.css';
import { OutcomeChip } from './OutcomeChip';
import { RawBody } from './RawBody';

type Props = {
  id: string;
  onClose: () => void;
  onPrevious: (() => void) | null;
  onNext: (() => void) | null;
};

const SETTLE_MS = 1_000;

export function EntryPanel({ id, onClose, onPrevious, onNext }: Props) {
  const { t } = useTranslation();
  const {
    data: entry,
    error,
    refetch,
  } = useQuery({
    ...logEntryQuery(id),
    // A replayed entry is `stored` until the server has worked on it: look until it is settled.
    refetchInterval: ({ state }) => (state.data?.outcome === 'stored' ? SETTLE_MS : false),
  });
  useShortcuts({
    escape: onClose,
    ...(onNext && { j: onNext, arrowdown: onNext }),
    ...(onPrevious && { k: onPrevious, arrowup: onPrevious }),
  });
  return (
    <aside className={css.panel} aria-label={t('log.entry')} data-pane tabIndex={-1}>
      <header className={css.panelHead}>
        {entry && <OutcomeChip outcome={entry.outcome} />}
        <bdi className={`${css.entryId} mono clip`}>{id}</bdi>
        <ActionIcon aria-label={t('log.previous')} disabled={!onPrevious} onClick={() => onPrevious?.()}>
          <IconChevronUp size={18} />
        </ActionIcon>
        <ActionIcon aria-label={t('log.next')} disabled={!onNext} onClick={() => onNext?.()}>
          <IconChevronDown size={18} />
        </ActionIcon>
        <ActionIcon aria-label={t('common.close')} onClick={onClose}>
          <IconX size={18} />
        </ActionIcon>
      </header>
      <div className={css.panelBody}>
        {error && !entry && (
          <div className={css.problem}>
            <p>{asProblem(error).detail || t('error.safe')}</p>
            <Button onClick={() => void refetch()}>{t('error.tryAgain')}</Button>
          </div>
        )}
        {entry && (
          <>
            <Meaning entry={entry} />
            <Facts entry={entry} />
            <RawBody entry={entry} />
          </>
        )}
      </div>
      {entry && <ReplayFoot entry={entry} />}
    </aside>
  );
}

function Meaning({ entry }: { entry: WebhookEntry }) {
  const { t } = useTranslation();
  return (
    <div className={css.meaning} data-outcome={entry.outcome}>
      {entry.outcome === 'quarantined' && <IconAlertTriangle size={18} aria-hidden />}
      <div>
        <strong>{t(`meaning.${entry.outcome}.title`)}</strong>
        <p>{t(`meaning.${entry.outcome}.text`)}</p>
      </div>
    </div>
  );
}

function Facts({ entry }: { entry: WebhookEntry }) {
  const { t } = useTranslation();
  const rights = useRights();
  return (
    <dl className={css.facts}>
      {entry.error && (
        <>
          <dt>{t('log.error')}</dt>
          <dd className="mono">{entry.error}</dd>
        </>
      )}
      {entry.conversation_id && rights.readInbox && (
        <>
          <dt>{t('log.conversation')}</dt>
          <dd>
            <Link
              className="link"
              to="/inbox/$view/$conversationId"
              params={{ view: 'all', conversationId: entry.conversation_id }}
            >
              {t('log.openConversation')}
            </Link>
          </dd>
        </>
      )}
      <dt>{t('log.tries')}</dt>
      <dd>{entry.attempts}</dd>
      <dt>{t('log.time')}</dt>
      <dd>{exactTime(entry.received_at)}</dd>
      {entry.processed_at !== null && (
        <>
          <dt>{t('outcome.processed')}</dt>
          <dd>{exactTime(entry.processed_at)}</dd>
        </>
      )}
    </dl>
  );
}

function ReplayFoot({ entry }: { entry: WebhookDetail }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const replay = useMutation({
    mutationFn: () => api.post<WebhookEntry>(`/webhook-log/${entry.id}/replay`),
    onSuccess: (changed) => {
      client.setQueryData(keys.logEntry(entry.id), { ...changed, raw: entry.raw });
      void client.invalidateQueries({ queryKey: ['webhook-log', 'list'] });
      void client.invalidateQueries({ queryKey: keys.logSummary });
      showToast({ tone: 'ac', title: t('log.replayed'), text: t('log.replayedText') });
    },
    onError: (error) =>
      showToast({
        tone: 'red',
        title: t('log.replayFailed'),
        text: asProblem(error).detail || t('error.noAnswer'),
      }),
  });
  return (
    <footer className={css.panelFoot}>
      <Button
        leftSection={<IconRefresh size={16} />}
        loading={replay.isPending}
        onClick={() => replay.mutate()}
      >
        {t('log.replay')}
      </Button>
      <span>{t('log.replayNote')}</span>
    </footer>
  );
}
