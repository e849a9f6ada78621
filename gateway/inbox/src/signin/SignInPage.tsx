import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { demoQuery, signUpsQuery } from '../api/queries';
import type { Me } from '../api/types';
import { DemoSignIn } from './DemoSignIn';
import { SignInForm } from './SignInForm';
import css from './signin.module.css';
import { useSignedIn } from './useSignedIn';

/** Only addresses of this app: a link from elsewhere may not choose where a sign-in ends. */
function safeBack(back: unknown): string | null {
  return typeof back === 'string' && /^\/(inbox|contacts|webhook-log|numbers|settings)(\/|$|\?)/.test(back)
    ? back
    : null;
}

export function SignInPage() {
  const enter = useSignedIn();
  const { back } = useSearch({ strict: false }) as { back?: unknown };
  const { data: demo, isPending } = useQuery(demoQuery);
  const { data: signUps } = useQuery(signUpsQuery);
  const signedIn = (me: Me) => enter(me, safeBack(back));
  if (isPending) return null;
  if (!demo) return <SignInForm signUpOpen={signUps?.open ?? false} onSignedIn={signedIn} />;
  return (
    <div className={css.ground}>
      <DemoSignIn demo={demo} onSignedIn={signedIn} />
    </div>
  );
}
