import { Button, PasswordInput, TextInput } from '@mantine/core';
import { IconLock, IconUser } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/client';
import { asProblem } from '../api/problem';
import type { Me } from '../api/types';
import { Mark } from '../shell/Mark';
import css from './signin.module.css';

export function SignInForm({ onSignedIn }: { onSignedIn: (me: Me) => void }) {
  const { t } = useTranslation();
  return (
    <section className={css.card}>
      <header className={css.brand}>
        <Mark size={36} />
        <h1>{t('signIn.title')}</h1>
      </header>
      <Credentials email="" submit={t('signIn.submit')} onSignedIn={onSignedIn} />
    </section>
  );
}

type Props = { email: string; submit: string; onSignedIn: (me: Me) => void };

export function Credentials({ email, submit, onSignedIn }: Props) {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const signIn = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(null);
    try {
      onSignedIn(
        await api.post<Me>('/sessions', { email: fields.get('email'), password: fields.get('password') }),
      );
    } catch (error) {
      const { detail, status } = asProblem(error);
      setProblem(detail || t(status === 0 ? 'signIn.noServer' : 'signIn.refused'));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className={css.form} onSubmit={(event) => void signIn(event)}>
      <TextInput
        name="email"
        type="email"
        required
        withAsterisk={false}
        autoComplete="username"
        defaultValue={email}
        autoFocus={email === ''}
        label={t('signIn.email')}
        leftSection={<IconUser size={16} />}
      />
      <PasswordInput
        name="password"
        required
        withAsterisk={false}
        autoComplete="current-password"
        autoFocus={email !== ''}
        label={t('signIn.password')}
        leftSection={<IconLock size={16} />}
        visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
      />
      {problem && (
        <p role="alert" className={css.problem}>
          {problem}
        </p>
      )}
      <Button type="submit" loading={busy}>
        {submit}
      </Button>
    </form>
  );
}
