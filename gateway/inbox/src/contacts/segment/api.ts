import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../../api/client';
import type { ListedContact, Page } from '../../api/types';
import type { Node, Segment, SegmentCount } from '../types';

export const segmentKeys = {
  list: ['segments', 'list'] as const,
  count: (tree: Node) => ['segments', 'count', tree] as const,
  /** Under the contacts, so that it is loaded anew with them. */
  people: (tree: Node, text: string) => ['contacts', 'list', 'matches', tree, text] as const,
};

export const segmentsQuery = queryOptions({
  queryKey: segmentKeys.list,
  queryFn: ({ signal }) => api.read<Page<Segment>>('/segments', signal).then((page) => page.items),
  staleTime: 0,
});

export const countQuery = (tree: Node) =>
  queryOptions({
    queryKey: segmentKeys.count(tree),
    queryFn: () => api.post<SegmentCount>('/segments/count', { tree }),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

/** An empty group that asks for all of its parts. */
export const EVERYBODY: Node = { all: [] };

const PAGE = 100;

/** Who matches a tree and, where there is one, a text. */
export const peopleQuery = (tree: Node, text: string) =>
  infiniteQueryOptions({
    queryKey: segmentKeys.people(tree, text),
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam }) =>
      api.post<Page<ListedContact>>('/contacts/search', {
        tree,
        limit: PAGE,
        ...(text && { text }),
        ...(pageParam !== null && { after: pageParam }),
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const segments = {
  save: (id: string | null, name: string, tree: Node) =>
    id
      ? api.put<Segment>(`/segments/${encodeURIComponent(id)}`, { name, tree })
      : api.post<Segment>('/segments', { name, tree }),
  remove: (id: string) => api.remove(`/segments/${encodeURIComponent(id)}`),
};
