import { queryOptions } from '@tanstack/react-query';
import { api, downloadUrl } from '../api/client';
import { keys } from '../api/queries';
import type { Contact, Page } from '../api/types';
import type { ConsentEntry, ContactChange, ContactSettings, NewContact, Opted, TagCount } from './types';

export const contactKeys = {
  settings: ['contact-settings'] as const,
  consents: (id: string) => [...keys.contact(id), 'consents'] as const,
};

const at = (id: string, rest = '') => `/contacts/${encodeURIComponent(id)}${rest}`;

/** Custom fields, and what is answered to who opts out. */
export const settingsQuery = queryOptions({
  queryKey: contactKeys.settings,
  queryFn: ({ signal }) => api.read<ContactSettings>('/contact-settings', signal),
  staleTime: 60_000,
});

/** Below the contact, so that it is loaded again with them. */
export const consentsQuery = (id: string) =>
  queryOptions({
    queryKey: contactKeys.consents(id),
    queryFn: ({ signal }) =>
      api.read<Page<ConsentEntry>>(at(id, '/consents'), signal).then((page) => page.items),
  });

/** Under the contacts, so that it is loaded anew with them. */
export const tagsQuery = queryOptions({
  queryKey: ['contacts', 'tags'] as const,
  queryFn: ({ signal }) => api.read<Page<TagCount>>('/tags', signal).then((page) => page.items),
  staleTime: 60_000,
});

/** All of them: the browser fetches it by itself, and the audit log knows of it. */
export const exportFile = downloadUrl('/contacts/export');

export const contacts = {
  create: (contact: NewContact) => api.post<Contact>('/contacts', contact),
  change: (id: string, change: Partial<ContactChange>) => api.patch<Contact>(at(id), change),
  remove: (id: string) => api.remove(at(id)),
  consent: (id: string, opted: Opted, evidence: string) =>
    api.post<Contact>(at(id, '/consents'), { opted, evidence }),
  settings: (change: Partial<ContactSettings>) => api.patch<ContactSettings>('/contact-settings', change),
};
