import { IconCheck, IconInfoCircle, IconMasksTheater, IconPlugConnectedX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import css from './signin.module.css';

const GROUPS = [
  { name: 'real', tone: 'grn', Icon: IconCheck, lines: ['server', 'permissions', 'queue'] },
  { name: 'madeUp', tone: 'amb', Icon: IconMasksTheater, lines: ['people', 'script', 'ticks'] },
  { name: 'notConnected', tone: 'red', Icon: IconPlugConnectedX, lines: ['whatsapp', 'others'] },
] as const;

export function WhatIsReal() {
  const { t } = useTranslation();
  return (
    <aside className={css.real} aria-label={t('demo.what')}>
      <h2>
        <IconInfoCircle size={16} aria-hidden />
        {t('demo.what')}
      </h2>
      <div className={css.realBody}>
        {GROUPS.map((group) => (
          <section key={group.name} data-tone={group.tone}>
            <h3>
              <group.Icon size={16} aria-hidden />
              {t(`demo.${group.name}.title`)}
            </h3>
            <ul>
              {group.lines.map((line) => (
                <li key={line}>{t(`demo.${group.name}.${line}`)}</li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      <p className={css.realFoot}>{t('demo.sameBinary')}</p>
    </aside>
  );
}
