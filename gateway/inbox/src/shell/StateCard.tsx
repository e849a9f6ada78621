import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import css from './shell.module.css';

type Props = { Icon: Icon; title: string; text: string; children?: ReactNode };

/** Empty and failed panes: what happened, what it means, one step. */
export function StateCard({ Icon, title, text, children }: Props) {
  return (
    <div className={css.state}>
      <span className={css.stateIcon} aria-hidden>
        <Icon size={22} stroke={1.6} />
      </span>
      <h2>{title}</h2>
      <p>{text}</p>
      {children && <div className={css.stateActions}>{children}</div>}
    </div>
  );
}
