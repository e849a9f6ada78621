import { Button } from '@mantine/core';
import { IconAlertOctagon, IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Card, Chip } from '../../settings/parts';
import type { Step } from '../steps';
import type { Finding } from '../types';
import { bySeverity } from '../words';
import css from './check.module.css';
import { sentence } from './sentence';

/** Without `onGo`: for whoever does not write it. */
type Props = { findings: Finding[]; onGo?: (step: Step) => void };

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
            <li key={one.key + one.text}>
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
              <bdi>{sentence(one, t)}</bdi>
              <Action finding={one} onGo={onGo} />
            </li>
          ))}
      </ul>
      {fine > 0 && (
        <ul className={css.fine}>
          {sorted
            .filter((one) => one.severity === 'passed')
            .map((one) => (
              <li key={one.key + one.text}>
                <IconCircleCheck size={16} aria-hidden />
                <bdi>{sentence(one, t)}</bdi>
              </li>
            ))}
        </ul>
      )}
    </Card>
  );
}

/** Where it is seen to. */
const STEP_OF: Record<string, Exclude<Step, 'check'>> = {
  nobody: 'audience',
  other_language: 'audience',
  template: 'message',
  number_gone: 'numbers',
  number_quality: 'numbers',
  tier: 'numbers',
};

/** Only what leads somewhere is a button. */
function Action({ finding, onGo }: { finding: Finding; onGo: Props['onGo'] }) {
  const { t } = useTranslation();
  const step = STEP_OF[finding.key];
  if (!step || !onGo) return null;
  return (
    <Button variant="default" onClick={() => onGo(step)}>
      {t(`broadcasts.check.go.${step}`)}
    </Button>
  );
}
