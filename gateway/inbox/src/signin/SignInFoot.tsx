import { ActionIcon, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconLanguage, IconMoon, IconSun } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { LANGUAGES, switchLanguage } from '../i18n';
import css from './signin.module.css';

export function SignInFoot() {
  const { t, i18n } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const next = scheme === 'light' ? 'dark' : 'light';
  return (
    <footer className={css.foot}>
      <IconLanguage size={16} aria-hidden />
      {LANGUAGES.map((language) => (
        <UnstyledButton
          key={language.code}
          lang={language.code}
          className={css.language}
          aria-pressed={i18n.language === language.code}
          onClick={() => void switchLanguage(language.code)}
        >
          {language.name}
        </UnstyledButton>
      ))}
      <ActionIcon
        variant="default"
        aria-label={t(next === 'dark' ? 'nav.toDark' : 'nav.toLight')}
        onClick={() => setColorScheme(next)}
      >
        {next === 'dark' ? <IconMoon size={16} /> : <IconSun size={16} />}
      </ActionIcon>
    </footer>
  );
}
