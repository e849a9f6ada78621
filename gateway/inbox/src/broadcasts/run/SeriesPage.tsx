import { Button } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Card, Failed, Loading } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useWhen } from '../../settings/when';
import { showToast } from '../../shell/toast';
import { useRights } from '../../state/permissions';
import { campaigns, isOver, occurrencesQuery } from '../api';
import { BroadcastHead } from '../BroadcastHead';
import { BroadcastRow } from '../BroadcastRow';
import broadcasts from '../broadcasts.module.css';
import { PhaseChip } from '../PhaseChip';
import { repeatWords } from '../repeat';
import type { Campaign } from '../types';
import { Paused } from './Paused';
import css from './run.module.css';
import { useControl } from './useControl';

/** It sends nothing itself: what it has made is below, each with its own report. */
export function SeriesPage({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const when = useWhen();
  const { phase, launch, plan } = campaign;
  const series = launch?.series;
  return (
    <main className={settings.page} data-pane tabIndex={-1}>
      <BroadcastHead name={campaign.name} chip={<PhaseChip phase={phase} />}>
        {!isOver(phase) && <SeriesControls campaign={campaign} />}
      </BroadcastHead>
      <section
        className={settings.scroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        tabIndex={0}
        aria-label={t('broadcasts.repeat.title')}
      >
        <div className={css.body}>
          {phase.kind === 'paused' && <Paused reason={phase.reason} />}
          <Card title={t('broadcasts.repeat.title')} text={plan.repeat ? repeatWords(plan.repeat, t) : ''}>
            <p>
              {series?.next && !isOver(phase)
                ? t('broadcasts.repeat.next', { when: when(series.next) })
                : t('broadcasts.repeat.over')}
            </p>
            {series && series.left_out > 0 && (
              <p className={broadcasts.faint}>
                {t('broadcasts.repeat.leftOut', { count: series.left_out, times: number(series.left_out) })}
              </p>
            )}
          </Card>
          <Made id={campaign.id} />
        </div>
      </section>
    </main>
  );
}

function SeriesControls({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const { controlBroadcasts } = useRights();
  const failed = (text: string) => showToast({ tone: 'red', title: t('broadcasts.notChanged'), text });
  const pause = useControl(campaign.id, () => campaigns.pause(campaign.id), { failed });
  const resume = useControl(campaign.id, () => campaigns.resume(campaign.id), { failed });
  const end = useControl(campaign.id, () => campaigns.cancel(campaign.id), { failed });
  if (!controlBroadcasts) return null;
  return (
    <>
      <Button
        variant="outline"
        leftSection={<IconX size={16} />}
        loading={end.busy}
        onClick={() => end.run()}
      >
        {t('broadcasts.repeat.stop')}
      </Button>
      {campaign.phase.kind === 'paused' ? (
        <Button leftSection={<IconPlayerPlay size={16} />} loading={resume.busy} onClick={() => resume.run()}>
          {t('broadcasts.resume')}
        </Button>
      ) : (
        <Button leftSection={<IconPlayerPause size={16} />} loading={pause.busy} onClick={() => pause.run()}>
          {t('broadcasts.pause')}
        </Button>
      )}
    </>
  );
}

function Made({ id }: { id: string }) {
  const { t } = useTranslation();
  const list = useInfiniteQuery(occurrencesQuery(id));
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (list.isError && rows.length === 0)
    return <Failed error={list.error} retry={() => void list.refetch()} />;
  if (list.isPending) return <Loading />;
  return (
    <Card title={t('broadcasts.repeat.made')} flush>
      {rows.length === 0 && <p className={broadcasts.faint}>{t('broadcasts.repeat.noneYet')}</p>}
      <ul className={broadcasts.list}>
        {rows.map((row) => (
          <BroadcastRow key={row.campaign.id} row={row} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('log.older')}
        </Button>
      )}
    </Card>
  );
}
