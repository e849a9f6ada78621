import { Button } from '@mantine/core';
import { IconPlus, IconSpeakerphone } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Failed, Loading } from '../settings/parts';
import settings from '../settings/settings.module.css';
import { StateCard } from '../shell/StateCard';
import { useMe, useRights } from '../state/permissions';
import { campaignsQuery } from './api';
import { BroadcastRow } from './BroadcastRow';
import css from './broadcasts.module.css';

export function BroadcastsPage() {
  const { t } = useTranslation();
  const rights = useRights();
  const navigate = useNavigate();
  const list = useInfiniteQuery(campaignsQuery);
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const begin = () => void navigate({ to: '/broadcasts/new' });
  return (
    <main className={settings.page} data-pane tabIndex={-1}>
      <header className={settings.head}>
        <h1>{t('nav.broadcasts')}</h1>
        <span className={settings.spring} />
        {rights.writeBroadcasts && rows.length > 0 && (
          <Button leftSection={<IconPlus size={16} />} onClick={begin}>
            {t('broadcasts.new')}
          </Button>
        )}
      </header>
      {list.isError && rows.length === 0 && <Failed error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && (
        <div className={settings.scroll}>
          <Loading />
        </div>
      )}
      {list.data && rows.length === 0 && (
        <div className={settings.middle}>
          <Nothing onBegin={begin} />
        </div>
      )}
      {rows.length > 0 && (
        <section
          className={css.scroll}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
          tabIndex={0}
          aria-label={t('broadcasts.list')}
        >
          <div className={css.columns} aria-hidden>
            <span>{t('broadcasts.column.name')}</span>
            <span>{t('broadcasts.column.phase')}</span>
            <span>{t('broadcasts.column.progress')}</span>
            <span className={css.end}>{t('broadcasts.state.replied')}</span>
            <span>{t('broadcasts.column.when')}</span>
          </div>
          <ul className={css.list}>
            {rows.map((row) => (
              <BroadcastRow key={row.campaign.id} row={row} />
            ))}
          </ul>
          {list.hasNextPage && (
            <div className={css.more}>
              <Button
                variant="default"
                loading={list.isFetchingNextPage}
                onClick={() => void list.fetchNextPage()}
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

/** What has to be there first, and who can see to it. */
function Nothing({ onBegin }: { onBegin: () => void }) {
  const { t } = useTranslation();
  const rights = useRights();
  const { numbers } = useMe();
  const title = t('broadcasts.empty.title');
  if (!rights.writeBroadcasts)
    return <StateCard Icon={IconSpeakerphone} title={title} text={t('broadcasts.empty.reader')} />;
  if (numbers.length === 0)
    return (
      <StateCard Icon={IconSpeakerphone} title={title} text={t('broadcasts.empty.noNumber')}>
        {rights.channels && (
          <Button component={Link} to="/numbers">
            {t('broadcasts.empty.connect')}
          </Button>
        )}
      </StateCard>
    );
  return (
    <StateCard Icon={IconSpeakerphone} title={title} text={t('broadcasts.empty.text')}>
      <Button leftSection={<IconPlus size={16} />} onClick={onBegin}>
        {t('broadcasts.new')}
      </Button>
    </StateCard>
  );
}
