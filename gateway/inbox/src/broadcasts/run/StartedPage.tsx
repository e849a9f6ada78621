import { Button } from '@mantine/core';
import { IconList } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Failed, Loading } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useWhen } from '../../settings/when';
import { isOver } from '../api';
import { BroadcastHead } from '../BroadcastHead';
import { PhaseChip } from '../PhaseChip';
import { ReportActions } from '../report/ReportActions';
import { ReportBody } from '../report/ReportBody';
import type { Campaign, RecipientClass } from '../types';
import { Controls } from './Controls';
import { RecipientsDrawer } from './RecipientsDrawer';
import { RunBody } from './RunBody';
import css from './run.module.css';
import { useStarted } from './useStarted';

/** From the start on: first the numbers that move, then what came of it. */
export function StartedPage({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const when = useWhen();
  const query = useStarted(campaign);
  const [listed, setListed] = useState<RecipientClass | 'all' | null>(null);
  const progress = query.data;
  const phase = progress?.phase ?? campaign.phase;
  const over = isOver(phase);
  return (
    <main className={settings.page} data-pane tabIndex={-1}>
      <BroadcastHead name={campaign.name} chip={<PhaseChip phase={phase} />}>
        {campaign.launch && !over && (
          <span className={css.startedBy}>
            {t('broadcasts.startedBy', { when: when(campaign.launch.at), name: campaign.launch.by.name })}
          </span>
        )}
        {campaign.launch?.occurrence && (
          <Link to="/broadcasts/$campaignId" params={{ campaignId: campaign.launch.occurrence.series }}>
            {t('broadcasts.repeat.partOf')}
          </Link>
        )}
        <Button variant="default" leftSection={<IconList size={16} />} onClick={() => setListed('all')}>
          {t('broadcasts.recipients')}
        </Button>
        {over ? (
          <ReportActions campaign={campaign} />
        ) : (
          <Controls campaign={{ ...campaign, phase }} counts={progress?.counts ?? null} />
        )}
      </BroadcastHead>
      {!progress && query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {!progress && !query.isError && (
        <div className={settings.scroll}>
          <Loading />
        </div>
      )}
      {progress &&
        (over ? (
          <ReportBody campaign={campaign} progress={progress} onList={setListed} />
        ) : (
          <RunBody
            campaign={campaign}
            progress={progress}
            // What is shown is the last that was known; it says so rather than leave.
            staleSince={query.isError ? query.dataUpdatedAt : null}
            onList={setListed}
          />
        ))}
      {listed && (
        <RecipientsDrawer
          campaign={campaign}
          lanes={progress?.lanes ?? []}
          wanted={listed === 'all' ? null : listed}
          onWanted={(wanted) => setListed(wanted ?? 'all')}
          onClose={() => setListed(null)}
        />
      )}
    </main>
  );
}
