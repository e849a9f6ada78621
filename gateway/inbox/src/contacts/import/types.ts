// The wire types of files of contacts by hand, until the server's own description has them (schema.ts).

import type { Person } from '../../api/types';

export type Column = 'skip' | 'phone' | 'name' | 'language' | 'tags' | 'marketing' | { field: string };
/** `country`: whose numbers those without a country are. */
export type Mapping = { columns: Column[]; country: string | null; tags: string[] };
export type ImportStage = 'uploaded' | 'running' | 'done' | 'undoing' | 'undone';

export type ImportFigures = {
  rows: number;
  created: number;
  changed: number;
  unchanged: number;
  rejected: number;
  left: number;
};

export type Import = ImportFigures & {
  id: string;
  file_name: string;
  mapping: Mapping;
  by: Person;
  uploaded_at: number;
  stage: ImportStage;
};

export type ImportView = Import & { progress: ImportFigures | null };
export type Uploaded = { import: Import; headings: string[]; rows: string[][] };

export type ImportReport = {
  rows: number;
  valid: number;
  fixed: number;
  rejected: number;
  reasons: Record<string, number>;
  examples: { line: number; reason: string }[];
};
