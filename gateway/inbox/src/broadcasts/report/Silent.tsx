import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Card } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useChange } from '../../settings/useChange';
import { showToast } from '../../shell/toast';
import { useRights } from '../../state/permissions';
import { campaigns, keys } from '../api';
import type { Campaign, Counts } from '../types';
import { notRead, notReplied, retarget, type Silent as Who } from './retarget';

/** Those whom it reached and who did not do what it was for: a draft to them goes through the wizard like any other. */
export function Silent({ campaign, counts }: { campaign: Campaign; counts: Counts }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { writeBroadcasts } = useRights();
  const write = useChange(
    (who: Who) =>
      campaigns
        .create(retarget(campaign, who, t(`broadcasts.silent.name.${who}`, { name: campaign.name })))
        .catch((error) => {
          showToast({ tone: 'red', title: t('broadcasts.failures.notAgain'), text: error.message });
          throw error;
        }),
    {
      stale: [keys.list],
      onDone: ({ id }) => void navigate({ to: '/broadcasts/$campaignId', params: { campaignId: id } }),
    },
  );
  const rows: [Who, number][] = [
    ['not_read', notRead(counts)],
    ['not_replied', notReplied(counts)],
  ];
  if (!writeBroadcasts) return null;
  return (
    <Card title={t('broadcasts.silent.title')} text={t('broadcasts.silent.text')} flush>
      {rows.map(([who, people]) => (
        <div key={who} className={settings.setting}>
          <div>
            <p className={settings.settingTitle}>{t(`broadcasts.silent.${who}`)}</p>
            <p className={settings.settingText}>{t(`broadcasts.silent.${who}Text`)}</p>
          </div>
          <Button
            variant="default"
            disabled={people === 0 || write.busy}
            onClick={() => write.run(who)}
            aria-label={t(`broadcasts.silent.write.${who}`, { people: number(people) })}
          >
            {t('broadcasts.silent.action', { count: people, people: number(people) })}
          </Button>
        </div>
      ))}
    </Card>
  );
}
