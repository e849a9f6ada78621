import { Button } from '@mantine/core';
import { IconCopy, IconDownload } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useChange } from '../../settings/useChange';
import { showToast } from '../../shell/toast';
import { useRights } from '../../state/permissions';
import { campaigns, keys, recipientsCsv } from '../api';
import { NAME_MAX } from '../plan';
import type { Campaign } from '../types';

export function ReportActions({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const rights = useRights();
  const duplicate = useChange(
    () =>
      campaigns
        .create({
          name: [...t('broadcasts.copyOf', { name: campaign.name })].slice(0, NAME_MAX).join(''),
          // The moment of the first one is over.
          plan: { ...campaign.plan, start_at: null, start_is_local: false },
        })
        .catch((error) => {
          showToast({ tone: 'red', title: t('broadcasts.notDuplicated'), text: error.message });
          throw error;
        }),
    {
      stale: [keys.list],
      onDone: ({ id }) => void navigate({ to: '/broadcasts/$campaignId', params: { campaignId: id } }),
    },
  );
  return (
    <>
      {rights.writeBroadcasts && (
        <Button
          variant="default"
          leftSection={<IconCopy size={16} />}
          loading={duplicate.busy}
          onClick={() => duplicate.run()}
        >
          {t('broadcasts.duplicate')}
        </Button>
      )}
      {rights.exportContacts && (
        <Button
          component="a"
          href={recipientsCsv(campaign.id)}
          download
          variant="default"
          leftSection={<IconDownload size={16} />}
        >
          {t('broadcasts.export')}
        </Button>
      )}
    </>
  );
}
