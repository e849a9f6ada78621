import type { Rights } from '../../state/permissions';
import type { Note } from '../types';

type Doings = { rewrite: boolean; remove: boolean };

/** The words stand under a name: nobody else changes them, and some may delete them. */
export function doings(note: Note, me: string, rights: Pick<Rights, 'writeNotes' | 'deleteNotes'>): Doings {
  const rewrite = rights.writeNotes && note.by.id === me;
  return { rewrite, remove: rewrite || rights.deleteNotes };
}
