import type { Conversation } from '../../api/types';

/** What the person last saw settled: rows keep these places while a hand or an eye rests on them. */
export type Settled = { ids: string[]; activity: Map<string, number>; rows: Map<string, Conversation> };

export function settle(rows: Conversation[]): Settled {
  return {
    ids: rows.map((row) => row.id),
    activity: new Map(rows.map((row) => [row.id, row.last_activity_at])),
    rows: new Map(rows.map((row) => [row.id, row])),
  };
}

export type Arranged = { rows: Conversation[]; newer: number };

/**
 * While `held`, rows stay where they were (with their newest content), rows that left stay until released,
 * and rows from older pages may still be added below. `newer` counts what would move to the top.
 */
export function arrange(latest: Conversation[], settled: Settled | null, held: boolean): Arranged {
  if (!held || !settled) return { rows: latest, newer: 0 };
  const byId = new Map(latest.map((row) => [row.id, row]));
  const kept: Conversation[] = [];
  for (const id of settled.ids) {
    const row = byId.get(id) ?? settled.rows.get(id);
    if (row) kept.push(row);
  }
  const oldest = Math.min(...settled.activity.values());
  const older = latest.filter((row) => !settled.activity.has(row.id) && row.last_activity_at < oldest);
  let newer = 0;
  for (const [index, row] of latest.entries()) {
    const before = settled.activity.get(row.id);
    const arrived = before === undefined && row.last_activity_at >= oldest;
    const moved = before !== undefined && row.last_activity_at > before && settled.ids[index] !== row.id;
    if (arrived || moved) newer += 1;
  }
  return { rows: [...kept, ...older], newer };
}
