import { Button, PasswordInput, TextInput } from '@mantine/core';
import { IconLock, IconUser } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { door } from '../api/client';
import { asProblem } from '../api/problem';
import type { Me } from '../api/types';
import { Door } from './Door';
import css from './signin.module.css';
import { useAttempt } from './useAttempt';

type FormProps = { signUpOpen: boolean; onSignedIn: (me: Me) => void };

export function SignInForm({ signUpOpen, onSignedIn }: FormProps) {
  const { t } = useTranslation();
  return (
    <Door title={t('signIn.title')}>
      <Credentials email="" submit={t('signIn.submit')} onSignedIn={onSignedIn} />
      <p className={css.ways}>
        <Link className="link" to="/reset">
          {t('signIn.forgot')}
        </Link>
        {signUpOpen && (
          <Link className="link" to="/sign-up">
            {t('signIn.signUp')}
          </Link>
        )}
      </p>
    </Door>
  );
}

type Props = { email: string; submit: string; organizationId?: string; onSignedIn: (me: Me) => void };
type Given = { email: string; password: string };

/** Email and password; the server says by itself when it wants a code as well. */
export function Credentials({ email, submit, organizationId, onSignedIn }: Props) {
  const { t } = useTranslation();
  const form = useAttempt();
  const [given, setGiven] = useState<Given | null>(null);
  const send = (credentials: Given, code?: string) =>
    form.attempt(async () => {
      try {
        onSignedIn(
          await door.post<Me>('/sessions', {
            ...credentials,
            ...(code && { code }),
            ...(organizationId && { organization_id: organizationId }),
          }),
        );
      } catch (error) {
        if (asProblem(error).code !== 'second_factor') throw error;
        setGiven(credentials);
      }
    });
  if (given) {
    return (
      <CodeForm
        form={form}
        submit={submit}
        onCode={(code) => void send(given, code)}
        onBack={() => {
          form.clear();
          setGiven(null);
        }}
      />
    );
  }
  const onSubmit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    void send({ email: String(fields.get('email')), password: String(fields.get('password')) });
  };
  return (
    <form className={css.form} onSubmit={onSubmit}>
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
      <Problem text={form.text} />
      <Button type="submit" loading={form.busy} disabled={form.waiting}>
        {submit}
      </Button>
    </form>
  );
}

export function Problem({ text }: { text: string | null }) {
  if (!text) return null;
  return (
    <p role="alert" className={css.problem}>
      {text}
    </p>
  );
}

type CodeProps = {
  form: ReturnType<typeof useAttempt>;
  submit: string;
  onCode: (code: string) => void;
  onBack: () => void;
};

/** The second question, for whoever has a second factor. */
export function CodeForm({ form, submit, onCode, onBack }: CodeProps) {
  const { t } = useTranslation();
  const [recovery, setRecovery] = useState(false);
  const onSubmit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onCode(String(new FormData(event.currentTarget).get('code')).trim());
  };
  return (
    <form className={css.form} onSubmit={onSubmit}>
      <TextInput
        key={String(recovery)}
        name="code"
        required
        withAsterisk={false}
        autoFocus
        autoComplete="one-time-code"
        inputMode={recovery ? 'text' : 'numeric'}
        label={t(recovery ? 'signIn.recoveryCode' : 'signIn.code')}
        description={t(recovery ? 'signIn.recoveryHint' : 'signIn.codeHint')}
        dir="ltr"
        className={css.code}
      />
      <Problem text={form.text} />
      <div className={css.row}>
        <Button type="submit" loading={form.busy} disabled={form.waiting}>
          {submit}
        </Button>
        <Button variant="subtle" onClick={onBack}>
          {t('signIn.back')}
        </Button>
      </div>
      <button type="button" className={`link ${css.way}`} onClick={() => setRecovery(!recovery)}>
        {t(recovery ? 'signIn.useApp' : 'signIn.useRecovery')}
      </button>
    </form>
  );
}
