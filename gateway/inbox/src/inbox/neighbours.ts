import { useEffect } from 'react';
import { create } from 'zustand';
import type { Conversation } from '../api/types';

const useNeighbours = create<{ ids: string[] }>(() => ({ ids: [] }));

/** The list tells which order is on the screen, so that closing one can open the next. */
export function useListNeighbours(rows: Conversation[]) {
  useEffect(() => useNeighbours.setState({ ids: rows.map((row) => row.id) }), [rows]);
}

export function nextAfter(id: string): string | null {
  const { ids } = useNeighbours.getState();
  const at = ids.indexOf(id);
  if (at < 0) return null;
  return ids[at + 1] ?? ids[at - 1] ?? null;
}
