import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, door } from './client';
import { Problem } from './problem';
import type {
  CampaignMessage,
  ContactDetail,
  Conversation,
  Counts,
  Demo,
  ListedContact,
  Me,
  Member,
  Message,
  Page,
  Template,
  ViewName,
  WebhookDetail,
  WebhookEntry,
  WebhookOutcome,
  WebhookSummary,
} from './types';

export const keys = {
  me: ['me'] as const,
  members: ['members'] as const,
  lists: ['conversations', 'list'] as const,
  list: (view: ViewName, unread: boolean) => ['conversations', 'list', view, unread] as const,
  counts: ['conversations', 'counts'] as const,
  conversation: (id: string) => ['conversations', 'one', id] as const,
  threads: ['conversations', 'messages'] as const,
  messages: (id: string) => ['conversations', 'messages', id] as const,
  campaignMessages: (id: string) => ['conversations', 'campaign-messages', id] as const,
  contacts: ['contacts', 'list'] as const,
  contact: (id: string) => ['contacts', 'one', id] as const,
  templates: (phoneNumberId: string) => ['templates', phoneNumberId] as const,
  log: (outcome: WebhookOutcome | null) => ['webhook-log', 'list', outcome] as const,
  logSummary: ['webhook-log', 'summary'] as const,
  logEntry: (id: string) => ['webhook-log', 'one', id] as const,
  alerts: ['alerts'] as const,
  demo: ['demo'] as const,
};

const nothingWhen = (status: number) => (error: unknown) => {
  if (error instanceof Problem && error.status === status) return null;
  throw error;
};

function path(base: string, query: Record<string, string | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) search.set(name, value);
  const text = search.toString();
  return text ? `${base}?${text}` : base;
}

type Paged = { initialPageParam: string | null; getNextPageParam: (page: Page<unknown>) => string | null };
const paged: Paged = { initialPageParam: null, getNextPageParam: (page) => page.next };

/** `null` means signed out. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: ({ signal, client }) =>
    api.read<Me>('/me', signal).catch((error) => {
      // Whoever is at work stays on the screen when the session ends: the shell asks them to sign in again.
      if (client.getQueryData<Me | null>(keys.me)) throw error;
      return nothingWhen(401)(error);
    }),
  staleTime: 300_000,
});

/** Whether anybody may make an organization of their own here. */
export const signUpsQuery = queryOptions({
  queryKey: ['sign-ups'] as const,
  queryFn: ({ signal }) => door.read<{ open: boolean }>('/sign-ups', signal),
  staleTime: Number.POSITIVE_INFINITY,
});

/** `null` means that this is not a demo server. */
export const demoQuery = queryOptions({
  queryKey: keys.demo,
  queryFn: ({ signal }) => door.read<Demo>('/demo', signal).catch(nothingWhen(404)),
  staleTime: Number.POSITIVE_INFINITY,
});

export const membersQuery = queryOptions({
  queryKey: keys.members,
  queryFn: ({ signal }) => api.read<Page<Member>>('/members', signal).then((page) => page.items),
  staleTime: 300_000,
});

export const listQuery = (view: ViewName, unread: boolean) =>
  infiniteQueryOptions({
    queryKey: keys.list(view, unread),
    queryFn: ({ pageParam, signal }) =>
      api.read<Page<Conversation>>(
        path('/conversations', { view, unread: unread ? 'true' : null, cursor: pageParam }),
        signal,
      ),
    ...paged,
  });

export const countsQuery = queryOptions({
  queryKey: keys.counts,
  queryFn: ({ signal }) => api.read<Counts>('/conversations/counts', signal),
});

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: keys.conversation(id),
    queryFn: ({ signal }) => api.read<Conversation>(`/conversations/${id}`, signal),
  });

export const messagesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.messages(id),
    queryFn: ({ pageParam, signal }) =>
      api.read<Page<Message>>(path(`/conversations/${id}/messages`, { cursor: pageParam }), signal),
    ...paged,
  });

const SENT_LATELY_MS = 3_600_000;
const TICKS_EVERY_MS = 15_000;

/** Its ticks change without an event: as long as they may, it is asked for them. */
const mayChange = ({ message }: CampaignMessage) =>
  message.delivery !== null &&
  ['sent', 'delivered'].includes(message.delivery?.state ?? '') &&
  message.at > Date.now() - SENT_LATELY_MS;

export const campaignMessagesQuery = (id: string) =>
  queryOptions({
    queryKey: keys.campaignMessages(id),
    queryFn: ({ signal }) =>
      api
        .read<Page<CampaignMessage>>(`/conversations/${id}/campaign-messages`, signal)
        .then((page) => page.items),
    refetchInterval: ({ state }) => (state.data?.some(mayChange) ? TICKS_EVERY_MS : false),
  });

export const contactsQuery = infiniteQueryOptions({
  queryKey: keys.contacts,
  queryFn: ({ pageParam, signal }) =>
    api.read<Page<ListedContact>>(path('/contacts', { cursor: pageParam, limit: '100' }), signal),
  ...paged,
});

export const contactQuery = (id: string) =>
  queryOptions({
    queryKey: keys.contact(id),
    queryFn: ({ signal }) => api.read<ContactDetail>(`/contacts/${id}`, signal),
  });

export const templatesQuery = (phoneNumberId: string) =>
  queryOptions({
    queryKey: keys.templates(phoneNumberId),
    queryFn: ({ signal }) =>
      api
        .read<Page<Template>>(path('/templates', { phone_number_id: phoneNumberId, limit: '100' }), signal)
        .then((page) => page.items),
  });

export const logQuery = (outcome: WebhookOutcome | null) =>
  infiniteQueryOptions({
    queryKey: keys.log(outcome),
    queryFn: ({ pageParam, signal }) =>
      api.read<Page<WebhookEntry>>(path('/webhook-log', { outcome, cursor: pageParam }), signal),
    ...paged,
  });

export const logSummaryQuery = queryOptions({
  queryKey: keys.logSummary,
  queryFn: ({ signal }) => api.read<WebhookSummary>('/webhook-log/summary', signal),
});

export const logEntryQuery = (id: string) =>
  queryOptions({
    queryKey: keys.logEntry(id),
    queryFn: ({ signal }) => api.read<WebhookDetail>(`/webhook-log/${id}`, signal),
  });
