import { describe, expect, it } from 'vitest';
import { changeOf, type Form, formOf, keyFor, readValue, written } from './fields';
import type { FieldDefinition, FieldValue } from './types';

const definitions: FieldDefinition[] = [
  { key: 'orders', name: 'Orders', kind: 'number' },
  { key: 'city', name: 'City', kind: 'text' },
];
const marina = {
  name: 'Marina',
  language: 'pt_BR',
  tags: ['VIP'],
  fields: { orders: { kind: 'number', value: 2 } } as Record<string, FieldValue>,
};
const edited = (fields: Partial<Form>): Form => ({ ...formOf(marina), ...fields });
const nothing = { add_tags: [], remove_tags: [], fields: {}, remove_fields: [] };

describe('what is changed of a contact', () => {
  it('is nothing where nothing was typed', () => {
    expect(changeOf(marina, formOf(marina), definitions)).toEqual(nothing);
    expect(changeOf({}, formOf({}), definitions)).toEqual(nothing);
  });

  it('is only what differs', () => {
    const form = edited({ name: ' Marina D. ', tags: ['Exam'], fields: { orders: '3', city: 'Recife' } });
    expect(changeOf(marina, form, definitions)).toEqual({
      name: 'Marina D.',
      add_tags: ['Exam'],
      remove_tags: ['VIP'],
      fields: { orders: { kind: 'number', value: 3 }, city: { kind: 'text', value: 'Recife' } },
      remove_fields: [],
    });
  });

  it('takes away what was emptied', () => {
    const form = edited({ name: '', language: '', fields: { orders: '' } });
    expect(changeOf(marina, form, definitions)).toEqual({
      ...nothing,
      name: null,
      language: null,
      remove_fields: ['orders'],
    });
  });

  it('leaves alone what is kept of a field that is not defined any more', () => {
    const old = { ...marina, fields: { old: { kind: 'text', value: 'x' } } as Record<string, FieldValue> };
    expect(changeOf(old, formOf(old), definitions)).toEqual(nothing);
  });
});

describe('a value', () => {
  it.each<FieldValue>([
    { kind: 'text', value: 'Recife' },
    { kind: 'number', value: 2.5 },
    { kind: 'date', value: '2026-11-23' },
    { kind: 'yes_no', value: false },
  ])('comes back from a form as it was: %o', (value) =>
    expect(readValue(value.kind, written(value))).toEqual(value),
  );

  it('is none where it is not of its kind', () => {
    expect(readValue('number', 'many')).toBeNull();
    expect(readValue('number', ' ')).toBeNull();
    expect(readValue('date', '23/11/2026')).toBeNull();
    expect(readValue('yes_no', '')).toBeNull();
  });
});

describe('the key of a field', () => {
  it('is made of its name, and unlike the others', () => {
    expect(keyFor('Última visita', [])).toBe('ultima_visita');
    expect(keyFor('Orders', ['orders', 'orders_2'])).toBe('orders_3');
    expect(keyFor('تاريخ', ['field'])).toBe('field_2');
    expect(keyFor('x'.repeat(80), []).length).toBeLessThanOrEqual(40);
  });
});
