import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Ask, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { campaigns } from '../api';
import { useControl } from '../run/useControl';
import type { Campaign } from '../types';
import { limitProblem } from './limit';
import { SpendFields } from './SpendFields';

export function SpendDialog({ campaign, onClose }: { campaign: Campaign; onClose: () => void }) {
  const { t } = useTranslation();
  const [limit, setLimit] = useState(campaign.plan.spend_max ?? null);
  const change = useControl(campaign.id, () => campaigns.limit(campaign.id, limit), { done: onClose });
  const wrong = limitProblem(limit) !== null;
  return (
    <Ask title={t('broadcasts.limit.change')} onClose={onClose}>
      <form
        className={settings.ask}
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong) change.run();
        }}
      >
        <SpendFields limit={limit} onChange={setLimit} />
        <p>{t('broadcasts.limit.text')}</p>
        <Refused text={change.text} />
        <div className={settings.row}>
          <Button type="submit" loading={change.busy} disabled={wrong}>
            {t('broadcasts.limit.submit')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}
