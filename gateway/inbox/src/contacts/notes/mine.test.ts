import { describe, expect, it } from 'vitest';
import type { Note } from '../types';
import { doings } from './mine';

const note: Note = { id: 'n', contact_id: 'c', text: 'x', by: { id: 'rafael', name: 'Rafael' }, at: 0 };

describe('what somebody may do with a note', () => {
  it.each([
    ['rafael', true, false, { rewrite: true, remove: true }],
    ['lina', true, false, { rewrite: false, remove: false }],
    ['lina', true, true, { rewrite: false, remove: true }],
    ['rafael', false, false, { rewrite: false, remove: false }],
  ])('%s, who writes: %s, deletes: %s', (me, writeNotes, deleteNotes, may) => {
    expect(doings(note, me, { writeNotes, deleteNotes })).toEqual(may);
  });
});
