import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type {
  Access,
  Alert,
  ApiKey,
  AuditEntry,
  Channel,
  ChannelApp,
  Invitation,
  Member,
  Organization,
  Permission,
  Role,
  Session,
  Team,
} from './administration';
import { api } from './client';
import { keys } from './queries';
import type { Page } from './types';

export const administration = {
  sessions: ['sessions'] as const,
  invitations: ['invitations'] as const,
  access: (id: string) => ['members', id, 'access'] as const,
  memberSessions: (id: string) => ['members', id, 'sessions'] as const,
  organization: ['organization'] as const,
  permissions: ['permissions'] as const,
  roles: ['roles'] as const,
  teams: ['teams'] as const,
  apiKeys: ['api-keys'] as const,
  audit: (filter: AuditFilter) => ['audit', filter] as const,
  channels: ['channels'] as const,
  app: ['channels', 'app'] as const,
  alerts: keys.alerts,
};

const list = <T>(path: string, queryKey: readonly unknown[]) =>
  queryOptions({
    queryKey,
    queryFn: ({ signal }) => api.read<Page<T>>(path, signal).then((page) => page.items),
    // Others change these at the same time, and nothing tells: what is opened is asked for.
    staleTime: 0,
  });

export const sessionsQuery = list<Session>('/sessions', administration.sessions);
/** Everybody, with what members.manage lets one see of them. */
export const peopleQuery = list<Member>('/members', keys.members);
export const invitationsQuery = list<Invitation>('/invitations', administration.invitations);
export const accessQuery = (id: string) => list<Access>(`/members/${id}/access`, administration.access(id));
export const memberSessionsQuery = (id: string) =>
  list<Session>(`/members/${id}/sessions`, administration.memberSessions(id));
export const permissionsQuery = list<Permission>('/permissions', administration.permissions);
export const rolesQuery = list<Role>('/roles', administration.roles);
export const teamsQuery = list<Team>('/teams', administration.teams);
export const apiKeysQuery = list<ApiKey>('/api-keys', administration.apiKeys);
export const channelsQuery = list<Channel>('/channels', administration.channels);
export const alertsQuery = list<Alert>('/alerts', administration.alerts);

export const organizationQuery = queryOptions({
  queryKey: administration.organization,
  queryFn: ({ signal }) => api.read<Organization>('/organization', signal),
  staleTime: 0,
});

export const appQuery = queryOptions({
  queryKey: administration.app,
  queryFn: ({ signal }) => api.read<ChannelApp>('/channels/app', signal),
  staleTime: 0,
});

/** `from` and `to` are days, `2026-11-23`, in the time zone of whoever looks. */
export type AuditFilter = { actor: string; action: string; from: string; to: string };

const DAY_MS = 86_400_000;

export function auditSearch({ actor, action, from, to }: AuditFilter): URLSearchParams {
  const search = new URLSearchParams();
  if (actor) search.set('actor', actor);
  if (action) search.set('action', action);
  if (from) search.set('from', String(new Date(`${from}T00:00`).getTime()));
  // The whole of the last day.
  if (to) search.set('to', String(new Date(`${to}T00:00`).getTime() + DAY_MS - 1));
  return search;
}

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: administration.audit(filter),
    queryFn: ({ pageParam, signal }) => {
      const search = auditSearch(filter);
      if (pageParam) search.set('cursor', pageParam);
      return api.read<Page<AuditEntry>>(`/audit?${search}`, signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });
