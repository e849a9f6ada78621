import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../api/queries';
import type { Me } from '../api/types';
import { useShortcutListener, useShortcuts } from '../keyboard/shortcuts';
import { LiveContext } from '../live/context';
import { LiveSession, useSessionEnded } from '../live/session';
import { rightsOf } from '../state/permissions';
import { Announcer } from './announce';
import { BottomBar } from './BottomBar';
import { ConnectionBanner } from './ConnectionBanner';
import { Rail } from './Rail';
import css from './shell.module.css';
import { showToast } from './toast';
import { useMessageAnnouncements } from './useMessageAnnouncements';

const HelpDialog = lazy(() => import('./HelpDialog'));
const SignInAgain = lazy(() => import('../signin/SignInAgain'));

export function Shell() {
  const { data: me } = useQuery(meQuery);
  const ended = useSessionEnded((state) => state.ended);
  const shown = me ?? ended?.me;
  return shown ? <SignedIn key={shown.member.id} me={shown} /> : null;
}

function SignedIn({ me }: { me: Me }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const ended = useSessionEnded((state) => state.ended);
  const arrived = useMessageAnnouncements();
  const [help, setHelp] = useState(false);
  const session = useMemo(
    () =>
      new LiveSession(client, me, {
        refused: (to, reason) =>
          showToast({ tone: 'red', title: t('outbox.refusedTitle', { name: to }), text: reason }),
        arrived: (message) => arrived.current(message),
      }),
    [client, me, t, arrived],
  );
  const signedOut = ended !== null;
  useEffect(() => {
    if (signedOut) return;
    session.start();
    return () => session.stop();
  }, [session, signedOut]);
  useGoTo(me);
  useShortcuts({ '?': () => setHelp(true) });
  useShortcutListener();
  return (
    <LiveContext value={session}>
      <div className={css.app}>
        <ConnectionBanner />
        <div className={css.body}>
          <Rail me={me} onHelp={() => setHelp(true)} />
          <div className={css.page}>
            <Outlet />
          </div>
        </div>
        <BottomBar me={me} onHelp={() => setHelp(true)} />
      </div>
      <Announcer />
      <Suspense>
        {help && <HelpDialog onClose={() => setHelp(false)} />}
        {ended && <SignInAgain ended={ended} />}
      </Suspense>
    </LiveContext>
  );
}

function useGoTo(me: Me) {
  const navigate = useNavigate();
  const rights = rightsOf(me.permissions);
  useShortcuts({
    ...(rights.readInbox && {
      'g i': () => void navigate({ to: '/inbox/$view', params: { view: 'mine' } }),
    }),
    ...(rights.readContacts && { 'g c': () => void navigate({ to: '/contacts' }) }),
    ...(rights.readLog && { 'g w': () => void navigate({ to: '/webhook-log' }) }),
  });
}
