import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Channel } from '../api/administration';
import { administration } from '../api/administrationQueries';
import { api } from '../api/client';
import { keys } from '../api/queries';
import { Ask, Refused } from '../settings/parts';
import css from '../settings/settings.module.css';
import { useChange } from '../settings/useChange';
import { showToast } from '../shell/toast';
import { checksQuery } from './checks';

type Props = { channel: Channel; onClose: () => void };
const stale = [administration.channels, keys.me];

export function TokenDialog({ channel, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [token, setToken] = useState('');
  const save = useChange(
    () => api.patch<Channel>(`/channels/${channel.phone_number_id}`, { token: token.trim() }),
    {
      stale,
      onDone: () => {
        void client.refetchQueries(checksQuery(client, channel.phone_number_id));
        showToast({ tone: 'ac', title: t('numbers.tokenReplaced'), text: t('numbers.tokenReplacedText') });
        onClose();
      },
    },
  );
  return (
    <Ask title={t('numbers.replaceToken')} onClose={onClose}>
      <form
        className={css.ask}
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <p>{t('numbers.tokenText', { name: channel.name })}</p>
        <PasswordInput
          label={t('numbers.token')}
          description={t('numbers.tokenHow')}
          value={token}
          required
          withAsterisk={false}
          data-autofocus
          dir="ltr"
          autoComplete="off"
          visibilityToggleButtonProps={{ 'aria-label': t('numbers.showToken') }}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
        <Refused text={save.text} />
        <div className={css.row}>
          <Button type="submit" loading={save.busy}>
            {t('numbers.replaceToken')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}

export function RenameDialog({ channel, onClose }: Props) {
  const { t } = useTranslation();
  const [name, setName] = useState(channel.name);
  const save = useChange(
    () => api.patch<Channel>(`/channels/${channel.phone_number_id}`, { name: name.trim() }),
    { stale, onDone: onClose },
  );
  return (
    <Ask title={t('numbers.rename')} onClose={onClose}>
      <form
        className={css.ask}
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <TextInput
          label={t('numbers.name')}
          description={t('numbers.nameText')}
          value={name}
          required
          withAsterisk={false}
          maxLength={60}
          data-autofocus
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Refused text={save.text} />
        <div className={css.row}>
          <Button type="submit" loading={save.busy}>
            {t('settings.save')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}

export function DisconnectDialog({ channel, onClose }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const remove = useChange(() => api.remove(`/channels/${channel.phone_number_id}`), {
    stale,
    onDone: () => {
      showToast({ tone: 'ac', title: t('numbers.disconnected', { name: channel.name }) });
      onClose();
      void navigate({ to: '/numbers' });
    },
  });
  return (
    <Ask title={t('numbers.disconnectTitle', { name: channel.name })} onClose={onClose}>
      <p>{t('numbers.disconnectText')}</p>
      <Refused text={remove.text} />
      <div className={css.row}>
        <Button variant="outline" loading={remove.busy} onClick={() => remove.run()}>
          {t('numbers.disconnect')}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('settings.cancel')}
        </Button>
      </div>
    </Ask>
  );
}
