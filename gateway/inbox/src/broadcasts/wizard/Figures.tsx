import { useTranslation } from 'react-i18next';
import type { Words } from '../../i18n';
import { clockTime, number } from '../../i18n/format';
import { useWhen } from '../../settings/when';
import broadcasts from '../broadcasts.module.css';
import { amounts } from '../cost/money';
import { percent } from '../counts';
import type { Check, Estimate } from '../types';
import { ranked, rate, span, total } from '../words';
import css from './check.module.css';

const DAY_S = 86_400;

type Figure = [key: string, value: string, text: string];

/** A few numbers and one bar. */
export function Figures({ check, planned }: { check: Check; planned: boolean }) {
  const { t } = useTranslation();
  const when = useWhen();
  const skipped = total(check.skipped);
  const pace = check.lanes.reduce((sum, lane) => sum + lane.per_second, 0);
  const isSoon = check.duration_seconds < DAY_S && check.days === 1 && check.later === 0;
  const figures: Figure[] = [
    [
      'willBeSent',
      number(check.will_be_sent),
      t('broadcasts.check.ofAudience', { count: check.audience, people: number(check.audience) }),
    ],
    [
      'skipped',
      number(skipped),
      t('broadcasts.check.skippedText', { share: percent(skipped, check.audience) }),
    ],
    costFigure(check.cost, t),
    [
      'duration',
      span(check.duration_seconds, t),
      t('broadcasts.check.durationText', { rate: rate(pace), count: check.lanes.length }),
    ],
    [
      'finishes',
      isSoon ? clockTime(check.finishes_at) : when(check.finishes_at),
      t(planned ? 'broadcasts.check.asPlanned' : 'broadcasts.check.ifNow'),
    ],
  ];
  return (
    <div className={css.figuresCard}>
      <dl className={broadcasts.figures}>
        {figures.map(([key, value, text]) => (
          <div key={key}>
            <dt>{t(`broadcasts.check.${key}`)}</dt>
            <dd className={broadcasts.figure}>
              <bdi>{value}</bdi>
            </dd>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {(check.days > 1 || check.later > 0 || check.over_tier > 0) && (
        <p className={`${css.faint} ${css.later}`}>
          {check.days > 1 && t('broadcasts.check.days', { count: check.days })}{' '}
          {check.later > 0 &&
            t('broadcasts.check.laterPeople', { count: check.later, people: number(check.later) })}{' '}
          {check.over_tier > 0 &&
            t('broadcasts.check.overTier', { count: check.over_tier, people: number(check.over_tier) })}
        </p>
      )}
      <span className={broadcasts.bar} aria-hidden>
        <span data-tone="d1" style={{ flexGrow: check.will_be_sent }} />
        {parts(check.skipped).map(({ tone, people }) => (
          <span key={tone} data-tone={tone} style={{ flexGrow: people }} />
        ))}
      </span>
    </div>
  );
}

/** Never 0 where it is not known. */
function costFigure({ totals, unpriced }: Estimate, t: Words): Figure {
  if (totals.length === 0) return ['cost', '–', t('broadcasts.check.costUnknown')];
  const text = unpriced > 0 ? 'broadcasts.check.costPart' : 'broadcasts.check.costText';
  return ['cost', amounts(totals), t(text, { count: unpriced, people: number(unpriced) })];
}

/** The two largest reasons have a colour of their own, as in the list below; the rest is one grey. */
function parts(skipped: Check['skipped']) {
  const [first = 0, second = 0, ...rest] = ranked(skipped).map(([, people]) => people);
  const others = rest.reduce((sum, one) => sum + one, 0);
  return [
    { tone: 'd3', people: first },
    { tone: 'd4', people: second },
    { tone: 'd6', people: others },
  ].filter(({ people }) => people > 0);
}
