import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { door } from '../api/client';
import { signUpsQuery } from '../api/queries';
import type { Me } from '../api/types';
import { Door } from './Door';
import { PASSWORD_MIN } from './password';
import { Problem } from './SignInForm';
import css from './signin.module.css';
import { useAttempt } from './useAttempt';
import { useSignedIn } from './useSignedIn';

export function SignUpPage() {
  const { t } = useTranslation();
  const { data, isPending } = useQuery(signUpsQuery);
  if (isPending) return null;
  if (data?.open === false) {
    return (
      <Door title={t('signUp.closedTitle')} about={t('signUp.closedText')}>
        <Link className="link" to="/sign-in">
          {t('signUp.toSignIn')}
        </Link>
      </Door>
    );
  }
  return (
    <Door title={t('signUp.title')} about={t('signUp.about')}>
      <SignUpForm />
    </Door>
  );
}

function SignUpForm() {
  const { t } = useTranslation();
  const enter = useSignedIn();
  const form = useAttempt();
  const onSubmit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.currentTarget));
    void form.attempt(async () => enter(await door.post<Me>('/sign-ups', fields)));
  };
  const taken = form.problem?.code === 'email_taken';
  return (
    <form className={css.form} onSubmit={onSubmit}>
      <TextInput
        name="organization"
        required
        withAsterisk={false}
        autoFocus
        maxLength={100}
        autoComplete="organization"
        label={t('signUp.organization')}
      />
      <TextInput
        name="name"
        required
        withAsterisk={false}
        maxLength={100}
        autoComplete="name"
        label={t('signUp.name')}
      />
      <TextInput
        name="email"
        type="email"
        required
        withAsterisk={false}
        autoComplete="username"
        label={t('signIn.email')}
        error={taken && t('signUp.taken')}
      />
      <PasswordInput
        name="password"
        required
        withAsterisk={false}
        minLength={PASSWORD_MIN}
        autoComplete="new-password"
        label={t('signIn.password')}
        description={t('password.rule', { count: PASSWORD_MIN })}
        visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
      />
      {!taken && <Problem text={form.text} />}
      <Button type="submit" loading={form.busy} disabled={form.waiting}>
        {t('signUp.submit')}
      </Button>
      <Link className={`link ${css.way}`} to="/sign-in">
        {t('signUp.toSignIn')}
      </Link>
    </form>
  );
}
