import { Button } from '@mantine/core';
import { IconRocket } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../api/problem';
import { Ask, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import type { Campaign } from '../types';
import { useLaunch } from './useLaunch';

type Props = { campaign: Campaign; onClose: () => void; onConflict: (problem: Problem) => void };

/** Nobody gets anything yet, so there is no count to type. */
export function OpenDialog({ campaign, onClose, onConflict }: Props) {
  const { t } = useTranslation();
  const launch = useLaunch(campaign, 0, onConflict);
  return (
    <Ask title={t('broadcasts.triggered.startTitle')} onClose={onClose}>
      <p>{t('broadcasts.triggered.startText')}</p>
      <Refused text={launch.text} />
      <div className={settings.row}>
        <Button leftSection={<IconRocket size={16} />} loading={launch.busy} onClick={() => launch.run()}>
          {t('broadcasts.startPlain')}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('settings.cancel')}
        </Button>
      </div>
    </Ask>
  );
}
