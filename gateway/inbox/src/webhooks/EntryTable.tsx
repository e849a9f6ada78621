import { Button } from '@mantine/core';
import { IconCloudOff, IconWebhook } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem';
import type { WebhookEntry } from '../api/types';
import type { Words } from '../i18n';
import { exactTime } from '../i18n/format';
import { StateCard } from '../shell/StateCard';
import { useMe } from '../state/permissions';
import css from './log.module.css';
import { OutcomeChip } from './OutcomeChip';
import type { Log } from './useLog';

type Props = { log: Log; openId: string | null; onOpen: (id: string) => void };

export function EntryTable({ log: { query, entries }, openId, onOpen }: Props) {
  const { t } = useTranslation();
  if (query.isError && entries.length === 0) {
    return (
      <div className={css.middle}>
        <StateCard
          Icon={IconCloudOff}
          title={t('log.failed')}
          text={asProblem(query.error).detail || t('error.safe')}
        >
          <Button onClick={() => void query.refetch()}>{t('error.tryAgain')}</Button>
        </StateCard>
      </div>
    );
  }
  if (query.data && entries.length === 0) {
    return (
      <div className={css.middle}>
        <StateCard Icon={IconWebhook} title={t('log.emptyTitle')} text={t('log.emptyText')} />
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
    <section className={css.scroll} tabIndex={0} aria-label={t('log.entries')} data-pane-focus>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('log.time')}</th>
            <th scope="col">{t('log.field')}</th>
            <th scope="col" className={css.wideOnly}>
              {t('log.number')}
            </th>
            <th scope="col">{t('log.state')}</th>
            <th scope="col" className={css.end}>
              {t('log.detail')}
            </th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <EntryRow key={entry.id} entry={entry} open={entry.id === openId} onOpen={onOpen} />
          ))}
        </tbody>
      </table>
      {query.hasNextPage && (
        <div className={css.more}>
          <Button
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t('log.older')}
          </Button>
        </div>
      )}
    </section>
  );
}

function EntryRow({ entry, open, onOpen }: { entry: WebhookEntry; open: boolean; onOpen: Props['onOpen'] }) {
  const { t } = useTranslation();
  const me = useMe();
  const number = me.numbers.find((one) => one.phone_number_id === entry.phone_number_id);
  return (
    <tr data-open={open || undefined} onClick={() => onOpen(entry.id)}>
      <td>
        <button
          type="button"
          className={`${css.open} mono`}
          aria-label={t('log.openEntry', { field: entry.field, time: exactTime(entry.received_at) })}
          aria-expanded={open}
        >
          {exactTime(entry.received_at)}
        </button>
      </td>
      <td>
        <bdi className={css.field}>{entry.field}</bdi>
        {entry.kind && entry.kind !== entry.field && <bdi className={css.kind}> · {entry.kind}</bdi>}
      </td>
      <td className={`${css.wideOnly} ${css.kind}`}>
        <bdi>{number?.name ?? entry.phone_number_id ?? '–'}</bdi>
      </td>
      <td>
        <OutcomeChip outcome={entry.outcome} />
      </td>
      <td className={`${css.end} ${css.kind}`}>{detail(entry, t)}</td>
    </tr>
  );
}

function detail(entry: WebhookEntry, t: Words): string {
  switch (entry.outcome) {
    case 'processed':
      return entry.processed_at === null
        ? ''
        : t('log.milliseconds', { count: Math.max(0, entry.processed_at - entry.received_at) });
    case 'stored':
      return t('log.inQueue');
    case 'duplicate':
      return t('log.seenBefore');
    case 'quarantined':
      return t('log.attempts', { count: entry.attempts });
  }
}
