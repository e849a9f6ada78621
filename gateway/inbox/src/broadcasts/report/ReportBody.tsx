import { useTranslation } from 'react-i18next';
import type { Words } from '../../i18n';
import { number } from '../../i18n/format';
import { Card } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useWhen } from '../../settings/when';
import broadcasts from '../broadcasts.module.css';
import { TestResult } from '../compare/TestResult';
import { CostCard } from '../cost/CostCard';
import { CountriesCard } from '../cost/CountriesCard';
import { amounts } from '../cost/money';
import { handed, percent, reached } from '../counts';
import { Failures } from '../run/Failures';
import { Lanes } from '../run/Lanes';
import { RateCard } from '../run/RateCard';
import run from '../run/run.module.css';
import { Skipped } from '../Skipped';
import type { Campaign, Counts, Plan, Progress, RecipientClass } from '../types';
import { span } from '../words';
import { funnel, lasted } from './funnel';
import { HoursCard } from './HoursCard';
import { RepliesCard } from './RepliesCard';
import css from './report.module.css';
import { Silent } from './Silent';
import { useAgain } from './useAgain';

type Props = { campaign: Campaign; progress: Progress; onList: (wanted: RecipientClass) => void };

export function ReportBody({ campaign, progress, onList }: Props) {
  const { t } = useTranslation();
  const onAgain = useAgain(campaign);
  return (
    <section
      className={settings.scroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
      tabIndex={0}
      aria-label={t('broadcasts.report.title')}
    >
      <div className={run.body}>
        {progress.phase.kind === 'cancelled' && <Cancelled progress={progress} at={progress.phase.at} />}
        <Totals progress={progress} startAt={campaign.plan.start_at} />
        {progress.test && <TestResult campaign={campaign} progress={progress} test={progress.test} />}
        <div className={run.columns}>
          {progress.hours.length > 0 && progress.started_at != null && (
            <HoursCard hours={progress.hours} startedAt={progress.started_at} />
          )}
          <Funnel progress={progress} />
        </div>
        <div className={run.columns}>
          <CountriesCard countries={progress.countries} />
          <RepliesCard replies={progress.replies} />
        </div>
        <Failures progress={progress} onList={onList} onAgain={onAgain} />
        <div className={run.columns}>
          {progress.history.length > 0 && <RateCard history={progress.history} live={false} />}
          <CostCard cost={progress.cost} />
        </div>
        <Silent campaign={campaign} counts={progress.counts} />
        <div className={run.halves}>
          <Skipped skipped={progress.skipped} />
          <Lanes lanes={progress.lanes} over />
        </div>
      </div>
    </section>
  );
}

function Cancelled({ progress: { counts }, at }: { progress: Progress; at: number }) {
  const { t } = useTranslation();
  const when = useWhen();
  return (
    <p className={broadcasts.note}>
      {t('broadcasts.report.cancelled', {
        when: when(at),
        count: counts.waiting,
        people: number(counts.waiting),
      })}
    </p>
  );
}

/** Every percentage with what it is of. */
function Totals({ progress, startAt }: { progress: Progress; startAt: Plan['start_at'] }) {
  const { t } = useTranslation();
  const { counts } = progress;
  const seconds = lasted(progress, startAt);
  const [sent, delivered] = [handed(counts), reached(counts)];
  const { billed, per_reply } = progress.cost;
  const tiles: [key: string, value: string, text: string][] = [
    ['sent', number(sent), sentText(counts, seconds, t)],
    ['delivered', number(delivered), t('broadcasts.report.ofSent', { share: percent(delivered, sent) })],
    [
      'read',
      number(counts.read),
      t('broadcasts.report.ofDelivered', { share: percent(counts.read, delivered) }),
    ],
    [
      'replied',
      number(counts.replied),
      t('broadcasts.report.ofDelivered', { share: percent(counts.replied, delivered) }),
    ],
    [
      'clicked',
      number(counts.clicked),
      t('broadcasts.report.ofDelivered', { share: percent(counts.clicked, delivered) }),
    ],
    [
      'opted_out',
      number(counts.opted_out),
      t('broadcasts.report.ofDelivered', { share: percent(counts.opted_out, delivered, 2) }),
    ],
    [
      'failed',
      number(counts.failed),
      t('broadcasts.note.failed', { share: percent(counts.failed, counts.total) }),
    ],
    ['unknown', number(counts.unknown + counts.parked), t('broadcasts.note.unknown')],
    [
      'cost',
      billed.length > 0 ? amounts(billed) : '–',
      per_reply.length > 0 ? t('broadcasts.spent.perReply', { cost: amounts(per_reply) }) : '',
    ],
  ];
  return (
    <section className={css.totals} aria-label={t('broadcasts.states')}>
      <dl className={broadcasts.figures}>
        {tiles.map(([key, value, text]) => (
          <div key={key}>
            <dt>{t(`broadcasts.report.${key}`)}</dt>
            <dd className={broadcasts.figure}>
              <bdi>{value}</bdi>
            </dd>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What WhatsApp still holds matters more than how long it took. */
function sentText(counts: Counts, seconds: number | null, t: Words): string {
  if (counts.held > 0)
    return t('broadcasts.report.held', { count: counts.held, people: number(counts.held) });
  return seconds === null ? '' : t('broadcasts.report.inTime', { span: span(seconds, t) });
}

function Funnel({ progress }: { progress: Progress }) {
  const { t } = useTranslation();
  const stages = funnel(progress);
  const all = stages[0]?.people ?? 0;
  return (
    <Card title={t('broadcasts.report.where')} flush>
      <ol className={css.funnel}>
        {stages.map(({ stage, people }) => (
          <li key={stage}>
            <span>{t(`broadcasts.report.stage.${stage}`)}</span>
            <span className={css.track} aria-hidden>
              <span data-stage={stage} style={{ inlineSize: all > 0 ? `${(people / all) * 100}%` : 0 }} />
            </span>
            <strong>{number(people)}</strong>
            <span className={css.share}>{percent(people, all)}</span>
          </li>
        ))}
      </ol>
      <p className={css.floor}>{t('broadcasts.report.floor')}</p>
      <p className={css.floor}>{t('broadcasts.report.taps')}</p>
    </Card>
  );
}
