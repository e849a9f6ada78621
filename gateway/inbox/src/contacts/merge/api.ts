import { queryOptions } from '@tanstack/react-query';
import { api } from '../../api/client';
import { keys } from '../../api/queries';
import type { Contact, Page } from '../../api/types';
import type { MergePreview, Parting } from '../types';

const at = (contact: string, rest = '') => `/contacts/${encodeURIComponent(contact)}/merges${rest}`;

/** As many as fit beside the question; who is not among them is looked for by more of their name. */
const CHOICES = 20;

/** Below the list, so that it is loaded again with it. */
export const choicesQuery = (text: string) =>
  queryOptions({
    queryKey: [...keys.contacts, 'choices', text] as const,
    queryFn: () =>
      api.post<Page<Contact>>('/contacts/search', { text, limit: CHOICES }).then((page) => page.items),
    enabled: text !== '',
  });

export const previewQuery = (kept: string, other: string) =>
  queryOptions({
    queryKey: [...keys.contact(kept), 'merge', other] as const,
    queryFn: ({ signal }) => api.read<MergePreview>(at(kept, `/${encodeURIComponent(other)}`), signal),
    staleTime: 0,
    retry: false,
  });

export const merges = {
  merge: (kept: string, other: string) => api.post<Contact>(at(kept), { other_id: other }),
  part: (kept: string, other: string) => api.remove<Parting>(at(kept, `/${encodeURIComponent(other)}`)),
};
