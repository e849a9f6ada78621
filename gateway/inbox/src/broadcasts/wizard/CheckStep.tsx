import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import type { Template } from '../../api/types';
import { clockTime } from '../../i18n/format';
import { Failed, Loading } from '../../settings/parts';
import { checkQuery } from '../api';
import broadcasts from '../broadcasts.module.css';
import cost from '../cost/cost.module.css';
import { EstimateCard } from '../cost/EstimateCard';
import { isTriggered } from '../plan';
import { Skipped } from '../Skipped';
import type { Step } from '../steps';
import type { Campaign } from '../types';
import { ApprovalCard } from './ApprovalCard';
import { CheckAside } from './CheckAside';
import css from './check.module.css';
import { Figures } from './Figures';
import { Findings } from './Findings';
import { TestCheck } from './TestCheck';

type Props = {
  campaign: Campaign;
  template: Template | null;
  /** Not for whoever only looks at it. */
  onGo?: (step: Step) => void;
  settled: boolean;
  onApproval: (campaign: Campaign) => void;
};

/** A dry run: nothing is sent, and what it says is of this minute. */
export function CheckStep({ campaign, template, onGo, settled, onApproval }: Props) {
  const { t } = useTranslation();
  const query = useQuery({ ...checkQuery(campaign.id, campaign.revision), enabled: settled });
  const check = query.data;
  if (query.isError && !check)
    return <Failed error={asProblem(query.error)} retry={() => void query.refetch()} />;
  if (!check)
    return (
      <div className={css.checkMain} role="status">
        <p className={css.faint}>{t('broadcasts.check.checking')}</p>
        <Loading />
      </div>
    );
  return (
    <div className={css.check}>
      <section
        className={css.checkMain}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        tabIndex={0}
        aria-label={t('broadcasts.step.check')}
        aria-busy={query.isFetching}
      >
        {isTriggered(campaign.plan) ? (
          <p className={broadcasts.note}>{t('broadcasts.triggered.check')}</p>
        ) : (
          <>
            <Figures check={check} planned={campaign.plan.start_at != null} />
            <div className={cost.pair}>
              <Skipped skipped={check.skipped} onGo={onGo} />
              <EstimateCard cost={check.cost} />
            </div>
            {check.test && <TestCheck test={check.test} plan={campaign.plan} />}
          </>
        )}
        <Findings findings={check.findings} onGo={onGo} />
        <ApprovalCard campaign={campaign} settled={settled} onDone={onApproval} />
        <p className={css.faint}>
          {t('broadcasts.check.checkedAt', { time: clockTime(query.dataUpdatedAt) })}{' '}
          <Button variant="light" loading={query.isFetching} onClick={() => void query.refetch()}>
            {t('broadcasts.check.again')}
          </Button>
        </p>
      </section>
      <CheckAside check={check} campaign={campaign} template={template} settled={settled} />
    </div>
  );
}
