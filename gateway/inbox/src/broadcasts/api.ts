import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, downloadUrl } from '../api/client';
import type { Message, Page } from '../api/types';
import { isTold, progressKey, TOLD_WITHIN_MS } from '../live/progress';
import type {
  Campaign,
  CampaignRow,
  Check,
  Draft,
  FailureClass,
  Letter,
  Money,
  Phase,
  Progress,
  RecipientClass,
  RecipientView,
} from './types';

export const keys = {
  list: ['campaigns', 'list'] as const,
  one: (id: string) => ['campaigns', 'one', id] as const,
  progress: progressKey,
  check: (id: string, revision: number) => ['campaigns', 'check', id, revision] as const,
  occurrences: (id: string) => ['campaigns', 'occurrences', id] as const,
  recipients: (id: string, wanted: RecipientClass | null) => ['campaigns', 'recipients', id, wanted] as const,
};

const at = (id: string, rest = '') => `/campaigns/${encodeURIComponent(id)}${rest}`;

function paged(path: string, query: Record<string, string | null>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) search.set(name, value);
  return `${path}?${search}`;
}

const LIST_MS = 5_000;
const SECOND_MS = 1_000;
/** Receipts and answers go on after the last message has left. */
const AFTERWARDS_MS = 15_000;

export const atWork = (phase: Phase) => phase.kind === 'freezing' || phase.kind === 'running';
export const isOver = (phase: Pick<Phase, 'kind'>) => phase.kind === 'finished' || phase.kind === 'cancelled';

export const campaignsQuery = infiniteQueryOptions({
  queryKey: keys.list,
  queryFn: ({ pageParam, signal }) =>
    api.read<Page<CampaignRow>>(paged('/campaigns', { cursor: pageParam, limit: '50' }), signal),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
  staleTime: 0,
  refetchInterval: ({ state }) =>
    state.data?.pages.some((page) => page.items.some(({ campaign }) => atWork(campaign.phase)))
      ? LIST_MS
      : false,
});

export const campaignQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one(id),
    queryFn: ({ signal }) => api.read<CampaignRow>(at(id), signal),
    staleTime: 0,
  });

/**
 * Once a second while it runs, unless the live line tells it, which begins the wait anew each time; not at all while nobody looks
 * at the page.
 */
export const progressQuery = (id: string) =>
  queryOptions({
    queryKey: keys.progress(id),
    queryFn: ({ signal }) => api.read<Progress>(at(id, '/progress'), signal),
    staleTime: 0,
    refetchInterval: ({ state }) => {
      // Whoever got no answer does not ask faster than whoever got one.
      if (state.status === 'error') return LIST_MS;
      if (state.data && !atWork(state.data.phase)) return AFTERWARDS_MS;
      return isTold(id) ? TOLD_WITHIN_MS : SECOND_MS;
    },
    refetchIntervalInBackground: false,
    refetchOnWindowFocus: true,
  });

/** A dry run of what is saved: another revision is another question. */
export const checkQuery = (id: string, revision: number) =>
  queryOptions({
    queryKey: keys.check(id, revision),
    queryFn: () => api.post<Check>(at(id, '/check')),
    staleTime: 0,
  });

export const recipientsQuery = (id: string, wanted: RecipientClass | null) =>
  infiniteQueryOptions({
    queryKey: keys.recipients(id, wanted),
    queryFn: ({ pageParam, signal }) =>
      api.read<Page<RecipientView>>(
        paged(at(id, '/recipients'), { class: wanted, cursor: pageParam, limit: '50' }),
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });

/** What a repeating one has made so far. */
export const occurrencesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.occurrences(id),
    queryFn: ({ pageParam, signal }) =>
      api.read<Page<CampaignRow>>(paged(at(id, '/occurrences'), { cursor: pageParam, limit: '50' }), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
    refetchInterval: LIST_MS,
  });

export const recipientsCsv = (id: string) => downloadUrl(at(id, '/recipients.csv'));

export const campaigns = {
  create: (draft: Draft) => api.post<Campaign>('/campaigns', draft),
  save: (id: string, revision: number, draft: Draft) =>
    api.put<Campaign>(at(id), { revision, name: draft.name, plan: draft.plan }),
  read: (id: string) => api.read<CampaignRow>(at(id)),
  remove: ({ id, revision }: Campaign) => api.remove(at(id, `?revision=${revision}`)),
  tryOut: (id: string, contact: string, variant: Letter | null, key: string) =>
    api.post<Message>(at(id, '/test'), { contact_id: contact, variant }, { 'Idempotency-Key': key }),
  submit: ({ id, revision }: Campaign) => api.post<Campaign>(at(id, '/submit'), { revision }),
  approve: ({ id, revision }: Campaign) => api.post<Campaign>(at(id, '/approve'), { revision }),
  sendBack: ({ id, revision }: Campaign, note: string) =>
    api.post<Campaign>(at(id, '/send-back'), { revision, note }),
  retry: (id: string, failed: FailureClass, name: string) =>
    api.post<Campaign>(at(id, '/retry'), { class: failed, name }),
  launch: ({ id, revision }: Campaign, count: number) =>
    api.post<Campaign>(at(id, '/launch'), { revision, confirm_recipient_count: count }),
  pause: (id: string) => api.post<Campaign>(at(id, '/pause'), {}),
  resume: (id: string) => api.post<Campaign>(at(id, '/resume'), {}),
  cancel: (id: string) => api.post<Campaign>(at(id, '/cancel'), {}),
  finish: (id: string) => api.post<Campaign>(at(id, '/finish'), {}),
  pace: (id: string, per_second: number | null) => api.put<Campaign>(at(id, '/rate'), { per_second }),
  lane: (id: string, phone_number_id: string, rests: boolean) =>
    api.put<Campaign>(at(id, '/lanes'), { phone_number_id, rests }),
  winner: (id: string, revision: number, variant: Letter) =>
    api.post<Campaign>(at(id, '/winner'), { revision, variant }),
  limit: (id: string, spend_max: Money | null) => api.put<Campaign>(at(id, '/spend-max'), { spend_max }),
};
