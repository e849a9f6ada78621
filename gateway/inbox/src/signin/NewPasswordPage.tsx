import { Button, PasswordInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { door } from '../api/client';
import { asProblem } from '../api/problem';
import { Door } from './Door';
import { LinkFailed } from './LinkFailed';
import { PASSWORD_MIN } from './password';
import { Problem } from './SignInForm';
import css from './signin.module.css';
import { useAttempt } from './useAttempt';

export function NewPasswordPage() {
  const { t } = useTranslation();
  const { token = '' } = useParams({ strict: false }) as { token?: string };
  const [done, setDone] = useState(false);
  const form = useAttempt();
  const path = `/password-resets/${encodeURIComponent(token)}`;
  const link = useQuery({
    queryKey: ['password-reset', token],
    queryFn: ({ signal }) => door.read<{ email: string }>(path, signal),
    enabled: !done,
  });
  if (done) {
    return (
      <Door title={t('newPassword.doneTitle')} about={t('newPassword.doneText')}>
        <Link className="link" to="/sign-in">
          {t('signUp.toSignIn')}
        </Link>
      </Door>
    );
  }
  if (link.isPending) return null;
  if (link.isError || form.problem?.status === 410) {
    return <LinkFailed problem={form.problem ?? asProblem(link.error)} kind="reset" />;
  }
  const onSubmit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get('password'));
    void form.attempt(async () => {
      await door.post(path, { password });
      setDone(true);
    });
  };
  return (
    <Door title={t('newPassword.title')} about={t('newPassword.about', { email: link.data.email })}>
      <form className={css.form} onSubmit={onSubmit}>
        <PasswordInput
          name="password"
          required
          withAsterisk={false}
          autoFocus
          minLength={PASSWORD_MIN}
          autoComplete="new-password"
          label={t('password.new')}
          description={t('password.rule', { count: PASSWORD_MIN })}
          visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
        />
        <Problem text={form.text} />
        <Button type="submit" loading={form.busy} disabled={form.waiting}>
          {t('newPassword.submit')}
        </Button>
      </form>
    </Door>
  );
}
