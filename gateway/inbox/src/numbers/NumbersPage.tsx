import { Button } from '@mantine/core';
import { IconDeviceMobile, IconPlus, IconStethoscope } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { channelsQuery } from '../api/administrationQueries';
import { Failed, Loading } from '../settings/parts';
import settings from '../settings/settings.module.css';
import { StateCard } from '../shell/StateCard';
import { useScreen } from '../shell/useScreen';
import { Alerts } from './Alerts';
import { AppCard } from './AppCard';
import { ConnectDialog } from './ConnectDialog';
import { checksQuery } from './checks';
import { NumberDetail } from './NumberDetail';
import { NumberList } from './NumberList';
import css from './numbers.module.css';

export function NumbersPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { numberId = null } = useParams({ strict: false }) as { numberId?: string };
  const { viewsBeside } = useScreen();
  const channels = useQuery(channelsQuery);
  const [connecting, setConnecting] = useState(false);
  const [checking, setChecking] = useState(false);
  const list = channels.data ?? [];
  const open =
    list.find((one) => one.phone_number_id === numberId) ?? (viewsBeside ? (list[0] ?? null) : null);
  const go = (id: string | null) => {
    if (id) void navigate({ to: '/numbers/$numberId', params: { numberId: id } });
    else void navigate({ to: '/numbers' });
  };
  const checkAll = async () => {
    setChecking(true);
    await Promise.allSettled(
      list.map((one) => client.query({ ...checksQuery(client, one.phone_number_id), staleTime: 0 })),
    );
    setChecking(false);
  };
  const connect = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setConnecting(true)}>
      {t('numbers.connect')}
    </Button>
  );
  return (
    <div className={settings.page}>
      <header className={settings.head}>
        <h1>{t('nav.numbers')}</h1>
        <span className={settings.spring} />
        {list.length > 0 && (
          <>
            <Button
              variant="default"
              leftSection={<IconStethoscope size={16} />}
              loading={checking}
              onClick={() => void checkAll()}
            >
              {t('numbers.checkAll')}
            </Button>
            {connect}
          </>
        )}
      </header>
      {channels.isError && <Failed error={channels.error} retry={() => void channels.refetch()} />}
      {channels.isPending && <Loading />}
      {channels.data && list.length === 0 && (
        <main className={settings.middle}>
          <StateCard Icon={IconDeviceMobile} title={t('numbers.emptyTitle')} text={t('numbers.emptyText')}>
            {connect}
          </StateCard>
        </main>
      )}
      {list.length > 0 && (
        <div className={css.columns}>
          {(viewsBeside || !numberId) && (
            <aside className={css.side} aria-label={t('numbers.list')} data-pane tabIndex={-1}>
              <NumberList channels={list} openId={open?.phone_number_id ?? null} onOpen={go} />
              <AppCard />
            </aside>
          )}
          {open && (
            <main className={css.main} data-pane tabIndex={-1}>
              <Alerts phoneNumberId={open.phone_number_id} />
              <NumberDetail
                key={open.phone_number_id}
                channel={open}
                onBack={viewsBeside ? null : () => go(null)}
              />
            </main>
          )}
        </div>
      )}
      {connecting && <ConnectDialog onClose={() => setConnecting(false)} onConnected={go} />}
    </div>
  );
}
