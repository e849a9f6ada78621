import { useMantineColorScheme } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet, useNavigate, useRouter } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys, meQuery } from '../api/queries';
import type { Me } from '../api/types';
import { withWords } from '../i18n';
import { useShortcutListener, useShortcuts } from '../keyboard/shortcuts';
import { LiveContext } from '../live/context';
import { LiveSession, useSessionEnded } from '../live/session';
import { takePreferences } from '../state/account';
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
const EnrollPage = lazy(withWords(() => import('../signin/EnrollPage')));

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
  const permissionsChanged = usePermissionsChanged();
  const latest = useRef(me);
  latest.current = me;
  const readsInbox = rightsOf(me.permissions).readInbox && !me.must_enroll_second_factor;
  const session = useMemo(
    () =>
      new LiveSession(client, me.member.id, readsInbox, {
        refused: (to, reason) =>
          showToast({ tone: 'red', title: t('outbox.refusedTitle', { name: to }), text: reason }),
        arrived: (message) => arrived.current(message),
        permissionsChanged,
        me: () => latest.current,
      }),
    [client, me.member.id, readsInbox, t, arrived, permissionsChanged],
  );
  const signedOut = ended !== null;
  useEffect(() => {
    if (signedOut) return;
    session.start();
    return () => session.stop();
  }, [session, signedOut]);
  useGoTo(me);
  useCarriedPreferences(me);
  useShortcuts({ '?': () => setHelp(true) });
  useShortcutListener();
  return (
    <LiveContext value={session}>
      <div className={css.app}>
        <ConnectionBanner />
        <div className={css.body}>
          <Rail me={me} onHelp={() => setHelp(true)} />
          <div className={css.page}>
            {me.must_enroll_second_factor ? (
              <Suspense>
                <EnrollPage />
              </Suspense>
            ) : (
              <Outlet />
            )}
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

/** What one may see has changed: who we are is asked again, everything shown is loaded again, a closed page is left. */
function usePermissionsChanged() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const router = useRouter();
  return useCallback(async () => {
    await client.refetchQueries({ queryKey: keys.me });
    await router.invalidate();
    await client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== keys.me[0] });
    showToast({ tone: 'ac', title: t('session.permissionsChanged'), text: t('session.permissionsText') });
  }, [client, router, t]);
}

function useCarriedPreferences(me: Me) {
  const { setColorScheme } = useMantineColorScheme();
  const taken = useRef(false);
  useEffect(() => {
    if (!taken.current) takePreferences(me, setColorScheme);
    taken.current = true;
  }, [me, setColorScheme]);
}

function useGoTo(me: Me) {
  const navigate = useNavigate();
  const rights = rightsOf(me.permissions);
  useShortcuts({
    ...(rights.readInbox && {
      'g i': () => void navigate({ to: '/inbox/$view', params: { view: 'mine' } }),
    }),
    ...(rights.readContacts && { 'g c': () => void navigate({ to: '/contacts' }) }),
    ...(rights.readBroadcasts && { 'g b': () => void navigate({ to: '/broadcasts' }) }),
    ...(rights.readTemplates && { 'g t': () => void navigate({ to: '/templates' }) }),
    ...(rights.readLog && { 'g w': () => void navigate({ to: '/webhook-log' }) }),
    ...(rights.channels && { 'g n': () => void navigate({ to: '/numbers' }) }),
    'g r': () => void navigate({ to: '/settings/roles' }),
    'g s': () => void navigate({ to: '/settings' }),
  });
}
