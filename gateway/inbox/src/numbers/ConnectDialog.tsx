import { Button, PasswordInput, TextInput } from '@mantine/core';
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

type Props = { onClose: () => void; onConnected: (id: string) => void };

const EMPTY = { name: '', waba_id: '', phone_number_id: '', portfolio: '', token: '' };

export function ConnectDialog({ onClose, onConnected }: Props) {
  const { t } = useTranslation();
  const [given, setGiven] = useState(EMPTY);
  const connect = useChange(
    () =>
      api.post<Channel>(
        '/channels',
        Object.fromEntries(
          Object.entries(given)
            .map(([key, value]) => [key, value.trim()])
            .filter(([key, value]) => key !== 'portfolio' || value),
        ),
      ),
    {
      stale: [administration.channels, keys.me],
      onDone: (made) => {
        showToast({ tone: 'ac', title: t('numbers.connected', { name: made.name }) });
        onConnected(made.phone_number_id);
        onClose();
      },
    },
  );
  const field = (name: keyof typeof EMPTY) => ({
    value: given[name],
    required: true,
    withAsterisk: false,
    autoComplete: 'off',
    onChange: (event: React.ChangeEvent<HTMLInputElement>) =>
      setGiven({ ...given, [name]: event.currentTarget.value }),
  });
  return (
    <Ask title={t('numbers.connect')} onClose={onClose} size={520}>
      <form
        className={css.ask}
        onSubmit={(event) => {
          event.preventDefault();
          connect.run();
        }}
      >
        <p>{t('numbers.connectText')}</p>
        <TextInput
          label={t('numbers.name')}
          description={t('numbers.nameText')}
          maxLength={60}
          data-autofocus
          {...field('name')}
        />
        <div className={css.pair}>
          <TextInput
            label={t('numbers.waba')}
            dir="ltr"
            inputMode="numeric"
            pattern="\d{8,20}"
            title={t('numbers.digits')}
            {...field('waba_id')}
          />
          <TextInput
            label={t('numbers.phoneNumberId')}
            dir="ltr"
            inputMode="numeric"
            pattern="\d{8,20}"
            title={t('numbers.digits')}
            error={connect.problem?.status === 409 ? connect.text : undefined}
            {...field('phone_number_id')}
          />
        </div>
        <TextInput
          label={t('numbers.portfolio')}
          description={t('numbers.portfolioText')}
          dir="ltr"
          maxLength={64}
          pattern="[A-Za-z0-9\-]+"
          title={t('numbers.portfolioWord')}
          {...field('portfolio')}
          required={false}
        />
        <PasswordInput
          label={t('numbers.token')}
          description={t('numbers.tokenHow')}
          dir="ltr"
          visibilityToggleButtonProps={{ 'aria-label': t('numbers.showToken') }}
          {...field('token')}
        />
        {connect.problem?.status !== 409 && <Refused text={connect.text} />}
        <div className={css.row}>
          <Button type="submit" loading={connect.busy}>
            {t('numbers.connectSubmit')}
          </Button>
        </div>
      </form>
    </Ask>
  );
}
