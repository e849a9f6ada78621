import {
  Button,
  PasswordInput,
  SegmentedControl,
  Switch,
  TextInput,
  useMantineColorScheme,
} from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import { keys } from '../../api/queries';
import type { Me } from '../../api/types';
import { LANGUAGES, type LanguageCode } from '../../i18n';
import { showToast } from '../../shell/toast';
import { PASSWORD_MIN } from '../../signin/password';
import { carry, preferLanguage, preferSingleKeys } from '../../state/account';
import { useMe } from '../../state/permissions';
import { usePreferences } from '../../state/preferences';
import { Card, Frame, Refused } from '../parts';
import css from '../settings.module.css';
import { useChange } from '../useChange';

export function Page() {
  const { t } = useTranslation();
  return (
    <Frame title={t('settings.profile')}>
      <WhoCard />
      <EmailCard />
      <PasswordCard />
      <PreferencesCard />
    </Frame>
  );
}

function useSavedMe() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (me: Me) => {
    client.setQueryData(keys.me, me);
    showToast({ tone: 'ac', title: t('settings.saved') });
  };
}

function WhoCard() {
  const { t } = useTranslation();
  const me = useMe();
  const [name, setName] = useState(me.account.name);
  const [phone, setPhone] = useState(me.account.phone ?? '');
  const save = useChange(() => api.patch<Me>('/me', { name: name.trim(), phone: phone.trim() || null }), {
    onDone: useSavedMe(),
  });
  const unchanged = name.trim() === me.account.name && phone.trim() === (me.account.phone ?? '');
  return (
    <Card title={t('profile.who')} text={t('profile.whoText')}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <TextInput
          label={t('signUp.name')}
          value={name}
          required
          withAsterisk={false}
          maxLength={100}
          autoComplete="name"
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t('profile.phone')}
          description={t('profile.phoneText')}
          type="tel"
          dir="ltr"
          value={phone}
          autoComplete="tel"
          onChange={(event) => setPhone(event.currentTarget.value)}
        />
        <Refused text={save.text} />
        <Button type="submit" loading={save.busy} disabled={unchanged}>
          {t('settings.save')}
        </Button>
      </form>
    </Card>
  );
}

function EmailCard() {
  const { t } = useTranslation();
  const me = useMe();
  const [email, setEmail] = useState(me.account.email);
  const [password, setPassword] = useState('');
  const saved = useSavedMe();
  const save = useChange(() => api.patch<Me>('/me', { email: email.trim(), password }), {
    onDone: (answer: Me) => {
      setPassword('');
      saved(answer);
    },
  });
  const changed = email.trim() !== me.account.email;
  return (
    <Card title={t('profile.email')} text={t('profile.emailText')}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <TextInput
          label={t('signIn.email')}
          type="email"
          dir="ltr"
          value={email}
          required
          withAsterisk={false}
          autoComplete="username"
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        {changed && (
          <PasswordInput
            label={t('password.current')}
            description={t('profile.emailPassword')}
            value={password}
            required
            withAsterisk={false}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        )}
        <Refused text={save.text} />
        <Button type="submit" loading={save.busy} disabled={!changed}>
          {t('profile.changeEmail')}
        </Button>
      </form>
    </Card>
  );
}

function PasswordCard() {
  const { t } = useTranslation();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const save = useChange(() => api.put<void>('/me/password', { current, new: next }), {
    onDone: () => {
      setCurrent('');
      setNext('');
      showToast({ tone: 'ac', title: t('password.changed'), text: t('password.changedText') });
    },
  });
  const eye = { 'aria-label': t('signIn.showPassword') };
  return (
    <Card title={t('signIn.password')} text={t('password.text')}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <PasswordInput
          label={t('password.current')}
          value={current}
          required
          withAsterisk={false}
          autoComplete="current-password"
          visibilityToggleButtonProps={eye}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label={t('password.new')}
          description={t('password.rule', { count: PASSWORD_MIN })}
          value={next}
          required
          withAsterisk={false}
          minLength={PASSWORD_MIN}
          autoComplete="new-password"
          visibilityToggleButtonProps={eye}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <Refused text={save.text} />
        <Button type="submit" loading={save.busy} disabled={!current || !next}>
          {t('password.change')}
        </Button>
      </form>
    </Card>
  );
}

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

function PreferencesCard() {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const singleKeys = usePreferences((state) => state.singleKeys);
  const theme = (value: Theme) => {
    setColorScheme(value);
    carry({ theme: value });
  };
  return (
    <Card title={t('profile.preferences')} text={t('profile.preferencesText')} flush>
      <div className={css.setting}>
        <div>
          <p className={css.settingTitle}>{t('profile.theme')}</p>
        </div>
        <SegmentedControl
          aria-label={t('profile.theme')}
          value={colorScheme}
          onChange={(value) => theme(value as Theme)}
          data={THEMES.map((value) => ({ value, label: t(`profile.themes.${value}`) }))}
        />
      </div>
      <div className={css.setting}>
        <div>
          <p className={css.settingTitle}>{t('nav.language')}</p>
        </div>
        <SegmentedControl
          aria-label={t('nav.language')}
          value={i18n.language}
          onChange={(value) => preferLanguage(value as LanguageCode)}
          data={LANGUAGES.map(({ code, name }) => ({ value: code, label: name }))}
        />
      </div>
      <div className={css.setting}>
        <div>
          <p className={css.settingTitle} id="single-keys">
            {t('keys.single')}
          </p>
          <p className={css.settingText}>{t('keys.singleWhy')}</p>
        </div>
        <Switch
          aria-labelledby="single-keys"
          checked={singleKeys}
          onChange={(event) => preferSingleKeys(event.currentTarget.checked)}
        />
      </div>
    </Card>
  );
}
