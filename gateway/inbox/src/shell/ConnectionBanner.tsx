import { Button, Popover } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../live/context';
import { useOutbox, waiting } from '../live/outbox';
import { BANNER_AFTER_MS, useLive } from '../live/store';
import { useNow } from '../state/clock';
import { announce } from './announce';
import { OutboxList } from './OutboxList';
import css from './shell.module.css';

export function ConnectionBanner() {
  const state = useLive((store) => store.state);
  const now = useNow(1_000);
  const down = state.downSince !== null && now - state.downSince > BANNER_AFTER_MS;
  useConnectionAnnouncement(down);
  return down ? <Banner retryInMs={state.retryAt === null ? null : state.retryAt - now} /> : null;
}

function Banner({ retryInMs }: { retryInMs: number | null }) {
  const { t } = useTranslation();
  const session = useSession();
  const count = useOutbox((store) => waiting(store.entries).length);
  return (
    <section className={css.banner} aria-label={t('live.reconnecting')}>
      <IconPlugConnectedX size={18} className={css.bannerIcon} aria-hidden />
      <strong>{count > 0 ? t('outbox.reconnectingWith', { count }) : t('outbox.reconnecting')}</strong>
      <span className={css.bannerText}>
        {count > 0 ? t('outbox.saved') : t('outbox.lastKnown')}{' '}
        {retryInMs !== null && retryInMs > 0
          ? t('outbox.nextTry', { count: Math.ceil(retryInMs / 1000) })
          : t('outbox.trying')}
      </span>
      {count > 0 && (
        <Popover position="bottom-end" width={440}>
          <Popover.Target>
            <Button variant="default">{t('outbox.show')}</Button>
          </Popover.Target>
          <Popover.Dropdown p={0}>
            <OutboxList />
          </Popover.Dropdown>
        </Popover>
      )}
      <Button variant="default" onClick={() => session.connection.retryNow()}>
        {t('outbox.tryNow')}
      </Button>
    </section>
  );
}

function useConnectionAnnouncement(down: boolean) {
  const { t } = useTranslation();
  useEffect(() => {
    if (!down) return;
    announce(t('live.lost'), 'assertive');
    return () => announce(t('live.back'), 'assertive');
  }, [down, t]);
}
