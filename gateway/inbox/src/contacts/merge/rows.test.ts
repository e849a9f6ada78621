import { describe, expect, it } from 'vitest';
import type { Words } from '../../i18n';
import type { MergePreview } from '../types';
import { isLost, rowsOf } from './rows';

const t = ((key: string) => key) as unknown as Words;

const preview = {
  kept: { id: 'k', name: 'Ana', tags: ['VIP'], fields: { city: { kind: 'text', value: 'Lagos' } } },
  other: { id: 'o', name: 'Ana B.', bsuid: 'US.1', fields: { city: { kind: 'text', value: 'Lagos' } } },
  merged: { id: 'k', name: 'Ana', bsuid: 'US.1', tags: ['VIP'] },
} as unknown as MergePreview;

describe('two contacts side by side', () => {
  const rows = rowsOf(preview, [{ key: 'city', name: 'City', kind: 'text' }], t);

  it('shows what either has', () => {
    expect(rows.map(({ key }) => key)).toEqual(['name', 'bsuid', 'marketing', 'tags', 'field-city']);
    expect(rows.find(({ key }) => key === 'bsuid')).toMatchObject({
      kept: '',
      other: 'US.1',
      merged: 'US.1',
    });
  });

  it('marks what both have and only one keeps', () => {
    expect(rows.filter(isLost).map(({ key }) => key)).toEqual(['name']);
  });
});
