import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { InvitationDoor } from '../api/administration';
import { door } from '../api/client';
import { asProblem } from '../api/problem';
import type { Me } from '../api/types';
import { roleName } from '../people/roles';
import { Door } from './Door';
import { LinkFailed } from './LinkFailed';
import { PASSWORD_MIN } from './password';
import { CodeForm, Problem } from './SignInForm';
import css from './signin.module.css';
import { useAttempt } from './useAttempt';
import { useSignedIn } from './useSignedIn';

type Given = Record<string, FormDataEntryValue>;

export function InvitationPage() {
  const { t } = useTranslation();
  const { token = '' } = useParams({ strict: false }) as { token?: string };
  const enter = useSignedIn();
  const form = useAttempt();
  const [given, setGiven] = useState<Given | null>(null);
  const path = `/invitations/by-token/${encodeURIComponent(token)}`;
  const link = useQuery({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) => door.read<InvitationDoor>(path, signal),
  });
  if (link.isPending) return null;
  if (link.isError || form.problem?.status === 410) {
    return <LinkFailed problem={form.problem ?? asProblem(link.error)} kind="invitation" />;
  }
  const invitation = link.data;
  const submit = t('invitation.submit', { organization: invitation.organization });
  const send = (fields: Given) =>
    form.attempt(async () => {
      try {
        enter(await door.post<Me>(path, fields));
      } catch (error) {
        if (asProblem(error).code !== 'second_factor') throw error;
        setGiven(fields);
      }
    });
  const onSubmit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void send(Object.fromEntries(new FormData(event.currentTarget)));
  };
  const onBack = () => {
    form.clear();
    setGiven(null);
  };
  return (
    <Door
      title={t('invitation.title', { organization: invitation.organization })}
      about={t(invitation.has_account ? 'invitation.aboutKnown' : 'invitation.aboutNew', {
        role: roleName(invitation.role, t),
      })}
    >
      {given ? (
        <CodeForm
          form={form}
          submit={submit}
          onCode={(code) => void send({ ...given, code })}
          onBack={onBack}
        />
      ) : (
        <form className={css.form} onSubmit={onSubmit}>
          <TextInput
            readOnly
            autoComplete="username"
            label={t('signIn.email')}
            value={invitation.email}
            dir="ltr"
          />
          {!invitation.has_account && (
            <TextInput
              name="name"
              required
              withAsterisk={false}
              autoFocus
              maxLength={100}
              autoComplete="name"
              label={t('signUp.name')}
            />
          )}
          <PasswordInput
            name="password"
            required
            withAsterisk={false}
            autoFocus={invitation.has_account}
            minLength={invitation.has_account ? undefined : PASSWORD_MIN}
            autoComplete={invitation.has_account ? 'current-password' : 'new-password'}
            label={t(invitation.has_account ? 'invitation.yourPassword' : 'signIn.password')}
            description={invitation.has_account ? undefined : t('password.rule', { count: PASSWORD_MIN })}
            visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
          />
          <Problem text={form.text} />
          <Button type="submit" loading={form.busy} disabled={form.waiting}>
            {submit}
          </Button>
        </form>
      )}
    </Door>
  );
}
