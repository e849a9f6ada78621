import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Card } from '../../settings/parts';
import { useWhen } from '../../settings/when';
import { useMe } from '../../state/permissions';
import { percent } from '../counts';
import type { Lane } from '../types';
import { laneTone, rate } from '../words';
import css from './run.module.css';

/** Of what is over only how far each came is of interest. */
export function Lanes({ lanes, over = false }: { lanes: Lane[]; over?: boolean }) {
  const { t } = useTranslation();
  return (
    <Card
      title={t('broadcasts.lanes.title')}
      aside={<span className={css.faint}>{t('broadcasts.lanes.text')}</span>}
      flush
    >
      {lanes.length === 0 && <p className={css.nothing}>{t('broadcasts.lanes.nothing')}</p>}
      <ul className={css.lanes}>
        {lanes.map((lane) => (
          <LaneRow key={lane.phone_number_id} lane={lane} over={over} />
        ))}
      </ul>
    </Card>
  );
}

function LaneRow({ lane, over }: { lane: Lane; over: boolean }) {
  const { t } = useTranslation();
  const when = useWhen();
  const { numbers } = useMe();
  const own = numbers.find((one) => one.phone_number_id === lane.phone_number_id);
  const all = lane.done + lane.waiting;
  const state = t(`broadcasts.lanes.${lane.state}`);
  const until = lane.until && t('broadcasts.lanes.until', { state, when: when(lane.until) });
  const told = until || (lane.note ? t('broadcasts.lanes.because', { state, note: lane.note }) : state);
  return (
    <li data-tone={over ? undefined : laneTone(lane.state)}>
      <span className={css.laneHead}>
        {!over && <span className={css.laneDot} aria-hidden />}
        <bdi dir="ltr">{own?.display ?? lane.phone_number_id}</bdi>
        <bdi className="clip">{lane.name}</bdi>
        {!over && (
          <span className={css.laneRate}>
            <strong>{rate(lane.sent_per_second)}</strong>
            {t('broadcasts.lanes.ofAllowed', { rate: rate(lane.allowed_per_second) })}
          </span>
        )}
      </span>
      <span className={css.laneBar} aria-hidden>
        <span style={{ flexGrow: lane.done }} />
        <span style={{ flexGrow: lane.waiting }} />
      </span>
      <span className={css.laneFoot}>
        <span className={css.laneState}>
          {over ? t('broadcasts.handedOf', { handed: number(lane.done), total: number(all) }) : told}
        </span>
        <span>{percent(lane.done, all)}</span>
      </span>
    </li>
  );
}
