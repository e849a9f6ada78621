import { Button, NumberInput, Radio } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Ask, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { campaigns } from '../api';
import { RATE_MAX } from '../plan';
import type { Campaign } from '../types';
import css from './run.module.css';
import { useControl } from './useControl';

const FIRST_RATE = 20;

export function RateDialog({ campaign, onClose }: { campaign: Campaign; onClose: () => void }) {
  const { t } = useTranslation();
  const known = campaign.plan.per_second ?? null;
  const [limited, setLimited] = useState(known !== null);
  const [typed, setTyped] = useState<number | string>(known ?? FIRST_RATE);
  const rate = Number(typed);
  const wrong = limited && !(Number.isInteger(rate) && rate >= 1 && rate <= RATE_MAX);
  const pace = useControl(campaign.id, () => campaigns.pace(campaign.id, limited ? rate : null), {
    done: onClose,
  });
  return (
    <Ask title={t('broadcasts.changePace')} onClose={onClose}>
      <form
        className={settings.ask}
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong) pace.run();
        }}
      >
        <Radio.Group
          aria-label={t('broadcasts.pace.title')}
          value={limited ? 'limit' : 'most'}
          onChange={(value) => setLimited(value === 'limit')}
        >
          <div className={css.choices}>
            <Radio value="most" label={t('broadcasts.pace.most')} />
            <Radio value="limit" label={t('broadcasts.pace.limit')} />
          </div>
        </Radio.Group>
        {limited && (
          <NumberInput
            label={t('broadcasts.pace.perSecond')}
            value={typed}
            min={1}
            max={RATE_MAX}
            allowDecimal={false}
            allowNegative={false}
            error={wrong && t('broadcasts.problem.badRate')}
            onChange={setTyped}
          />
        )}
        <p>{t('broadcasts.pace.changeText')}</p>
        <Refused text={pace.text} />
        <div className={settings.row}>
          <Button type="submit" loading={pace.busy} disabled={wrong}>
            {t('broadcasts.pace.submit')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}
