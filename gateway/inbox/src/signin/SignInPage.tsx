import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { demoQuery, keys } from '../api/queries';
import type { Me } from '../api/types';
import { useSessionEnded } from '../live/session';
import { home } from '../state/permissions';
import { DemoSignIn } from './DemoSignIn';
import { SignInFoot } from './SignInFoot';
import { SignInForm } from './SignInForm';
import css from './signin.module.css';

/** Only addresses of this app: a link from elsewhere may not choose where a sign-in ends. */
function safeBack(back: unknown): string | null {
  return typeof back === 'string' && /^\/(inbox|contacts|webhook-log)(\/|$|\?)/.test(back) ? back : null;
}

export function SignInPage() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { back } = useSearch({ strict: false }) as { back?: unknown };
  const { data: demo, isPending } = useQuery(demoQuery);
  const signedIn = (me: Me) => {
    useSessionEnded.setState({ ended: null });
    client.setQueryData(keys.me, me);
    void navigate({ to: safeBack(back) ?? home(me.permissions) });
  };
  if (isPending) return null;
  return (
    <div className={css.ground}>
      {demo ? (
        <DemoSignIn demo={demo} onSignedIn={signedIn} />
      ) : (
        <main className={css.narrow}>
          <SignInForm onSignedIn={signedIn} />
          <SignInFoot />
        </main>
      )}
    </div>
  );
}
