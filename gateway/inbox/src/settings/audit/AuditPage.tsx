import { Button, Menu, Select, TextInput } from '@mantine/core';
import { IconDownload, IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '../../api/administration';
import { type AuditFilter, auditQuery, auditSearch, peopleQuery } from '../../api/administrationQueries';
import { downloadUrl } from '../../api/client';
import { exactTime, shortDay } from '../../i18n/format';
import { StateCard } from '../../shell/StateCard';
import { useNow } from '../../state/clock';
import { Chip, Failed, Loading, PageHead } from '../parts';
import css from '../settings.module.css';
import { actionName, KINDS, targetName, toneOf } from './actions';
import shape from './audit.module.css';

const EVERYTHING: AuditFilter = { actor: '', action: '', from: '', to: '' };

export function Page() {
  const { t } = useTranslation();
  const [filter, setFilter] = useState(EVERYTHING);
  const people = useQuery(peopleQuery);
  const log = useInfiniteQuery(auditQuery(filter));
  const entries = log.data?.pages.flatMap((page) => page.items) ?? [];
  const narrow = (change: Partial<AuditFilter>) => setFilter({ ...filter, ...change });
  const file = (format: string) => {
    const search = auditSearch(filter);
    search.set('format', format);
    return downloadUrl(`/audit/export?${search}`);
  };
  return (
    <main className={css.page} data-pane tabIndex={-1}>
      <PageHead
        title={t('settings.audit')}
        actions={
          <Menu>
            <Menu.Target>
              <Button variant="default" leftSection={<IconDownload size={16} />}>
                {t('audit.export')}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item component="a" href={file('csv')} download>
                {t('audit.csv')}
              </Menu.Item>
              <Menu.Item component="a" href={file('ndjson')} download>
                {t('audit.ndjson')}
              </Menu.Item>
              <Menu.Label>{t('audit.exportText')}</Menu.Label>
            </Menu.Dropdown>
          </Menu>
        }
      />
      <fieldset className={shape.filters} aria-label={t('audit.filter')}>
        <Select
          aria-label={t('audit.who')}
          placeholder={t('audit.anybody')}
          clearable
          searchable
          value={filter.actor || null}
          onChange={(value) => narrow({ actor: value ?? '' })}
          data={people.data?.map((one) => ({ value: one.id, label: one.name })) ?? []}
        />
        <Select
          aria-label={t('audit.what')}
          placeholder={t('audit.anything')}
          clearable
          value={filter.action || null}
          onChange={(value) => narrow({ action: value ?? '' })}
          data={KINDS.map((kind) => ({ value: `${kind}.`, label: t(`audit.kinds.${kind}`) }))}
        />
        <TextInput
          type="date"
          aria-label={t('audit.from')}
          value={filter.from}
          max={filter.to || undefined}
          onChange={(event) => narrow({ from: event.currentTarget.value })}
        />
        <span aria-hidden>–</span>
        <TextInput
          type="date"
          aria-label={t('audit.to')}
          value={filter.to}
          min={filter.from || undefined}
          onChange={(event) => narrow({ to: event.currentTarget.value })}
        />
        {filter !== EVERYTHING && (
          <Button variant="subtle" onClick={() => setFilter(EVERYTHING)}>
            {t('audit.clear')}
          </Button>
        )}
      </fieldset>
      {log.isError && entries.length === 0 ? (
        <Failed error={log.error} retry={() => void log.refetch()} />
      ) : log.isPending ? (
        <Loading />
      ) : log.data && entries.length === 0 ? (
        <div className={css.middle}>
          <StateCard Icon={IconHistory} title={t('audit.emptyTitle')} text={t('audit.emptyText')} />
        </div>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        <section className={shape.scroll} tabIndex={0} aria-label={t('settings.audit')}>
          <AuditTable entries={entries} />
          {log.hasNextPage && (
            <div className={shape.more}>
              <Button
                variant="default"
                loading={log.isFetchingNextPage}
                onClick={() => void log.fetchNextPage()}
              >
                {t('log.older')}
              </Button>
            </div>
          )}
        </section>
      )}
    </main>
  );
}

function AuditTable({ entries }: { entries: AuditEntry[] }) {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <table className={`${css.table} ${shape.table}`}>
      <thead>
        <tr>
          <th scope="col">{t('audit.at')}</th>
          <th scope="col">{t('audit.who')}</th>
          <th scope="col">{t('audit.what')}</th>
          <th scope="col">{t('audit.details')}</th>
          <th scope="col" className={shape.wide}>
            {t('audit.where')}
          </th>
          <th scope="col" className={`${css.num} ${shape.wide}`}>
            {t('audit.n')}
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.n}>
            <td>
              {shortDay(entry.at, now)} <span className="mono">{exactTime(entry.at).slice(0, 8)}</span>
            </td>
            <td>
              <bdi>{entry.actor.name || t(`audit.actors.${entry.actor.kind}`)}</bdi>
            </td>
            <td>
              <Chip tone={toneOf(entry.action)}>{actionName(entry.action, t)}</Chip>
            </td>
            <td className={shape.details}>
              <Details entry={entry} />
            </td>
            <td className={`${css.faint} ${shape.wide}`}>
              {entry.ip && (
                <>
                  <bdi dir="ltr">{entry.ip}</bdi>
                  {entry.browser && ` · ${[entry.browser, entry.device].filter(Boolean).join(', ')}`}
                </>
              )}
            </td>
            <td className={`${css.num} ${css.faint} ${shape.wide} ${shape.n}`}>{entry.n}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Details({ entry }: { entry: AuditEntry }) {
  const { data: people } = useQuery(peopleQuery);
  // What has a name is called by it; the id is for the export.
  const { name: called, ...details } = entry.details;
  const target = called || (entry.target && targetName(entry, people ?? []));
  const words = Object.entries(details).filter(([, value]) => value !== '');
  return (
    <bdi>
      {target && <strong>{target}</strong>}
      {words.map(([name, value]) => (
        <span key={name}>
          <i>{name.replaceAll('_', ' ')}</i> {value}
        </span>
      ))}
    </bdi>
  );
}
