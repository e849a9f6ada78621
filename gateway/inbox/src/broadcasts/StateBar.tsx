import css from './broadcasts.module.css';
import { shares } from './counts';
import type { Counts } from './types';

/** One bar for everybody. What it says is said in words beside it. */
export function StateBar({ counts, thin = false }: { counts: Counts; thin?: boolean }) {
  return (
    <span className={css.bar} data-thin={thin || undefined} aria-hidden>
      {shares(counts)
        .filter((one) => one.people > 0 && one.state !== 'waiting')
        .map(({ state, people }) => (
          <span key={state} data-state={state} style={{ flexGrow: people }} />
        ))}
      <span data-state="waiting" style={{ flexGrow: shares(counts).at(-1)?.people ?? 0 }} />
    </span>
  );
}
