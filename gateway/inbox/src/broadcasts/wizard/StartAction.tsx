import { Button } from '@mantine/core';
import { IconRocket } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../api/problem';
import { number } from '../../i18n/format';
import { useRights } from '../../state/permissions';
import { checkQuery } from '../api';
import { isTriggered } from '../plan';
import type { Campaign } from '../types';
import { OpenDialog } from './OpenDialog';
import { StartDialog } from './StartDialog';
import css from './wizard.module.css';

type Props = { campaign: Campaign; settled: boolean; onConflict: (problem: Problem) => void };

/** Off while something must be fixed, and beside it why. */
export function StartAction({ campaign, settled, onConflict }: Props) {
  const { t } = useTranslation();
  const rights = useRights();
  const [asking, setAsking] = useState(false);
  const { data: check } = useQuery({ ...checkQuery(campaign.id, campaign.revision), enabled: settled });
  if (!rights.launchBroadcasts) return <span className={css.faint}>{t('broadcasts.mayNotStart')}</span>;
  const broken = check?.findings.filter((one) => one.severity === 'must_fix').length ?? 0;
  const count = check?.will_be_sent ?? 0;
  const opens = isTriggered(campaign.plan);
  return (
    <>
      {broken > 0 && <span className={css.fix}>{t('broadcasts.fixFirst', { count: broken })}</span>}
      {check && broken === 0 && count === 0 && !opens && (
        <span className={css.fix}>{t('broadcasts.nobodyLeft')}</span>
      )}
      <Button
        leftSection={<IconRocket size={16} />}
        disabled={!check || !settled || broken > 0 || (count === 0 && !opens)}
        onClick={() => setAsking(true)}
      >
        {check && !opens
          ? t('broadcasts.startSending', { count, people: number(count) })
          : t('broadcasts.startPlain')}
      </Button>
      {asking && opens && (
        <OpenDialog
          campaign={campaign}
          onClose={() => setAsking(false)}
          onConflict={(problem) => {
            setAsking(false);
            onConflict(problem);
          }}
        />
      )}
      {asking && check && !opens && (
        <StartDialog
          campaign={campaign}
          check={check}
          onClose={() => setAsking(false)}
          onConflict={(problem) => {
            setAsking(false);
            onConflict(problem);
          }}
        />
      )}
    </>
  );
}
