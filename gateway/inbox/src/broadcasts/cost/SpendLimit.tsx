import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRights } from '../../state/permissions';
import broadcasts from '../broadcasts.module.css';
import type { Campaign } from '../types';
import css from './cost.module.css';
import { amounts } from './money';
import { SpendDialog } from './SpendDialog';

/** What it may cost, and a way to change that while it runs. */
export function SpendLimit({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const { controlBroadcasts } = useRights();
  const [asking, setAsking] = useState(false);
  const limit = campaign.plan.spend_max;
  return (
    <span className={css.aside}>
      <span className={broadcasts.faint}>
        {limit ? t('broadcasts.limit.is', { cost: amounts([limit]) }) : t('broadcasts.limit.none')}
      </span>
      {controlBroadcasts && (
        <Button variant="light" onClick={() => setAsking(true)}>
          {t('broadcasts.limit.change')}
        </Button>
      )}
      {asking && <SpendDialog campaign={campaign} onClose={() => setAsking(false)} />}
    </span>
  );
}
