import { Button, TextInput } from '@mantine/core';
import { IconMailFast } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { door } from '../api/client';
import { Door } from './Door';
import { Problem } from './SignInForm';
import css from './signin.module.css';
import { useAttempt } from './useAttempt';

export function ResetPage() {
  const { t } = useTranslation();
  const form = useAttempt();
  const [asked, setAsked] = useState(false);
  const onSubmit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const email = String(new FormData(event.currentTarget).get('email'));
    void form.attempt(async () => {
      await door.post('/password-resets', { email });
      setAsked(true);
    });
  };
  return (
    <Door title={t('reset.title')} about={asked ? undefined : t('reset.about')}>
      {asked ? (
        <div className={css.form}>
          <p className={css.fact} role="status">
            <IconMailFast size={18} aria-hidden />
            <span>{t('reset.asked')}</span>
          </p>
          <Link className={`link ${css.way}`} to="/sign-in">
            {t('signUp.toSignIn')}
          </Link>
        </div>
      ) : (
        <form className={css.form} onSubmit={onSubmit}>
          <TextInput
            name="email"
            type="email"
            required
            withAsterisk={false}
            autoFocus
            autoComplete="username"
            label={t('signIn.email')}
          />
          <Problem text={form.text} />
          <div className={css.row}>
            <Button type="submit" loading={form.busy} disabled={form.waiting}>
              {t('reset.submit')}
            </Button>
          </div>
          <Link className={`link ${css.way}`} to="/sign-in">
            {t('signUp.toSignIn')}
          </Link>
        </form>
      )}
    </Door>
  );
}
