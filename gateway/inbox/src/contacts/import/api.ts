import { queryOptions } from '@tanstack/react-query';
import { api, downloadUrl, uploadFile } from '../../api/client';
import type { Page } from '../../api/types';
import type { ImportReport, ImportView, Mapping, Uploaded } from '../types';

export const importKeys = {
  all: ['contact-imports'] as const,
  one: (id: string) => ['contact-imports', 'one', id] as const,
  report: (id: string) => ['contact-imports', 'report', id] as const,
};

const at = (id: string, rest = '') => `/contact-imports/${encodeURIComponent(id)}${rest}`;
const SECOND_MS = 1_000;

export const atWork = ({ stage }: Pick<ImportView, 'stage'>) => stage === 'running' || stage === 'undoing';

export const importsQuery = queryOptions({
  queryKey: importKeys.all,
  queryFn: ({ signal }) => api.read<Page<ImportView>>('/contact-imports', signal).then((page) => page.items),
  staleTime: 0,
});

/** Once a second while it is brought in or taken back. */
export const importQuery = (id: string) =>
  queryOptions({
    queryKey: importKeys.one(id),
    queryFn: ({ signal }) => api.read<ImportView>(at(id), signal),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data && atWork(state.data) ? SECOND_MS : false),
  });

export const reportQuery = (id: string) =>
  queryOptions({
    queryKey: importKeys.report(id),
    queryFn: ({ signal }) => api.read<ImportReport>(at(id, '/report'), signal),
    staleTime: 0,
  });

export const rejectedFile = (id: string) => downloadUrl(at(id, '/rejected'));

export const imports = {
  upload: (file: File, onProgress: (share: number) => void, signal: AbortSignal) =>
    uploadFile<Uploaded>('/contact-imports', file, 'text/csv', onProgress, signal),
  map: (id: string, mapping: Mapping) => api.put<ImportView>(at(id, '/mapping'), mapping),
  run: (id: string) => api.post<ImportView>(at(id, '/run')),
  undo: (id: string) => api.post<ImportView>(at(id, '/undo')),
};
