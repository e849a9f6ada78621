import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Ask, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { campaigns } from '../api';
import type { Campaign } from '../types';
import { Why } from './Paused';
import { useControl } from './useControl';

type Props = { campaign: Campaign; waits: number; onClose: () => void };

export function CancelDialog({ campaign, waits, onClose }: Props) {
  const { t } = useTranslation();
  const cancel = useControl(campaign.id, () => campaigns.cancel(campaign.id), { done: onClose });
  const people = number(waits);
  return (
    <Ask title={t('broadcasts.cancel.title', { count: waits, people })} onClose={onClose}>
      <p>{t('broadcasts.cancel.text')}</p>
      <Refused text={cancel.text} />
      <div className={settings.row}>
        <Button variant="outline" loading={cancel.busy} onClick={() => cancel.run()}>
          {t('broadcasts.cancelRest')}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('broadcasts.cancel.goOn')}
        </Button>
      </div>
    </Ask>
  );
}

export function ResumeDialog({ campaign, waits, onClose }: Props) {
  const { t } = useTranslation();
  const resume = useControl(campaign.id, () => campaigns.resume(campaign.id), { done: onClose });
  const { phase } = campaign;
  const people = number(waits);
  return (
    <Ask title={t('broadcasts.resumeAsk.title', { count: waits, people })} onClose={onClose}>
      {phase.kind === 'paused' && (
        <p>
          <Why reason={phase.reason} />
        </p>
      )}
      <p>{t('broadcasts.resumeAsk.text')}</p>
      <Refused text={resume.text} />
      <div className={settings.row}>
        <Button loading={resume.busy} onClick={() => resume.run()}>
          {t('broadcasts.resumeAsk.submit', { count: waits, people })}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('settings.cancel')}
        </Button>
      </div>
    </Ask>
  );
}

export function FinishDialog({ campaign, onClose }: Omit<Props, 'waits'>) {
  const { t } = useTranslation();
  const finish = useControl(campaign.id, () => campaigns.finish(campaign.id), { done: onClose });
  return (
    <Ask title={t('broadcasts.triggered.finishTitle')} onClose={onClose}>
      <p>{t('broadcasts.triggered.finishText')}</p>
      <Refused text={finish.text} />
      <div className={settings.row}>
        <Button variant="outline" loading={finish.busy} onClick={() => finish.run()}>
          {t('broadcasts.triggered.finish')}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('broadcasts.cancel.goOn')}
        </Button>
      </div>
    </Ask>
  );
}
