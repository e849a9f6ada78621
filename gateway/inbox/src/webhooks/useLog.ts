import { useInfiniteQuery } from '@tanstack/react-query';
import { logQuery } from '../api/queries';
import type { WebhookOutcome } from '../api/types';

const FOLLOW_MS = 3_000;

/** Follows the newest entries, and stands still while one is open: no row moves under the reader. */
export function useLog(outcome: WebhookOutcome | null, frozen: boolean) {
  const query = useInfiniteQuery({
    ...logQuery(outcome),
    // Only the first page is followed; somebody who loaded older ones is reading, not watching.
    refetchInterval: ({ state }) => (frozen || (state.data?.pages.length ?? 0) > 1 ? false : FOLLOW_MS),
  });
  return { query, entries: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

export type Log = ReturnType<typeof useLog>;
