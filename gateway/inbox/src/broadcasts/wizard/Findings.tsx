import { Button } from '@mantine/core';
import { IconAlertOctagon, IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Card, Chip } from '../../settings/parts';
import { STEPS, type Step } from '../steps';
import type { Finding } from '../types';
import { bySeverity } from '../words';
import css from './check.module.css';

type Props = { findings: Finding[]; onGo: (step: Step) => void };

export function Findings({ findings, onGo }: Props) {
  const { t } = useTranslation();
  const sorted = [...findings].sort(bySeverity);
  const count = (severity: Finding['severity']) => findings.filter((one) => one.severity === severity).length;
  const [broken, toDo, fine] = [count('must_fix'), count('look_at'), count('passed')];
  return (
    <Card
      title={t('broadcasts.check.before')}
      aside={
        <span className={css.chips}>
          {broken > 0 && <Chip tone="red">{t('broadcasts.check.mustFix', { count: broken })}</Chip>}
          {toDo > 0 && <Chip tone="amb">{t('broadcasts.check.lookAt', { count: toDo })}</Chip>}
          {fine > 0 && <Chip tone="grn">{t('broadcasts.check.passed', { count: fine })}</Chip>}
        </span>
      }
      flush
    >
      <ul className={css.findings}>
        {sorted
          .filter((one) => one.severity !== 'passed')
          .map((one) => (
            <li key={one.key}>
              {one.severity === 'must_fix' ? (
                <IconAlertOctagon
                  size={18}
                  role="img"
                  aria-label={t('broadcasts.check.broken')}
                  data-broken
                />
              ) : (
                <IconAlertTriangle size={18} role="img" aria-label={t('broadcasts.check.toDo')} />
              )}
              <bdi dir="auto">{one.text}</bdi>
              <Action action={one.action} onGo={onGo} />
            </li>
          ))}
      </ul>
      {fine > 0 && (
        <ul className={css.fine}>
          {sorted
            .filter((one) => one.severity === 'passed')
            .map((one) => (
              <li key={one.key}>
                <IconCircleCheck size={16} aria-hidden />
                <bdi dir="auto">{one.text}</bdi>
              </li>
            ))}
        </ul>
      )}
    </Card>
  );
}

/** Only what leads somewhere is a button. */
function Action({ action, onGo }: { action: Finding['action']; onGo: Props['onGo'] }) {
  const { t } = useTranslation();
  const step = STEPS.find((one) => one === action && one !== 'check');
  if (!step) return null;
  return (
    <Button variant="default" onClick={() => onGo(step)}>
      {t(`broadcasts.check.go.${step}`)}
    </Button>
  );
}
