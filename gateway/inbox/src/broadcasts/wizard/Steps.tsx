import { UnstyledButton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { STEPS, type Step } from '../steps';
import css from './wizard.module.css';

type Props = { now: Step; open: Step; onGo: (step: Step) => void; children?: React.ReactNode };

/** Steps up to the first one that misses something can be gone to. */
export function Steps({ now, open, onGo, children }: Props) {
  const { t } = useTranslation();
  const at = STEPS.indexOf(now);
  const reach = STEPS.indexOf(open);
  return (
    <nav className={css.steps} aria-label={t('broadcasts.steps')}>
      <ol>
        {STEPS.map((step, index) => {
          const done = index < at;
          return (
            <li key={step}>
              <UnstyledButton
                className={css.step}
                aria-current={step === now ? 'step' : undefined}
                disabled={index > reach}
                onClick={() => onGo(step)}
              >
                <span className={css.dot} data-done={done || undefined}>
                  {done ? <IconCheck size={14} aria-hidden /> : index + 1}
                </span>
                <span className={css.stepName}>{t(`broadcasts.step.${step}`)}</span>
              </UnstyledButton>
            </li>
          );
        })}
      </ol>
      {children}
    </nav>
  );
}
