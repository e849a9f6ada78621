import { type QueryClient, queryOptions } from '@tanstack/react-query';
import type { Check, CheckState } from '../api/administration';
import { administration } from '../api/administrationQueries';
import { api } from '../api/client';
import type { Page } from '../api/types';

export type Checkup = { checks: Check[]; at: number; tookMs: number };

/** Asks WhatsApp, and so takes seconds: what was found stays until somebody asks again. */
export const checksQuery = (client: QueryClient, id: string) =>
  queryOptions({
    queryKey: ['checks', id] as const,
    queryFn: async (): Promise<Checkup> => {
      const begun = Date.now();
      const { items } = await api.post<Page<Check>>(`/channels/${id}/checks`);
      // The state in the list is what the last check-up found.
      void client.invalidateQueries({ queryKey: administration.channels, exact: true });
      return { checks: items, at: Date.now(), tookMs: Date.now() - begun };
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

const ORDER: Record<CheckState, number> = { broken: 0, to_do: 1, fine: 2 };

/** Broken, to do, fine; within them as the server says. */
export const sorted = (checks: Check[]) => [...checks].sort((a, b) => ORDER[a.state] - ORDER[b.state]);

export function tally(checks: Check[]): Record<CheckState, number> {
  const count = (state: CheckState) => checks.filter((one) => one.state === state).length;
  return { broken: count('broken'), to_do: count('to_do'), fine: count('fine') };
}

/** What the one button of a finding does here; `null` for a kind that this build does not know. */
export type Deed = 'repair' | 'token' | 'check' | 'app';

const DEEDS: Record<string, Deed> = {
  subscribe: 'repair',
  replace_token: 'token',
  check_again: 'check',
  app: 'app',
};

export const deedOf = (kind: string): Deed | null => DEEDS[kind] ?? null;
