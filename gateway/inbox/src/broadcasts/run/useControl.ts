import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useChange } from '../../settings/useChange';
import { keys } from '../api';
import type { Campaign, CampaignRow, Progress } from '../types';

type Options = { done?: () => void; failed?: (text: string) => void };

/** One order to a broadcast that runs; its answer is shown before the next look at the progress. */
export function useControl<V = void>(
  id: string,
  order: (value: V) => Promise<Campaign>,
  { done, failed }: Options = {},
) {
  const client = useQueryClient();
  const change = useChange(order, {
    stale: [keys.list],
    onDone: (campaign) => {
      client.setQueryData<CampaignRow>(keys.one(id), (old) => old && { ...old, campaign });
      client.setQueryData<Progress>(keys.progress(id), (old) => old && { ...old, phase: campaign.phase });
      void client.invalidateQueries({ queryKey: keys.progress(id) });
      done?.();
    },
  });
  const { text } = change;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once for each refusal, not for each drawing.
  useEffect(() => {
    if (text) failed?.(text);
  }, [text]);
  return change;
}
