import { reached } from '../counts';
import { NAME_MAX } from '../plan';
import type { Audience, Campaign, Counts, Draft } from '../types';

export type Silent = Extract<Audience, { kind: 'reached' }>['who'];

const got = (counts: Counts) => counts.sent + reached(counts);

/** At most: whoever stopped marketing because of it is not written to again. */
export const notRead = (counts: Counts) => counts.sent + counts.delivered;
export const notReplied = (counts: Counts) => Math.max(0, got(counts) - counts.replied);

/** As the first one was, to whoever was silent; its moment is over. */
export function retarget(campaign: Campaign, who: Silent, name: string): Draft {
  const audience: Audience = { kind: 'reached', campaign: campaign.id, who };
  return {
    name: [...name].slice(0, NAME_MAX).join(''),
    plan: { ...campaign.plan, audience, start_at: null, start_is_local: false },
  };
}
