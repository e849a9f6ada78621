import { expect, it } from 'vitest';
import type { Words } from '../../i18n';
import { isUndoable, leftWords } from './left';

const t = ((key: string) => key) as unknown as Words;

it('names what stays by the words of the page', () => {
  const fields = [{ key: 'city', name: 'City', kind: 'text' as const }];
  expect(leftWords(['name', { field: 'city' }, { field: 'gone' }], fields, t)).toEqual([
    'contacts.name',
    'City',
    'gone',
  ]);
});

it('can be taken back for 30 days', () => {
  const day = 86_400_000;
  expect([isUndoable(0, 30 * day), isUndoable(0, 30 * day + 1)]).toEqual([true, false]);
});
