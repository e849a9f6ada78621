import { infiniteQueryOptions } from '@tanstack/react-query';
import { api } from '../../api/client';
import { keys } from '../../api/queries';
import type { Page } from '../../api/types';
import type { Note } from '../types';

const PAGE = 20;

const at = (contact: string, rest = '') => `/contacts/${encodeURIComponent(contact)}/notes${rest}`;

/** Below the contact, so that they are loaded again with them. */
export const notesKey = (contact: string) => [...keys.contact(contact), 'notes'] as const;

export const notesQuery = (contact: string) =>
  infiniteQueryOptions({
    queryKey: notesKey(contact),
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : '';
      return api.read<Page<Note>>(at(contact, `?limit=${PAGE}${cursor}`), signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const notes = {
  add: (contact: string, text: string) => api.post<Note>(at(contact), { text }),
  rewrite: (note: Note, text: string) => api.put<Note>(at(note.contact_id, `/${note.id}`), { text }),
  remove: (note: Note) => api.remove(at(note.contact_id, `/${note.id}`)),
};
