import { ActionIcon, Tooltip } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Card } from '../../settings/parts';
import { useWhen } from '../../settings/when';
import { showToast } from '../../shell/toast';
import { useMe, useRights } from '../../state/permissions';
import { campaigns } from '../api';
import { percent } from '../counts';
import type { Lane } from '../types';
import { laneTone, rate } from '../words';
import css from './run.module.css';
import { useControl } from './useControl';

type Props = {
  lanes: Lane[];
  over?: boolean;
  /** The broadcast, while each of its lanes can be told to rest. */
  of?: string;
};

/** Of what is over only how far each came is of interest. */
export function Lanes({ lanes, over = false, of }: Props) {
  const { t } = useTranslation();
  const { controlBroadcasts } = useRights();
  const may = controlBroadcasts && of !== undefined && lanes.length > 1;
  return (
    <Card
      title={t('broadcasts.lanes.title')}
      aside={<span className={css.faint}>{t('broadcasts.lanes.text')}</span>}
      flush
    >
      {lanes.length === 0 && <p className={css.nothing}>{t('broadcasts.lanes.nothing')}</p>}
      <ul className={css.lanes}>
        {lanes.map((lane) => (
          <LaneRow
            key={lane.phone_number_id}
            lane={lane}
            over={over}
            control={may ? <LaneControl id={of} lane={lane} /> : null}
          />
        ))}
      </ul>
      {lanes.some((lane) => lane.rests) && <p className={css.nothing}>{t('broadcasts.lanes.resting')}</p>}
    </Card>
  );
}

function LaneRow({ lane, over, control }: { lane: Lane; over: boolean; control: ReactNode }) {
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
        {control}
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

/** What is handed to WhatsApp stays handed over; the others of the lane wait. */
function LaneControl({ id, lane }: { id: string; lane: Lane }) {
  const { t } = useTranslation();
  const change = useControl(id, (rests: boolean) => campaigns.lane(id, lane.phone_number_id, rests), {
    failed: (text) => showToast({ tone: 'red', title: t('broadcasts.lanes.notChanged'), text }),
  });
  const label = t(lane.rests ? 'broadcasts.lanes.goOn' : 'broadcasts.lanes.pause', { name: lane.name });
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} loading={change.busy} onClick={() => change.run(!lane.rests)}>
        {lane.rests ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}
