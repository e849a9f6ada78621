import { infiniteQueryOptions } from '@tanstack/react-query';
import { api } from '../../api/client';
import { keys } from '../../api/queries';
import type { Page } from '../../api/types';
import type { Happening } from '../types';

const PAGE = 30;

/** Below the contact, so that it is loaded again with them. */
export const timelineQuery = (contact: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.contact(contact), 'timeline'] as const,
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : '';
      const path = `/contacts/${encodeURIComponent(contact)}/timeline?limit=${PAGE}${cursor}`;
      return api.read<Page<Happening>>(path, signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
