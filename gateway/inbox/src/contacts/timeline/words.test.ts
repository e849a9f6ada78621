import { expect, it } from 'vitest';
import type { Words } from '../../i18n';
import type { What } from '../types';
import { told } from './words';

const t = ((key: string, values: Record<string, string> = {}) =>
  [key, ...Object.values(values)].join('|')) as unknown as Words;
const by = { id: 'm', name: 'Rafael' };

it.each<[What, string, string | undefined]>([
  [{ kind: 'created' }, 'contacts.happened.created', undefined],
  [
    {
      kind: 'consent',
      entry: { id: 'e', contact_id: 'c', at: 0, opted: 'out', source: 'keyword', text: 'STOP' },
    },
    'contacts.happened.opted.out|contacts.source.keyword',
    'STOP',
  ],
  [
    { kind: 'note', note: { id: 'n', contact_id: 'c', at: 0, by, text: 'Likes tea' } },
    'contacts.happened.note|Rafael',
    'Likes tea',
  ],
  [
    { kind: 'merged', merge: { contact: 'o', at: 0, by, phone: '+15550100' } },
    'contacts.happened.merged|Rafael|+15550100',
    undefined,
  ],
  [
    { kind: 'merged', merge: { contact: 'o', at: 0, by: { id: '0', name: '' }, phone: '+15550100' } },
    'contacts.happened.mergedByItself|+15550100',
    undefined,
  ],
  [
    {
      kind: 'edited',
      by,
      name: true,
      language: false,
      tags_added: ['VIP'],
      tags_removed: ['New'],
      fields: ['City'],
    },
    'contacts.happened.edited|Rafael',
    'contacts.name · City · contacts.happened.tagAdded|VIP · contacts.happened.tagRemoved|New',
  ],
])('%j', (what, title, text) => {
  expect(told(what, t)).toEqual({ title, text });
});
