import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Failed, Loading } from '../settings/parts';
import settings from '../settings/settings.module.css';
import { useRights } from '../state/permissions';
import { campaignQuery } from './api';
import { BroadcastHead } from './BroadcastHead';
import { DraftView } from './DraftView';
import { SeriesPage } from './run/SeriesPage';
import { StartedPage } from './run/StartedPage';
import { Wizard } from './wizard/Wizard';

export function BroadcastPage() {
  const { campaignId } = useParams({ from: '/shell/broadcasts/$campaignId' });
  return <One key={campaignId} id={campaignId} />;
}

function One({ id }: { id: string }) {
  const { t } = useTranslation();
  const rights = useRights();
  const query = useQuery(campaignQuery(id));
  const campaign = query.data?.campaign;
  // A draft that is edited begins with what the server has now, not with what was seen some time ago.
  const stale = campaign?.phase.kind === 'draft' && !query.isFetchedAfterMount;
  if (query.isError && !campaign)
    return (
      <main className={settings.page}>
        <BroadcastHead name={t('broadcasts.one')} />
        <Failed error={query.error} retry={() => void query.refetch()} />
      </main>
    );
  if (!campaign || stale)
    return (
      <main className={settings.page}>
        <BroadcastHead name={campaign?.name ?? ''} />
        <div className={settings.scroll}>
          <Loading />
        </div>
      </main>
    );
  if (campaign.phase.kind !== 'draft' && campaign.plan.repeat) return <SeriesPage campaign={campaign} />;
  if (campaign.phase.kind !== 'draft') return <StartedPage campaign={campaign} />;
  return rights.writeBroadcasts ? <Wizard campaign={campaign} /> : <DraftView campaign={campaign} />;
}
