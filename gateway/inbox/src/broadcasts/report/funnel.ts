import { handed, reached } from '../counts';
import type { Plan, Progress } from '../types';
import { total } from '../words';

export const STAGES = ['audience', 'sent', 'delivered', 'read', 'replied'] as const;
export type Stage = { stage: (typeof STAGES)[number]; people: number };

/** How far people came, each stage among those before it, from everybody it was meant for. */
export function funnel({ counts, skipped }: Pick<Progress, 'counts' | 'skipped'>): Stage[] {
  const people = {
    audience: counts.total + total(skipped),
    sent: handed(counts),
    delivered: reached(counts),
    read: counts.read,
    replied: counts.replied,
  };
  return STAGES.map((stage) => ({ stage, people: people[stage] }));
}

/** Seconds from the start, or the planned moment after it, to the end; `null` where they are not known. */
export function lasted(
  { started_at, ended_at }: Pick<Progress, 'started_at' | 'ended_at'>,
  startAt: Plan['start_at'],
): number | null {
  if (started_at == null || ended_at == null) return null;
  return Math.max(0, Math.round((ended_at - Math.max(started_at, startAt ?? 0)) / 1000));
}
