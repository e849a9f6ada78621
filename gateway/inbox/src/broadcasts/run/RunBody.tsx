import { useTranslation } from 'react-i18next';
import { clockTime, number } from '../../i18n/format';
import settings from '../../settings/settings.module.css';
import { useWhen } from '../../settings/when';
import { useNow } from '../../state/clock';
import broadcasts from '../broadcasts.module.css';
import { TestResult } from '../compare/TestResult';
import { CostCard } from '../cost/CostCard';
import { CountriesCard } from '../cost/CountriesCard';
import { SpendLimit } from '../cost/SpendLimit';
import { isTriggered } from '../plan';
import { Skipped } from '../Skipped';
import type { Campaign, Progress, RecipientClass } from '../types';
import { AddPeople } from './AddPeople';
import { Failures } from './Failures';
import { Lanes } from './Lanes';
import { Paused } from './Paused';
import { RateCard } from './RateCard';
import css from './run.module.css';
import { States } from './States';

type Props = {
  campaign: Campaign;
  progress: Progress;
  staleSince: number | null;
  onList: (wanted: RecipientClass) => void;
};

export function RunBody({ campaign, progress, staleSince, onList }: Props) {
  const { t } = useTranslation();
  const when = useWhen();
  const { phase } = progress;
  const now = useNow();
  const { start_at: startAt, start_is_local: isLocal } = campaign.plan;
  const begins = startAt && !isLocal && phase.kind === 'running' && startAt > now ? startAt : null;
  return (
    <section
      className={settings.scroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
      tabIndex={0}
      aria-label={t('broadcasts.progress')}
    >
      <div className={css.body}>
        {staleSince !== null && (
          <p role="status" className={settings.box}>
            {t('broadcasts.notLive', { time: clockTime(staleSince) })}
          </p>
        )}
        {phase.kind === 'paused' && <Paused reason={phase.reason} />}
        {phase.kind === 'freezing' && (
          <p role="status" className={broadcasts.note}>
            {t('broadcasts.freezing', {
              count: progress.frozen.count,
              people: number(progress.frozen.count),
            })}
          </p>
        )}
        {begins && (
          <p role="status" className={broadcasts.note}>
            {t('broadcasts.beginsAt', { when: when(begins) })}
          </p>
        )}
        {isTriggered(campaign.plan) && <AddPeople campaign={campaign} progress={progress} />}
        <States progress={progress} />
        {progress.test && <TestResult campaign={campaign} progress={progress} test={progress.test} />}
        <div className={css.columns}>
          <RateCard history={progress.history} live={phase.kind === 'running'} />
          <Lanes lanes={progress.lanes} of={campaign.id} />
        </div>
        <Failures progress={progress} onList={onList} />
        <div className={css.halves}>
          <CountriesCard countries={progress.countries} />
          <CostCard cost={progress.cost} aside={<SpendLimit campaign={campaign} />} />
        </div>
        <Skipped skipped={progress.skipped} />
      </div>
    </section>
  );
}
