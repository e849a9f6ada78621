import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconArrowLeft, IconDots, IconKey, IconPencil, IconPlugX, IconRefresh } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Channel } from '../api/administration';
import { clockTime, number } from '../i18n/format';
import { useWhen } from '../settings/when';
import { checksQuery } from './checks';
import { Doctor } from './Doctor';
import { DisconnectDialog, RenameDialog, TokenDialog } from './dialogs';
import css from './numbers.module.css';
import { limitText, qualityName, qualityTone } from './words';

type Props = { channel: Channel; onBack: (() => void) | null };
export type Asking = 'token' | 'name' | 'disconnect' | null;

export function NumberDetail({ channel, onBack }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const checkup = useQuery(checksQuery(client, channel.phone_number_id));
  const [asking, setAsking] = useState<Asking>(null);
  const close = () => setAsking(null);
  return (
    <>
      <header className={css.detailHead}>
        {onBack && (
          <ActionIcon aria-label={t('settings.back')} onClick={onBack}>
            <IconArrowLeft size={18} className={css.mirrored} />
          </ActionIcon>
        )}
        <div>
          <h2>
            <bdi>{channel.name}</bdi>
          </h2>
          <p>
            <bdi dir="ltr">{channel.display}</bdi> · <bdi dir="ltr">WABA {channel.waba_id}</bdi>
            {channel.token_hint && <> · {t('numbers.tokenEnds', { hint: channel.token_hint })}</>}
          </p>
        </div>
        {checkup.data && (
          <span className={css.checkedAt}>
            {t('numbers.checked', {
              time: clockTime(checkup.data.at),
              seconds: Math.max(0.1, checkup.data.tookMs / 1000).toFixed(1),
            })}
          </span>
        )}
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} />}
          loading={checkup.isFetching}
          onClick={() => void checkup.refetch()}
        >
          {t('numbers.checkAgain')}
        </Button>
        <Menu>
          <Menu.Target>
            <ActionIcon aria-label={t('numbers.more')} variant="default">
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconKey size={16} />} onClick={() => setAsking('token')}>
              {t('numbers.replaceToken')}
            </Menu.Item>
            <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setAsking('name')}>
              {t('numbers.rename')}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item leftSection={<IconPlugX size={16} />} onClick={() => setAsking('disconnect')}>
              {t('numbers.disconnect')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </header>
      <Tiles channel={channel} />
      <Doctor channel={channel} checkup={checkup} onAsk={setAsking} />
      {asking === 'token' && <TokenDialog channel={channel} onClose={close} />}
      {asking === 'name' && <RenameDialog channel={channel} onClose={close} />}
      {asking === 'disconnect' && <DisconnectDialog channel={channel} onClose={close} />}
    </>
  );
}

function Tiles({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const when = useWhen();
  const tiles = [
    {
      label: t('numbers.quality'),
      value: channel.quality === null ? '–' : qualityName(channel.quality, t),
      tone: qualityTone(channel.quality),
      note: t('numbers.qualityText'),
    },
    {
      label: t('numbers.people'),
      value: limitText(channel.tier, t),
      note: t('numbers.peopleText'),
    },
    {
      label: t('numbers.pace'),
      value: t('numbers.perSecond', { rate: number(channel.throughput) }),
      note: t('numbers.paceText'),
    },
    {
      label: t('numbers.lastWebhook'),
      value: channel.last_webhook_at === null ? t('numbers.noWebhook') : when(channel.last_webhook_at),
      note: t('numbers.lastWebhookText'),
    },
  ];
  return (
    <dl className={css.tiles}>
      {tiles.map((tile) => (
        <div key={tile.label}>
          <dt>{tile.label}</dt>
          <dd className={css.figure} data-tone={tile.tone}>
            {tile.value}
          </dd>
          <dd>{tile.note}</dd>
        </div>
      ))}
    </dl>
  );
}
