import { UnstyledButton } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { toggleFold, usePreferences } from '../../state/preferences';
import css from './panel.module.css';

/** Folding is kept per person on this device. */
export function Section({ name, title, children }: { name: string; title: string; children: ReactNode }) {
  const folded = usePreferences((state) => state.folded.includes(name));
  return (
    <section className={css.section}>
      <UnstyledButton className={css.fold} aria-expanded={!folded} onClick={() => toggleFold(name)}>
        <h3>{title}</h3>
        <IconChevronDown size={14} aria-hidden />
      </UnstyledButton>
      {!folded && children}
    </section>
  );
}
