import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useChange } from '../../settings/useChange';
import { showToast } from '../../shell/toast';
import { useRights } from '../../state/permissions';
import { campaigns, keys } from '../api';
import { isTriggered, NAME_MAX } from '../plan';
import type { Campaign, FailureClass } from '../types';

/** A draft to those whom it did not reach; `undefined` where there is none to make. */
export function useAgain(campaign: Campaign): ((failed: FailureClass) => void) | undefined {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const rights = useRights();
  const name = [...t('broadcasts.copyOf', { name: campaign.name })].slice(0, NAME_MAX).join('');
  const again = useChange(
    (failed: FailureClass) =>
      campaigns.retry(campaign.id, failed, name).catch((error) => {
        showToast({ tone: 'red', title: t('broadcasts.failures.notAgain'), text: error.message });
        throw error;
      }),
    {
      stale: [keys.list],
      onDone: ({ id }) => void navigate({ to: '/broadcasts/$campaignId', params: { campaignId: id } }),
    },
  );
  return rights.controlBroadcasts && campaign.phase.kind === 'finished' && !isTriggered(campaign.plan)
    ? again.run
    : undefined;
}
