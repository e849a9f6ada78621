import { reached } from '../counts';
import { NAME_MAX } from '../plan';
import type { Audience, Campaign, Counts, Draft } from '../types';
import { LETTERS, wordings } from '../variants';

export type Silent = Extract<Audience, { kind: 'reached' }>['who'];

const got = (counts: Counts) => counts.sent + reached(counts);

/** At most: whoever stopped marketing because of it is not written to again. */
export const notRead = (counts: Counts) => counts.sent + counts.delivered;
export const notReplied = (counts: Counts) => Math.max(0, got(counts) - counts.replied);

/**
 * To whoever was silent. After a test it is the winner's message, else the first, as when the server retries: a test among those whom
 * the test has left over would compare nobody new. Its moment is over, and it does not repeat by itself.
 */
export function retarget(campaign: Campaign, who: Silent, name: string): Draft {
  const { plan, launch } = campaign;
  const all = wordings(plan);
  const wording = all[LETTERS.indexOf(launch?.winner?.variant ?? 'A')] ?? all[0];
  const audience: Audience = { kind: 'reached', campaign: campaign.id, who };
  return {
    name: [...name].slice(0, NAME_MAX).join(''),
    plan: {
      ...plan,
      ...wording,
      test: null,
      hold_out: null,
      repeat: null,
      audience,
      start_at: null,
      start_is_local: false,
    },
  };
}
