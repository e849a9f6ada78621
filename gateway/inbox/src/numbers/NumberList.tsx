import { UnstyledButton } from '@mantine/core';
import { IconDeviceMobile, IconGauge, IconUsers } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Channel } from '../api/administration';
import { listed, number } from '../i18n/format';
import { Chip } from '../settings/parts';
import { type Checkup, checksQuery, tally } from './checks';
import css from './numbers.module.css';
import { limitText, qualityName, qualityTone } from './words';

type Props = { channels: Channel[]; openId: string | null; onOpen: (id: string) => void };

export function NumberList({ channels, openId, onOpen }: Props) {
  return (
    <ul className={css.list}>
      {channels.map((one) => (
        <li key={one.phone_number_id}>
          <Row channel={one} open={one.phone_number_id === openId} onOpen={onOpen} />
        </li>
      ))}
    </ul>
  );
}

function Row({ channel, open, onOpen }: { channel: Channel; open: boolean; onOpen: Props['onOpen'] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const checkup = client.getQueryData<Checkup>(checksQuery(client, channel.phone_number_id).queryKey);
  // WhatsApp tells no quality of a number before people have answered it.
  const connected = channel.quality !== null || channel.state !== 'broken';
  return (
    <UnstyledButton
      className={css.row}
      aria-current={open || undefined}
      onClick={() => onOpen(channel.phone_number_id)}
    >
      <span className={css.tile} aria-hidden>
        <IconDeviceMobile size={18} />
      </span>
      <span className={css.names}>
        <strong>
          <bdi>{channel.name}</bdi>
        </strong>
        <bdi dir="ltr">{channel.display}</bdi>
      </span>
      {connected ? (
        <Chip tone={qualityTone(channel.quality)}>{qualityName(channel.quality, t)}</Chip>
      ) : (
        <Chip tone="red">{t('numbers.notConnected')}</Chip>
      )}
      <span className={css.figures}>
        <span title={t('numbers.pace')}>
          <IconGauge size={14} aria-hidden />
          {t('numbers.perSecond', { rate: number(channel.throughput) })}
        </span>
        <span title={t('numbers.people')}>
          <IconUsers size={14} aria-hidden />
          {limitText(channel.tier, t)}
        </span>
        <span className={css.verdict} data-state={channel.state}>
          {verdict(channel, checkup, t)}
        </span>
      </span>
    </UnstyledButton>
  );
}

function verdict(
  channel: Channel,
  checkup: Checkup | undefined,
  t: (key: string, values?: Record<string, number>) => string,
): string {
  if (!checkup) return t(`numbers.state.${channel.state}`);
  const { broken, to_do: toDo } = tally(checkup.checks);
  const parts = [
    ...(broken > 0 ? [t('numbers.broken', { count: broken })] : []),
    ...(toDo > 0 ? [t('numbers.toDo', { count: toDo })] : []),
  ];
  return listed(parts) || t('numbers.allPass');
}
