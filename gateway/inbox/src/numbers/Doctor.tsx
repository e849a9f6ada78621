import { Button } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconStethoscope } from '@tabler/icons-react';
import { type UseQueryResult, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Channel, Check } from '../api/administration';
import { api } from '../api/client';
import { asProblem } from '../api/problem';
import { Chip, Refused } from '../settings/parts';
import { useChange } from '../settings/useChange';
import { type Checkup, checksQuery, deedOf, sorted, tally } from './checks';
import type { Asking } from './NumberDetail';
import css from './numbers.module.css';

type Props = { channel: Channel; checkup: UseQueryResult<Checkup>; onAsk: (asking: Asking) => void };

export function Doctor({ channel, checkup, onAsk }: Props) {
  const { t } = useTranslation();
  const checks = sorted(checkup.data?.checks ?? []);
  const { broken, to_do: toDo, fine } = tally(checks);
  return (
    <section className={css.doctor} aria-busy={checkup.isFetching}>
      <header>
        <IconStethoscope size={18} aria-hidden />
        <h3>{t('numbers.doctor')}</h3>
        {broken > 0 && <Chip tone="red">{t('numbers.broken', { count: broken })}</Chip>}
        {toDo > 0 && <Chip tone="amb">{t('numbers.toDo', { count: toDo })}</Chip>}
        {fine > 0 && <Chip tone="grn">{t('numbers.fine', { count: fine })}</Chip>}
      </header>
      {checkup.isPending && <p className={css.waiting}>{t('numbers.checking')}</p>}
      {checkup.isError && (
        <p className={css.waiting}>
          {t('numbers.checkFailed')} {asProblem(checkup.error).detail || t('error.noAnswer')}
        </p>
      )}
      {checks
        .filter((one) => one.state !== 'fine')
        .map((one) => (
          <Finding
            key={one.check}
            check={one}
            channel={channel}
            onAsk={onAsk}
            onAgain={() => void checkup.refetch()}
          />
        ))}
      {fine > 0 && (
        <ul className={css.fine}>
          {checks
            .filter((one) => one.state === 'fine')
            .map((one) => (
              <li key={one.check}>
                <IconCircleCheck size={16} aria-hidden />
                <bdi>{one.title}</bdi>
              </li>
            ))}
        </ul>
      )}
    </section>
  );
}

type FindingProps = {
  check: Check;
  channel: Channel;
  onAsk: Props['onAsk'];
  onAgain: () => void;
};

/** What is wrong, what it does to messages, one button, one way by hand. */
function Finding({ check, channel, onAsk, onAgain }: FindingProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [byHand, setByHand] = useState(false);
  const repair = useChange(
    () => api.post(`/channels/${channel.phone_number_id}/checks`, { repair: check.action?.kind }),
    { onDone: () => void client.refetchQueries(checksQuery(client, channel.phone_number_id)) },
  );
  const deed = check.action && deedOf(check.action.kind);
  const act = () => {
    if (deed === 'repair') repair.run();
    if (deed === 'token') onAsk('token');
    if (deed === 'check') onAgain();
    if (deed === 'app') document.getElementById('own-app')?.scrollIntoView();
  };
  const broken = check.state === 'broken';
  return (
    <article className={css.finding} data-state={check.state}>
      {broken ? (
        <IconCircleX size={18} role="img" aria-label={t('numbers.state.broken')} />
      ) : (
        <IconAlertTriangle size={18} role="img" aria-label={t('numbers.state.to_do')} />
      )}
      <div className={css.findingText}>
        <h4>
          <bdi>{check.title}</bdi>
        </h4>
        <p>
          <bdi>{check.effect}</bdi>
        </p>
        {byHand && <p className={`${css.byHand} mono`}>{check.by_hand}</p>}
        <Refused text={repair.text} />
      </div>
      <div className={css.findingActions}>
        {check.by_hand && (
          <Button variant="subtle" aria-expanded={byHand} onClick={() => setByHand(!byHand)}>
            {t('numbers.byHand')}
          </Button>
        )}
        {check.action && deed && (
          <Button variant={broken ? 'filled' : 'default'} loading={repair.busy} onClick={act}>
            {check.action.label}
          </Button>
        )}
      </div>
    </article>
  );
}
