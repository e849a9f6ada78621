import { Button } from '@mantine/core';
import { IconFlag, IconGauge, IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { showToast } from '../../shell/toast';
import { useRights } from '../../state/permissions';
import { campaigns } from '../api';
import { isTriggered } from '../plan';
import type { Campaign, Counts } from '../types';
import { CancelDialog, FinishDialog, ResumeDialog } from './dialogs';
import { RateDialog } from './RateDialog';
import { useControl } from './useControl';

type Props = { campaign: Campaign; counts: Counts | null };
type Asking = 'cancel' | 'resume' | 'rate' | 'finish';

/** Pause is undone by going on, so it does not ask; what cannot be undone does. */
export function Controls({ campaign, counts }: Props) {
  const { t } = useTranslation();
  const { controlBroadcasts } = useRights();
  const [asking, setAsking] = useState<Asking | null>(null);
  const close = () => setAsking(null);
  const failed = (text: string) => showToast({ tone: 'red', title: t('broadcasts.notChanged'), text });
  const pause = useControl(campaign.id, () => campaigns.pause(campaign.id), { failed });
  const resume = useControl(campaign.id, () => campaigns.resume(campaign.id), { failed });
  const waits = counts ? counts.waiting : 0;
  const { phase } = campaign;
  // It stopped by itself: whoever goes on should have seen to the reason.
  const goOn = () =>
    phase.kind === 'paused' && phase.reason.kind !== 'person' ? setAsking('resume') : resume.run();
  return (
    <>
      {controlBroadcasts && (
        <>
          <Button variant="default" leftSection={<IconGauge size={16} />} onClick={() => setAsking('rate')}>
            {t('broadcasts.changePace')}
          </Button>
          {isTriggered(campaign.plan) && !campaign.launch?.frozen.is_whole && (
            <Button
              variant="outline"
              leftSection={<IconFlag size={16} />}
              onClick={() => setAsking('finish')}
            >
              {t('broadcasts.triggered.finish')}
            </Button>
          )}
          <Button variant="outline" leftSection={<IconX size={16} />} onClick={() => setAsking('cancel')}>
            {t('broadcasts.cancelRest')}
          </Button>
          {phase.kind === 'paused' ? (
            <Button leftSection={<IconPlayerPlay size={16} />} loading={resume.busy} onClick={goOn}>
              {t('broadcasts.resume')}
            </Button>
          ) : (
            <Button
              leftSection={<IconPlayerPause size={16} />}
              loading={pause.busy}
              onClick={() => pause.run()}
            >
              {t('broadcasts.pause')}
            </Button>
          )}
        </>
      )}
      {asking === 'cancel' && <CancelDialog campaign={campaign} waits={waits} onClose={close} />}
      {asking === 'resume' && <ResumeDialog campaign={campaign} waits={waits} onClose={close} />}
      {asking === 'finish' && <FinishDialog campaign={campaign} onClose={close} />}
      {asking === 'rate' && <RateDialog campaign={campaign} onClose={close} />}
    </>
  );
}
