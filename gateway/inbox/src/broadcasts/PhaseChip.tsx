import { IconCheck, IconPlayerPauseFilled } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Chip } from '../settings/parts';
import css from './broadcasts.module.css';
import type { Phase } from './types';
import { phaseTone } from './words';

export function PhaseChip({ phase }: { phase: Phase }) {
  const { t } = useTranslation();
  return (
    <Chip tone={phaseTone(phase)}>
      {(phase.kind === 'running' || phase.kind === 'freezing') && <span className={css.live} aria-hidden />}
      {phase.kind === 'finished' && <IconCheck size={12} aria-hidden />}
      {phase.kind === 'paused' && <IconPlayerPauseFilled size={10} aria-hidden />}
      {t(`broadcasts.phase.${phase.kind}`)}
    </Chip>
  );
}
