import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../api/problem';
import { Door } from './Door';
import css from './signin.module.css';

/** A link that is used, old or mistyped looks the same from outside, and the way on is the same. */
export function LinkFailed({ problem, kind }: { problem: Problem; kind: 'reset' | 'invitation' }) {
  const { t } = useTranslation();
  const dead = problem.status === 410 || problem.status === 404;
  if (!dead) return <Door title={t('link.noAnswerTitle')} about={problem.detail || t('signIn.noServer')} />;
  return (
    <Door
      title={t('link.expiredTitle')}
      about={t(kind === 'reset' ? 'link.resetExpired' : 'link.invitationExpired')}
    >
      <p className={css.row}>
        {kind === 'reset' && (
          <Link className="link" to="/reset">
            {t('link.askAgain')}
          </Link>
        )}
        <Link className="link" to="/sign-in">
          {t('signUp.toSignIn')}
        </Link>
      </p>
    </Door>
  );
}
