import { UnstyledButton } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ViewName } from '../../api/types';
import { clockTime, number } from '../../i18n/format';
import { LiveDot, useHealth } from '../../shell/LiveDot';
import { useScreen } from '../../shell/useScreen';
import type { OpenBy } from '../InboxPage';
import { ViewChips } from '../views/ViewChips';
import { ViewMenu } from '../views/ViewMenu';
import { useCounts } from '../views/views';
import { ConversationList } from './ConversationList';
import css from './list.module.css';

type Props = {
  view: ViewName;
  unread: boolean;
  openId: string | null;
  onOpen: (id: string, by: OpenBy) => void;
};

export function ListPane({ view, unread, openId, onOpen }: Props) {
  const { t } = useTranslation();
  const screen = useScreen();
  const counts = useCounts();
  return (
    <section className={css.pane} aria-label={t('list.label')} data-pane tabIndex={-1}>
      <header className={css.head}>
        {screen.viewsBeside ? <h2>{t(`views.${view}`)}</h2> : <ViewMenu view={view} />}
        {counts && screen.listBeside && <span className={css.total}>{number(counts[view])}</span>}
        <span className={css.spring} />
        {!screen.listBeside && <LiveDot />}
      </header>
      {!screen.listBeside && <ViewChips view={view} />}
      <div className={css.filters}>
        <UnreadFilter view={view} unread={unread} />
        <span>{t('list.newest')}</span>
      </div>
      <NotLive />
      <ConversationList
        key={`${view}-${unread}`}
        view={view}
        unread={unread}
        openId={openId}
        onOpen={onOpen}
      />
    </section>
  );
}

function UnreadFilter({ view, unread }: { view: ViewName; unread: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const show = (only: boolean) =>
    void navigate({ to: '/inbox/$view', params: { view }, search: only ? { unread: true } : {} });
  return (
    <span className={css.filterSet}>
      <UnstyledButton className={css.filter} aria-pressed={!unread} onClick={() => show(false)}>
        {t('list.everything')}
      </UnstyledButton>
      <UnstyledButton className={css.filter} aria-pressed={unread} onClick={() => show(true)}>
        {t('list.unread')}
      </UnstyledButton>
    </span>
  );
}

/** The last known content stays, marked as such. */
function NotLive() {
  const { t } = useTranslation();
  const { health, since } = useHealth();
  if (since === null || health === 'live') return null;
  return (
    <div className={css.notLive}>
      <IconHistory size={14} aria-hidden />
      {t('list.asOf', { time: clockTime(since) })}
    </div>
  );
}
