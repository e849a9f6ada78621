import { Trans, useTranslation } from 'react-i18next';
import type { Words } from '../../i18n';
import { clockTime, number } from '../../i18n/format';
import { useNow } from '../../state/clock';
import broadcasts from '../broadcasts.module.css';
import { handed, percent, reached, type StateShare, shares } from '../counts';
import { StateBar } from '../StateBar';
import type { Counts, Progress } from '../types';
import { span } from '../words';
import css from './run.module.css';

/** Everybody is in exactly one of six places; what they did because of it is counted beside them. */
export function States({ progress: { counts, eta_seconds: eta, phase } }: { progress: Progress }) {
  const { t } = useTranslation();
  const now = useNow(1_000);
  const done = handed(counts);
  const ofReached = (people: number, decimals = 1) =>
    t('broadcasts.report.ofDelivered', { share: percent(people, reached(counts), decimals) });
  return (
    <section className={css.states} aria-label={t('broadcasts.states')}>
      <p className={css.lead}>
        <strong>{percent(done, counts.total)}</strong>
        <span>
          {t('broadcasts.handed', {
            handed: number(done),
            total: number(counts.total),
            count: counts.total,
          })}
        </span>
        {eta != null && phase.kind === 'running' && (
          <span className={css.eta}>
            <Trans
              i18nKey="broadcasts.eta"
              values={{ span: span(eta, t), time: clockTime(now + eta * 1000) }}
              components={{ b: <b /> }}
            />
          </span>
        )}
      </p>
      <StateBar counts={counts} />
      <dl className={css.tiles}>
        {shares(counts).map((one) => (
          <Tile key={one.state} state={one.state} people={one.people} note={noteOf(one, counts, t)} />
        ))}
        <Tile state="replied" people={counts.replied} note={t('broadcasts.note.replied')} apart />
        <Tile state="clicked" people={counts.clicked} note={ofReached(counts.clicked)} />
        <Tile state="opted_out" people={counts.opted_out} note={ofReached(counts.opted_out, 2)} />
      </dl>
    </section>
  );
}

function noteOf({ state, people }: StateShare, counts: Counts, t: Words): string {
  const share = percent(people, counts.total);
  if (state === 'failed') return t('broadcasts.note.failed', { share });
  if (state === 'waiting' && counts.under_way > 0)
    return t('broadcasts.note.underWay', {
      share,
      count: counts.under_way,
      people: number(counts.under_way),
    });
  if (state === 'sent' && counts.held > 0)
    return t('broadcasts.note.held', { share, count: counts.held, people: number(counts.held) });
  if (state !== 'unknown') return share;
  return counts.parked > 0
    ? t('broadcasts.note.parked', { count: counts.parked, people: number(counts.parked) })
    : t('broadcasts.note.unknown');
}

type TileProps = {
  state: StateShare['state'] | 'replied' | 'clicked' | 'opted_out';
  people: number;
  note: string;
  apart?: boolean;
};

function Tile({ state, people, note, apart = false }: TileProps) {
  const { t } = useTranslation();
  return (
    <div data-apart={apart || undefined}>
      <dt>
        <span className={broadcasts.square} data-state={state} aria-hidden />
        {t(`broadcasts.state.${state}`)}
      </dt>
      <dd className={broadcasts.figure}>{number(people)}</dd>
      <dd>{note}</dd>
    </div>
  );
}
