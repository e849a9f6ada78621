import type { QueryClient } from '@tanstack/react-query';
import type { Progress } from '../api/types';

/** The server tells the figures of a broadcast that is looked at once a second; after so long without it is asked again. */
export const TOLD_WITHIN_MS = 3_000;

const toldAt = new Map<string, number>();

export const progressKey = (campaignId: string) => ['campaigns', 'progress', campaignId] as const;

export function applyProgress(client: QueryClient, campaignId: string, progress: Progress, now = Date.now()) {
  toldAt.set(campaignId, now);
  client.setQueryData(progressKey(campaignId), progress);
}

/** Its figures come by themselves. */
export const isTold = (campaignId: string, now = Date.now()) =>
  now - (toldAt.get(campaignId) ?? Number.NEGATIVE_INFINITY) < TOLD_WITHIN_MS;
