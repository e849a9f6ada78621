import { useQueryClient } from '@tanstack/react-query';
import { asProblem, type Problem } from '../../api/problem';
import { useChange } from '../../settings/useChange';
import { campaigns, keys } from '../api';
import type { Campaign, CampaignRow } from '../types';

/** `onConflict`: somebody else has saved the draft since it was checked. */
export function useLaunch(campaign: Campaign, count: number, onConflict: (problem: Problem) => void) {
  const client = useQueryClient();
  const told = (error: unknown): never => {
    const problem = asProblem(error);
    if (problem.code === 'conflict') onConflict(problem);
    throw problem;
  };
  return useChange(() => campaigns.launch(campaign, count).catch(told), {
    stale: [keys.list],
    onDone: (started) => {
      client.setQueryData<CampaignRow>(keys.one(started.id), (old) => old && { ...old, campaign: started });
      void client.invalidateQueries({ queryKey: keys.one(started.id) });
    },
  });
}
