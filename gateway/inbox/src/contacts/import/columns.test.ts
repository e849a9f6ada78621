import { describe, expect, it } from 'vitest';
import { columnOf, columnProblem, columnValue } from './columns';

describe('the columns of a file', () => {
  it('need a phone number', () => {
    expect(columnProblem(['name', 'skip'])).toBe('noPhone');
    expect(columnProblem(['name', 'phone'])).toBeNull();
  });

  it('say each thing once, but for tags and what is skipped', () => {
    expect(columnProblem(['phone', 'name', 'name'])).toBe('twice');
    expect(columnProblem(['phone', { field: 'city' }, { field: 'city' }])).toBe('twice');
    expect(columnProblem(['phone', 'tags', 'tags', 'skip', 'skip'])).toBeNull();
  });

  it.each(['phone', { field: 'city' }] as const)('come back from a choice as they were: %s', (column) =>
    expect(columnOf(columnValue(column))).toEqual(column),
  );
});
