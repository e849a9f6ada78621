import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChannelApp } from '../api/administration';
import { administration, appQuery } from '../api/administrationQueries';
import { api } from '../api/client';
import { Ask, Chip, CopyField, Refused } from '../settings/parts';
import settings from '../settings/settings.module.css';
import { useChange } from '../settings/useChange';
import { showToast } from '../shell/toast';
import css from './numbers.module.css';

/** An app of one's own at Meta has its own address and secret here: nothing of it is tried against anybody else's. */
export function AppCard() {
  const { t } = useTranslation();
  const { data: app } = useQuery(appQuery);
  const [open, setOpen] = useState(false);
  if (!app) return null;
  return (
    <section className={css.app} id="own-app">
      <h2>{t('numbers.app')}</h2>
      <p>
        {t(app.has_secret ? 'numbers.appOwn' : 'numbers.appShared')}{' '}
        <Chip tone={app.has_secret ? 'grn' : undefined}>
          {t(app.has_secret ? 'numbers.secretSet' : 'numbers.secretNone')}
        </Chip>
      </p>
      <Button variant="default" onClick={() => setOpen(true)}>
        {t('numbers.appOpen')}
      </Button>
      {open && <AppDialog app={app} onClose={() => setOpen(false)} />}
    </section>
  );
}

function AppDialog({ app, onClose }: { app: ChannelApp; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [secret, setSecret] = useState('');
  const [verify, setVerify] = useState(app.verify_token);
  const save = useChange(
    () =>
      api.put<ChannelApp>('/channels/app', {
        ...(secret && { app_secret: secret.trim() }),
        ...(verify !== app.verify_token && { verify_token: verify.trim() }),
      }),
    {
      onDone: (saved) => {
        client.setQueryData(administration.app, saved);
        showToast({ tone: 'ac', title: t('settings.saved') });
        onClose();
      },
    },
  );
  return (
    <Ask title={t('numbers.app')} onClose={onClose} size={560}>
      <form
        className={settings.ask}
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <p>{t('numbers.appText')}</p>
        <CopyField label={t('numbers.callback')} value={app.callback_url} />
        <TextInput
          label={t('numbers.verify')}
          description={t('numbers.verifyText')}
          value={verify}
          dir="ltr"
          autoComplete="off"
          onChange={(event) => setVerify(event.currentTarget.value)}
        />
        <PasswordInput
          label={t('numbers.secret')}
          description={t(app.has_secret ? 'numbers.secretKept' : 'numbers.secretText')}
          value={secret}
          dir="ltr"
          autoComplete="off"
          data-autofocus
          visibilityToggleButtonProps={{ 'aria-label': t('numbers.showToken') }}
          onChange={(event) => setSecret(event.currentTarget.value)}
        />
        <Refused text={save.text} />
        <div className={settings.row}>
          <Button type="submit" loading={save.busy} disabled={!secret && verify === app.verify_token}>
            {t('settings.save')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}
