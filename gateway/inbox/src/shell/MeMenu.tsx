import { Menu, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import {
  IconCheck,
  IconKeyboard,
  IconLogout,
  IconMenu2,
  IconMoon,
  IconSettings,
  IconSun,
} from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api } from '../api/client';
import { asProblem } from '../api/problem';
import { keys } from '../api/queries';
import type { Me } from '../api/types';
import { LANGUAGES } from '../i18n';
import { forgetSession } from '../live/session';
import { Face } from '../people/Face';
import { roleName } from '../people/roles';
import { carry, preferLanguage } from '../state/account';
import { home } from '../state/permissions';
import { menuItems } from './navigation';
import css from './shell.module.css';
import { showToast } from './toast';

type Props = { me: Me; onHelp: () => void; position: 'right-end' | 'top-end' | 'bottom-end'; bar?: boolean };

export function MeMenu({ me, onHelp, position, bar = false }: Props) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const signOut = useSignOut();
  return (
    <Menu position={position} width={232}>
      <Menu.Target>
        {bar ? (
          <UnstyledButton className={css.barItem}>
            <IconMenu2 size={22} stroke={1.6} />
            <span>{t('nav.more')}</span>
          </UnstyledButton>
        ) : (
          <UnstyledButton className={css.me} aria-label={t('nav.me', { name: me.member.name })}>
            <Face id={me.member.id} name={me.member.name} size={28} solid />
          </UnstyledButton>
        )}
      </Menu.Target>
      <Menu.Dropdown>
        <div className={css.who}>
          <bdi className={css.whoName}>{me.member.name}</bdi>
          <bdi>
            {roleName(me.member.role, t)} · {me.organization.name}
          </bdi>
        </div>
        {me.organizations.length > 1 && <Organizations me={me} />}
        <Menu.Divider />
        {bar &&
          menuItems(me).map((item) => (
            <Menu.Item
              key={item.to}
              leftSection={<item.Icon size={16} />}
              onClick={() => void navigate({ to: item.to })}
            >
              {t(item.label)}
            </Menu.Item>
          ))}
        <Menu.Item
          leftSection={<IconSettings size={16} />}
          onClick={() => void navigate({ to: '/settings/profile' })}
        >
          {t('nav.settings')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t('nav.language')}</Menu.Label>
        {LANGUAGES.map((language) => (
          <Menu.Item
            key={language.code}
            lang={language.code}
            onClick={() => preferLanguage(language.code)}
            rightSection={i18n.language === language.code ? <IconCheck size={16} /> : null}
          >
            {language.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <ThemeItem />
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={onHelp} className={css.onlyWithKeys}>
          {t('nav.shortcuts')}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
          {t('nav.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Organizations({ me }: { me: Me }) {
  const { t } = useTranslation();
  const change = useSwitch();
  return (
    <>
      <Menu.Divider />
      <Menu.Label>{t('nav.organization')}</Menu.Label>
      {me.organizations.map((one) => {
        const here = one.id === me.organization.id;
        return (
          <Menu.Item
            key={one.id}
            aria-current={here || undefined}
            onClick={() => !here && void change(one.id)}
            rightSection={here ? <IconCheck size={16} /> : null}
          >
            <bdi>{one.name}</bdi>
            <span className={css.itemNote}>{roleName(one.role, t)}</span>
          </Menu.Item>
        );
      })}
    </>
  );
}

function useSwitch() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  return async (organizationId: string) => {
    try {
      const me = await api.post<Me>('/sessions/switch', { organization_id: organizationId });
      // Nothing of the one organization may be seen in the other, not even for a moment.
      // Who we are is replaced, not removed: the shell looks at it and begins anew for the other member.
      client.removeQueries({
        predicate: ({ queryKey }) => ![keys.demo[0], keys.me[0]].includes(queryKey[0] as 'me'),
      });
      client.setQueryData(keys.me, me);
      await navigate({ to: home(me.permissions) });
    } catch (error) {
      showToast({
        tone: 'red',
        title: t('error.switch'),
        text: asProblem(error).detail || t('error.noAnswer'),
      });
    }
  };
}

function ThemeItem() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const next = scheme === 'light' ? 'dark' : 'light';
  return (
    <Menu.Item
      leftSection={next === 'dark' ? <IconMoon size={16} /> : <IconSun size={16} />}
      onClick={() => {
        setColorScheme(next);
        carry({ theme: next });
      }}
    >
      {t(next === 'dark' ? 'nav.toDark' : 'nav.toLight')}
    </Menu.Item>
  );
}

function useSignOut() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    try {
      await api.remove('/sessions/current');
    } catch (error) {
      const problem = asProblem(error);
      if (!problem.signedOut) {
        showToast({ tone: 'red', title: t('error.signOut'), text: problem.detail });
        return;
      }
    }
    await navigate({ to: '/sign-in' });
    forgetSession(client);
  };
}
