import { Button, TextInput } from '@mantine/core';
import { IconRocket } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../api/problem';
import { number } from '../../i18n/format';
import { Ask, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useWhen } from '../../settings/when';
import { keys } from '../api';
import { amounts } from '../cost/money';
import type { Campaign, Check } from '../types';
import { typedCount } from './typedCount';
import { useLaunch } from './useLaunch';

type Props = {
  campaign: Campaign;
  check: Check;
  onClose: () => void;
  /** Somebody else has saved the draft since it was checked. */
  onConflict: (problem: Problem) => void;
};

/** Asks once more, with people and cost; the count is typed, so that nobody starts by a habit of the hand. */
export function StartDialog({ campaign, check, onClose, onConflict }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const when = useWhen();
  const [typed, setTyped] = useState('');
  const count = check.will_be_sent;
  const people = number(count);
  const launch = useLaunch(campaign, count, onConflict);
  const changed = launch.problem?.code === 'count_changed';
  const again = () => {
    launch.reset();
    setTyped('');
    void client.invalidateQueries({ queryKey: keys.check(campaign.id, campaign.revision) });
  };
  const { totals } = check.cost;
  const title =
    totals.length > 0
      ? t('broadcasts.ask.titleCost', { count, people, cost: amounts(totals) })
      : t('broadcasts.ask.title', { count, people });
  const { start_at: startAt, repeat } = campaign.plan;
  const text = () => {
    if (repeat) return t('broadcasts.ask.repeats');
    return startAt ? t('broadcasts.ask.later', { when: when(startAt) }) : t('broadcasts.ask.text');
  };
  return (
    <Ask title={title} onClose={onClose}>
      <form
        className={settings.ask}
        onSubmit={(event) => {
          event.preventDefault();
          if (typedCount(typed) === count && !changed) launch.run();
        }}
      >
        <p>{text()}</p>
        <TextInput
          label={t('broadcasts.ask.type', { people })}
          value={typed}
          data-autofocus
          dir="ltr"
          inputMode="numeric"
          autoComplete="off"
          disabled={changed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Refused text={launch.text} />
        <div className={settings.row}>
          {changed ? (
            <Button onClick={again}>{t('broadcasts.ask.again')}</Button>
          ) : (
            <Button
              type="submit"
              leftSection={<IconRocket size={16} />}
              loading={launch.busy}
              disabled={typedCount(typed) !== count}
            >
              {t('broadcasts.startSending', { count, people })}
            </Button>
          )}
          <Button variant="default" onClick={onClose}>
            {t('settings.cancel')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}
